"""What somebody should look at before a plan is started; most of it stops nobody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils import timezone

from evals.providers import NoEndpoint, endpoint_of
from fleet.campaign.models import Campaign
from fleet.planning.goal import Goal
from fleet.planning.sheet import Line, Sheet
from fleet.window.opening import zone_named
from registry.days import day


@dataclass(frozen=True)
class Concern:
    """`only` is the filter of the lines it is about, empty for the plan as a whole."""

    words: str
    only: str = ""
    stops: bool = False


def _is_late(line: Line, deadline: dt.date | None) -> bool:
    if deadline is None or line.opens is None:
        return False
    return line.opens.astimezone(zone_named(line.calendar.zone)).date() > deadline


def pick(only: str, sheet: Sheet) -> list[Line]:
    """The lines of the plan that a concern is about."""
    test = _TESTS.get(only)
    return [line for line in sheet.within if test(line, sheet)] if test else []


_TESTS: dict[str, Callable[[Line, Sheet], bool]] = {
    "no-owner": lambda line, _: line.track is not None and line.track.owner_id is None,
    "no-suite": lambda line, _: not line.cases,
    "no-contact": lambda line, _: line.needs_contact,
    "no-zone": lambda line, _: not line.calendar.zone_exists,
    "never-opens": lambda line, _: line.calendar.zone_exists and line.opens is None,
    "late": lambda line, sheet: _is_late(line, sheet.campaign.deadline),
    "no-wave": lambda line, sheet: (
        sheet.has_waves and line.track is not None and line.track.wave_id is None
    ),
    "gone": lambda line, _: not line.is_live,
}

WORDS = {
    "no-suite": "{n} without a suite: nothing measures {them}, so {they} will need work.",
    "gone": "{n} moved elsewhere since this was planned. Leave {them} out.",
    "no-zone": "{n} with a time zone that does not exist: no time can be found for {them}.",
    "never-opens": "{n} whose window does not open within a year.",
    "late": "{n} whose first opening is after the deadline.",
    "no-contact": "{n} whose customer has nobody who could be sent a sign-off link.",
    "no-owner": "{n} without an owner who works here.",
    "no-wave": "{n} in no wave: {they} may go at any time.",
}
"""Filter -> what is said of the lines it finds, the gravest first."""


def concerns_of(sheet: Sheet) -> list[Concern]:
    """Everything worth a look, what stops the start first."""
    found = list(_of_the_whole(sheet.campaign))
    for only, words in WORDS.items():
        count = len(pick(only, sheet))
        if count:
            them, they = ("it", "it") if count == 1 else ("them", "they")
            number = f"{count} variant{'' if count == 1 else 's'}"
            found.append(Concern(words.format(n=number, them=them, they=they), only))
    return found


def _of_the_whole(campaign: Campaign) -> list[Concern]:
    found = []
    problem = Goal.of(campaign).problem
    if problem:
        found.append(Concern(problem, stops=True))
    found += _of_the_deadline(campaign)
    target = campaign.target
    if target is None:
        return found
    try:
        endpoint_of(target.provider)
    except NoEndpoint as why:
        found.append(Concern(str(why)))
    left = target.days_left()
    if left is not None and left < 0:
        found.append(Concern(f"{target} itself is retired already.", stops=True))
    elif target.retires_on and campaign.deadline and target.retires_on <= campaign.deadline:
        found.append(Concern(f"{target} itself retires on {day(target.retires_on)}."))
    return found


def _of_the_deadline(campaign: Campaign) -> Iterator[Concern]:
    """A day that is over, or one after the old model is switched off."""
    deadline, source = campaign.deadline, campaign.source
    if deadline is None:
        return
    if deadline < timezone.localdate():
        yield Concern(f"The deadline, {day(deadline)}, is over already.")
    elif source is not None and source.retires_on and source.retires_on < deadline:
        yield Concern(f"{source} is switched off on {day(source.retires_on)}, before the deadline.")
