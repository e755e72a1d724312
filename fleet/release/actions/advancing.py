"""Take canaries on by the clock: only where nothing stands in the way, else they are held."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from fleet.release import telling
from fleet.release.actions import canary
from fleet.release.actions.switching import lock
from fleet.release.judgement import judge
from fleet.release.models import Release, Stage
from fleet.release.plan import due_at, read_plan
from fleet.review.actions.errors import Blocked
from fleet.review.evidence import revocations_of
from registry import work
from registry.models import Revision, WorkItem
from registry.roles import NotAllowed, require

ADVANCE_KIND = "advance_canary"

REST = dt.timedelta(seconds=60)
"""How long a held canary waits until it is tried again: blockers cost some 50 ms to look up."""


def ring_due() -> int:
    """Owe one work item to each canary whose soak time is over; how many there are.

    A migration takes its own canaries on.
    """
    now = timezone.now()
    running = Release.objects.filter(stage=Stage.CANARY, by_time=True, step_at__lte=now)
    theirs = Revision.objects.filter(tracks__stage=Stage.CANARY.value)
    running = running.exclude(revision__in=theirs)
    due = [
        (f"canary:{pk}:{step}", {"release": str(pk), "step": step})
        for pk, plan, step, since in running.values_list("pk", "plan", "step", "step_at")
        if since is not None and due_at(read_plan(plan), step, since) <= now
    ]
    if due:
        work.enqueue_many(ADVANCE_KIND, due)
        work.renew([key for key, _ in due], rest=REST)
    return len(due)


@transaction.atomic
def do_advance(item: WorkItem) -> None:
    """Do one work item; a second one for the same step finds it done and does nothing."""
    advance(UUID(item.payload["release"]), step=item.payload["step"])
    work.finish(item)


@transaction.atomic
def advance(pk: UUID, *, step: int) -> Release | None:
    """Take a canary from `step` to the next, after the last one live; None when it had moved.

    It is held, and people are told once a step, while a blocker or an objection stands, its
    judgement is not good, or whoever released it may not any more. What was revoked is stopped.
    """
    release = _due(pk, step)
    if release is None:
        return None
    if revoked := revocations_of(release.revision):
        return canary.call_off(release, by=None, reason=f"It was revoked: {revoked[0].reason}")
    if why := _held_by(release):
        return _hold(release, why)
    if step + 1 < len(release.plan):
        return canary.widen(release, by=None)
    return canary.go_live(release, by=None, reason="Its soak time was over and nobody objected.")


def _due(pk: UUID, step: int) -> Release | None:
    """The canary under its variant's lock, if it still waits at this step."""
    variant = lock(Release.objects.select_related("variant").get(pk=pk).variant)
    release = Release.objects.select_related("revision", "experiment", "released_by").get(pk=pk)
    release.variant = variant
    if release.stage != Stage.CANARY or not release.by_time or release.step != step:
        return None
    if canary.is_taken_on_by_track(release.revision):
        return None
    over = release.step_at and due_at(read_plan(release.plan), step, release.step_at)
    return release if over and over <= timezone.now() else None


def _held_by(release: Release) -> str:
    """Why it may not go on by itself; empty when it may."""
    found = judge(release)
    if found.holds:
        return found.words
    try:
        require(release.released_by, "release", release.variant.tenant)
        canary.recheck(release, acknowledged=False)
    except NotAllowed:
        return f"{release.released_by.display_name}, who started it, may not release any more."
    except Blocked as blocked:
        return str(blocked)
    return ""


def _hold(release: Release, why: str) -> Release:
    if release.held_why != why:
        release.held_why = why
        release.save(update_fields=["held_why"])
    telling.held(release, why)
    return release
