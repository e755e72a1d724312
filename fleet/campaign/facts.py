"""What `turn_of` has to know of a track, from its line and what stands beside it.

Each stage asks for what its own words hold and no more: a board of thousands is told anew
whenever one of them moves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from fleet.campaign.actions import BREAKS, ROLLED_BACK
from fleet.campaign.asides import JUDGED, REFUSED, Asides
from fleet.campaign.models import Cause, TrackStage
from fleet.campaign.sheet import Line
from fleet.campaign.times import clock, span
from fleet.campaign.turns import Facts
from registry.days import day

DAY = 86_400.0
"""Seconds."""


def facts_of(line: Line, asides: Asides, now: dt.datetime) -> Facts:
    """What is known of one track."""
    paused, why = _pause(line)
    held = line.held_why
    said: dict[str, Any] = {"refusal": held, "why": why}
    if (of_stage := _BY_STAGE.get(line.stage)) is not None:
        said.update(of_stage(line, asides, now))
    return Facts(
        stage=line.stage,
        customer=line.tenant or line.customer,
        days=int((now.timestamp() - line.changed_on) // DAY),
        verdict=line.verdict or "",
        broken=line.broken or 0,
        text_is_new=line.has_own_words,
        rolled_back=bool(held) and held.startswith(ROLLED_BACK),
        planned_calls=line.calls_planned or 0,
        left=line.old_model if line.cause == _MODEL else f"the earlier {line.cause}",
        prepared=line.is_prepared,
        paused=paused,
        gave_up=_gave_up(line, asides) if asides.dead else "",
        share=line.share or 0.0,
        by_time=line.by_time,
        **said,
    )


_MODEL = Cause.MODEL.value


def _pause(line: Line) -> tuple[str, str]:
    """As `pause_of` says it of a track."""
    if line.paused_at is not None:
        return "track", line.paused_why or ""
    if line.wave_paused_at is not None:
        return "wave", line.wave_paused_why or ""
    if line.campaign_paused_at is not None:
        return "campaign", line.campaign_paused_why or ""
    return "", ""


def _gave_up(line: Line, asides: Asides) -> str:
    """What the work ended with that was given up since the track last moved."""
    dead = asides.dead.get(line.pk)
    if dead is None or dead.finished_at is None:
        return ""
    if dead.finished_at.timestamp() < line.changed_on:
        return ""
    return dead.last_error or "No reason was kept."


def _needs_work(line: Line, asides: Asides, now: dt.datetime) -> dict[str, Any]:
    """What a customer said, and what a new base or policy has against the overlay."""
    answer = asides.answers.get(line.pk)
    told = asides.told(BREAKS, line) if line.run_id is None else None
    return {
        "breaks": told.why if told else "",
        "declined_by": answer.who if answer else "",
        "wants_change": answer.wants_change if answer else False,
    }


def _judged(line: Line, asides: Asides, now: dt.datetime) -> dict[str, Any]:
    """How our own approval stands, when it cuts over and what kept it from it."""
    yes = asides.yes_of(line)
    told = asides.told(REFUSED, line) if not line.held_why else None
    refused = told is not None and told.at.timestamp() > line.changed_on
    return {
        "approved": yes.approved,
        "objected": yes.objected,
        "still": yes.still,
        "refusal": told.why if told and refused else line.held_why,
        "cutting_over": line.pk in asides.cutting_over,
        "when": _clock(line),
    }


def _canary(line: Line, asides: Asides, now: dt.datetime) -> dict[str, Any]:
    """How long its step still soaks; empty where its plan does not tell."""
    if line.moment is None or line.soak is None:
        return {"when": ""}
    left = line.moment + dt.timedelta(minutes=line.soak) - now
    more = f"for {span(left)} more" if left > dt.timedelta() else "no longer: its next step is due"
    return {"when": more}


def _watched(line: Line, asides: Asides, now: dt.datetime) -> dict[str, Any]:
    """Until when."""
    return {"when": _clock(line)}


def _deferred(line: Line, asides: Asides, now: dt.datetime) -> dict[str, Any]:
    """Until which day, and why."""
    until = day(line.deferred_until) if line.deferred_until is not None else ""
    return {"when": until, "why": _why(line, asides)}


def _exempt(line: Line, asides: Asides, now: dt.datetime) -> dict[str, Any]:
    """Why."""
    return {"why": _why(line, asides)}


def _why(line: Line, asides: Asides) -> str:
    """The reason of a pause or of the stage."""
    told = asides.told(f"track.{line.stage}", line)
    return _pause(line)[1] or (told.why if told else "")


def _clock(line: Line) -> str:
    """The time that the track's stage has, on the customer's clock."""
    return clock(line.moment, line.zone) if line.moment is not None else ""


_BY_STAGE: dict[str, Callable[[Line, Asides, dt.datetime], dict[str, Any]]] = {
    TrackStage.NEEDS_WORK: _needs_work,
    TrackStage.CANARY: _canary,
    TrackStage.WATCHED: _watched,
    TrackStage.DEFERRED: _deferred,
    TrackStage.EXEMPT: _exempt,
    **dict.fromkeys(JUDGED, _judged),
}
