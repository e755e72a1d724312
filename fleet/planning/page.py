"""What a plan's page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import QueryDict

from fleet.campaign.estimate import Estimate
from fleet.campaign.models import Campaign, Wave
from fleet.planning import concerns
from fleet.planning.forms import PlanForm, ProposeForm
from fleet.planning.sheet import Line, Sheet, sheet_of
from fleet.release.plan import in_words
from fleet.window.opening import zone_named
from registry.models import User

PAGE_SIZE = 100

SHOWN = {"": "In the plan", "out": "Not in the plan", "owned": "In another campaign"}
"""Value of ?show= and its words."""

KEPT = ("q", "segment", "wave", "show", "only")
"""Filters of the lines."""


@dataclass(frozen=True)
class WaveLine:
    """A wave with who goes in it; revenue in EUR a year."""

    wave: Wave | None
    variants: int
    revenue: Decimal


def context(
    campaign: Campaign, query: QueryDict, *, form: PlanForm | None = None,
    propose: ProposeForm | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Everything on the page."""
    sheet = sheet_of(campaign)
    asked = {name: query.get(name, "")[:200] for name in KEPT}
    found = filtered(sheet, asked)
    page = Paginator(found, PAGE_SIZE).get_page(query.get("page"))
    return {
        "campaign": campaign,
        "form": form or PlanForm(campaign),
        "propose": propose or ProposeForm(),
        "waves": wave_lines(campaign, sheet),
        "page": page,
        "lines": [shown(line, campaign) for line in page],
        "found": len(found),
        "asked": asked,
        "address": query.urlencode(),
        "shown": SHOWN,
        "filters": _filters(sheet, asked, campaign),
        "people": _people(),
        **side(sheet),
    }


def side(sheet: Sheet) -> dict[str, Any]:
    """What it sets going, and what somebody should look at first."""
    noted = concerns.concerns_of(sheet)
    revenue = {line.candidate.tenant: line.candidate.revenue for line in sheet.within}
    return {
        "campaign": sheet.campaign,
        "estimate": sheet.estimate,
        "time": in_words(max(1, round(sheet.estimate.seconds / 60))),
        "total": len(sheet.within),
        "start_says": start_says(len(sheet.within), sheet.estimate),
        "revenue": sum((one for one in revenue.values() if one), Decimal(0)),
        "exempt": sum(1 for line in sheet.within if line.track and not line.track.needs_sign_off),
        "taken": sum(1 for line in sheet.lines if line.is_taken),
        "free": sum(1 for line in sheet.lines if line.track is None and not line.is_taken),
        "concerns": noted,
        "stops": any(one.stops for one in noted),
    }


def start_says(variants: int, estimate: Estimate) -> str:
    """What the start will set going, for whoever confirms it; the cost where prices are known."""
    calls = f"{estimate.calls:,} model call{'' if estimate.calls == 1 else 's'}"
    cost = "" if estimate.usd is None else f", about USD {estimate.usd:,.2f}"
    if variants == 1:
        return (
            f"One variant is measured against what it serves now: {calls}{cost}. Nothing that "
            "callers get changes until it is signed off, approved and cut over."
        )
    return (
        f"{variants:,} variants are each measured against what they serve now: {calls}{cost}. "
        "Nothing that callers get changes until a track is signed off, approved and cut over; "
        "each can go back alone."
    )


def filtered(sheet: Sheet, asked: Mapping[str, str]) -> list[Line]:
    """The lines that the address asks for."""
    lines = _shown(sheet, asked)
    words = asked.get("q", "").casefold().split()
    segment, wave = asked.get("segment", ""), asked.get("wave", "")
    return [
        line
        for line in lines
        if all(word in line.candidate.title.casefold() for word in words)
        and (not segment or line.candidate.segment == segment)
        and (not wave or _wave_of(line) == wave)
    ]


def _shown(sheet: Sheet, asked: Mapping[str, str]) -> Sequence[Line]:
    show, only = asked.get("show", ""), asked.get("only", "")
    if only:
        return concerns.pick(only, sheet)
    if show == "out":
        return [line for line in sheet.lines if line.track is None and not line.is_taken]
    if show == "owned":
        return [line for line in sheet.lines if line.is_taken]
    return sheet.within


def _wave_of(line: Line) -> str:
    """The wave's number as the filter has it; “none” without one."""
    wave = line.track.wave if line.track is not None else None
    return str(wave.number) if wave is not None else "none"


def shown(line: Line, campaign: Campaign) -> dict[str, Any]:
    """A line with what it must hold and its opening in the tenant's own time, for the template."""
    opens = line.opens
    local = opens.astimezone(zone_named(line.calendar.zone)) if opens is not None else None
    return {
        "line": line, "one": line.candidate, "track": line.track, "opens": local,
        "must": line.tolerance(campaign),
    }  # fmt: skip


def wave_lines(campaign: Campaign, sheet: Sheet) -> list[WaveLine]:
    """Every wave, and last what is in none."""
    tenants: dict[int | None, dict[int | None, Decimal]] = {}
    counts: dict[int | None, int] = {}
    for line in sheet.within:
        assert line.track is not None
        wave = line.track.wave_id
        counts[wave] = counts.get(wave, 0) + 1
        worth = line.candidate.revenue or Decimal(0)
        tenants.setdefault(wave, {})[line.candidate.tenant] = worth
    waves: list[Wave | None] = list(campaign.waves.order_by("number"))
    if waves and counts.get(None):
        waves.append(None)
    return [
        WaveLine(wave, counts.get(pk, 0), sum(tenants.get(pk, {}).values(), Decimal(0)))
        for wave, pk in ((wave, wave.pk if wave else None) for wave in waves)
    ]


def _filters(sheet: Sheet, asked: Mapping[str, str], campaign: Campaign) -> list[dict[str, Any]]:
    segments = sorted({line.candidate.segment for line in sheet.lines} - {""})
    waves = [(str(wave.number), str(wave)) for wave in campaign.waves.order_by("number")]
    found = [
        {
            "name": "segment", "label": "Segment", "value": asked["segment"],
            "options": [(name, name) for name in segments],
        }
    ]  # fmt: skip
    if waves:
        options = [*waves, ("none", "In no wave")]
        found.append({"name": "wave", "label": "Wave", "value": asked["wave"], "options": options})
    return found


def _people() -> list[User]:
    """Who may own a track: everybody who works here."""
    people = User.objects.filter(is_active=True)
    return sorted(people, key=lambda one: one.display_name.casefold())
