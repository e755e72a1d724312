"""Acts on the ticked lines of a plan."""

from __future__ import annotations

from typing import TypeVar

from django.http import QueryDict
from django.template.defaultfilters import pluralize

from fleet.campaign.actions.assigning import set_exempt, set_owner
from fleet.campaign.actions.plan_rows import CannotPlan
from fleet.campaign.actions.planning import take_in, take_out
from fleet.campaign.actions.tolerating import BY_SIZE, set_thresholds
from fleet.campaign.actions.waves import assign_wave
from fleet.campaign.models import Campaign, Track, Wave
from fleet.planning.page import KEPT, filtered
from fleet.planning.sheet import Line, sheet_of
from registry.models import User

Some = TypeVar("Some", int, Track)


def act_on_lines(campaign: Campaign, given: QueryDict, *, by: User) -> str:
    """Do what the form names to the chosen variants; what was done, in words.

    Raises NotAllowed, CannotPlan, also for an act, wave or person that does not exist.
    """
    lines = chosen(campaign, given)
    tracks = [line.track for line in lines if line.track is not None]
    act = given.get("act", "")
    if act == "in":
        free = _any([line.candidate.variant for line in lines if line.track is None])
        return f"{_variants(take_in(campaign, free, by=by))} taken in."
    if act == "out":
        return f"{_variants(take_out(campaign, _any(tracks), by=by))} left out, free for another."
    if act == "wave":
        wave = _wave(campaign, given.get("wave", ""))
        count = assign_wave(campaign, _any(tracks), wave, by=by)
        return f"{_variants(count)} in {wave or 'no wave'}."
    if act == "owner":
        owner = _person(given.get("owner", ""))
        count = set_owner(campaign, _any(tracks), owner, by=by)
        return f"{_variants(count)} with {owner.display_name if owner else 'no owner'}."
    if act == "exempt":
        why = given.get("why", "")
        count = set_exempt(campaign, _any(tracks), why, by=by)
        word = "need no sign-off" if why.strip() else "have to be signed off"
        return f"{_variants(count)}: customers {word}."
    if act == "thresholds":
        count = set_thresholds(
            campaign, _any(tracks), by=by, why=given.get("why", ""),
            min_pass_rate=_share(given.get("min_pass_rate", "")),
            margin=BY_SIZE if given.get("by_size") else _share(given.get("margin", "")),
        )  # fmt: skip
        return f"{_variants(count)}: what they must hold is set."
    raise CannotPlan("That is no act on a plan. Reload the page and try again.")


def chosen(campaign: Campaign, given: QueryDict) -> list[Line]:
    """The ticked lines, or all that match the page's filter; ids that are none are passed over."""
    sheet = sheet_of(campaign)
    if given.get("everything"):
        query = QueryDict(given.get("address", ""))
        return filtered(sheet, {name: query.get(name, "") for name in KEPT})
    ticked = set(given.getlist("variants"))
    return [line for line in sheet.lines if str(line.candidate.variant) in ticked]


def _any(chosen: list[Some]) -> list[Some]:
    if not chosen:
        raise CannotPlan("No variant was chosen. Tick the rows first.")
    return chosen


def _wave(campaign: Campaign, number: str) -> Wave | None:
    """The wave of that number; None for none."""
    if number in ("", "none"):
        return None
    known = number.isascii() and number.isdecimal() and len(number) < 6
    wave = campaign.waves.filter(number=int(number)).first() if known else None
    if wave is None:
        raise CannotPlan("That wave is not there any more. Reload the page.")
    return wave


def _person(username: str) -> User | None:
    if not username:
        return None
    person = User.objects.filter(username=username.replace("\0", ""), is_active=True).first()
    if person is None:
        raise CannotPlan("Nobody of that name works here. Reload the page and choose again.")
    return person


def _share(typed: str) -> float | None:
    """Percent or points as a share; None where nothing was typed."""
    if not typed.strip():
        return None
    try:
        share = round(float(typed.replace(",", ".")) / 100, 6)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise CannotPlan(f"“{typed.strip()[:20]}” is no number from 0 to 100.")
    return share


def _variants(count: int) -> str:
    return f"{count} variant{pluralize(count)}"
