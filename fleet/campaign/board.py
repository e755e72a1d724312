"""What a board shows: head, filters, and its rows (`shown`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from fleet.campaign.address import address_of, link, view_of
from fleet.campaign.batch_acts import ACTS
from fleet.campaign.cells import Frame
from fleet.campaign.figures import Figures, figures_of
from fleet.campaign.filters import choices, filtered, sorted_rows
from fleet.campaign.models import Campaign, CampaignStage
from fleet.campaign.needs import Person, needs
from fleet.campaign.pace import pace_of
from fleet.campaign.person import person_of
from fleet.campaign.pulse import pulse_of, reading_of
from fleet.campaign.rows import Row, rows_of
from fleet.campaign.shown import columns_of, page_of
from fleet.campaign.wave_chips import as_chip, waves_of
from registry.models import User
from registry.request import Request


@dataclass(frozen=True)
class Seen:
    """All of a campaign that a person sees, read once: `rows` unfiltered, without calls done."""

    campaign: Campaign
    user: User
    rows: list[Row]
    person: Person
    figures: Figures

    def asked_for(self, asked: QueryDict) -> list[Row]:
        """The rows that an address asks for, in its order."""
        return sorted_rows(filtered(self.rows, asked, self.person), asked.get("sort", ""))


def look(campaign: Campaign, user: User) -> Seen:
    """Read a campaign's board; the number of queries does not depend on its size."""
    rows = rows_of(campaign, user)
    return Seen(campaign, user, rows, person_of(user, rows), figures_of(rows))


def context(request: Request, campaign: Campaign, pulse: str = "") -> dict[str, Any]:
    """Everything on the page. The pulse is read before the rows, here or by who asks: what the
    page says that it has seen is never too new."""
    user = request.user
    pulse = pulse or pulse_of(campaign, user.pk)
    seen = look(campaign, user)
    frame = _frame_of(campaign, seen.rows)
    asked, found = request.GET, seen.asked_for(request.GET)
    pace = pace_of(campaign, seen.rows, seen.figures)
    view = "columns" if asked.get("view") == "columns" else "table"
    columns = view == "columns"
    steers = campaign.stage == CampaignStage.RUNNING and "run_campaign" in seen.person.capabilities
    waves = waves_of(campaign, seen.rows, asked, may_act=steers)
    shown = columns_of(found, campaign, asked, frame) if columns else page_of(found, asked, frame)
    return {
        **_frame(campaign, asked, view),
        **shown,
        "pulse": pulse,
        "seen": reading_of(_shown(shown), seen.figures, pace, waves, address_of(asked)),
        "figures": seen.figures,
        "pace": pace,
        "filters": choices(seen.rows, asked, seen.person),
        "count": f"{len(found)} of {len(seen.rows)}",
        "matching": len(found),
        "mine": sum(needs(row.need, seen.person) for row in seen.rows),
        "moving": campaign.stage == CampaignStage.RUNNING and any(r.moving for r in seen.rows),
        "counts": [
            (one, link(campaign, view_of(asked), state=one.stage.value))
            for one in seen.figures.counts
        ],
        "waved": frame.waved,
        "waves": waves,
        "chips": lambda: [as_chip(one) for one in waves],
        **_acts(campaign, seen),
    }


def _frame_of(campaign: Campaign, rows: Sequence[Row]) -> Frame:
    return Frame(
        is_open=campaign.stage in (CampaignStage.PLANNED, CampaignStage.RUNNING),
        many_prompts=len({row.line.prompt_id for row in rows}) > 1,
        waved=any(row.line.wave_number is not None for row in rows),
    )


def _shown(shown: dict[str, Any]) -> list[Row]:
    return shown["rows"] or [row for column in shown["columns"] for row in column.rows]


def _frame(campaign: Campaign, asked: QueryDict, view: str) -> dict[str, Any]:
    """What does not depend on the tracks."""
    return {
        "campaign": campaign,
        "named": campaign.name != campaign.usual_name,
        "running": campaign.stage == CampaignStage.RUNNING,
        "is_open": campaign.stage in (CampaignStage.PLANNED, CampaignStage.RUNNING),
        "view": view,
        "q": asked.get("q", "").strip(),
        "sort": asked.get("sort", ""),
        "keep": [("sort", asked.get("sort", "")), ("view", asked.get("view", ""))],
        "address": address_of(asked),
        "table_url": link(campaign, asked, view=None),
        "columns_url": link(campaign, asked, view="columns", page=None),
        "export_url": f"{reverse('campaign-export', args=[campaign.pk])}?{address_of(asked)}",
        "mine_url": link(campaign, view_of(asked), need="me"),
        "cancel_url": reverse("campaign-cancel", args=[campaign.pk]),
    }


def _acts(campaign: Campaign, seen: Seen) -> dict[str, Any]:
    """What the campaign's own buttons say, and the acts on its tracks that are offered."""
    figures = seen.figures
    offered = [act for act in ACTS.values() if act.is_open_to(seen.person)]
    if seen.person.pk == campaign.opened_by_id:
        offered = [act for act in offered if act.slug != "approve"]
    return {
        "acts": [act for act in offered if act.first],
        "more_acts": [act for act in offered if not act.first],
        "pause_words": {
            "heading": f"Pause this {campaign.word}?",
            "text": f"None of its {figures.total - figures.through} open tracks is evaluated or "
            "cut over until somebody resumes it. What is live or runs as a canary stays as it is.",
        },
        "cancel_words": {
            "button": f"Cancel {campaign.word}",
            "act": f"Cancel the {campaign.word}",
            "heading": f"Cancel this {campaign.word}?",
        },
        "cancel_text": _cancel_text(figures.total - figures.through, figures.through, campaign),
    }


def _cancel_text(left: int, through: int, campaign: Campaign) -> str:
    """What a cancellation ends and what it leaves as it is."""
    ends = f"{left} open track{'' if left == 1 else 's'} end{'s' if left == 1 else ''}, "
    ends += "with evals and canaries that run."
    if not through:
        return f"{ends} No variant was cut over yet, so what is live stays as it is."
    if through == 1:
        return f"{ends} The variant that was cut over stays on {campaign.goal}."
    return f"{ends} The {through} variants that were cut over stay on {campaign.goal}."
