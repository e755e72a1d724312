"""What the page of one review shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from evals.models import EvalRun, RunStage
from evals.views import cases
from evals.views.progress import progress_of
from evals.views.sentence import sentence_of
from fleet.campaign import scope
from fleet.campaign.models import Track
from fleet.review.actions import live_revision
from fleet.review.barred import contributors
from fleet.review.blockers import against_approving, against_release, blockers, latest_run
from fleet.review.models import Review, ReviewStage
from fleet.review.pins import pins_of
from fleet.review.words import others_stay
from registry.diff import side_by_side, summary
from registry.models import User

CASES = 10
"""Broken, and likewise fixed, cases shown on the page; the run's page has them all."""

CONTEXT = 3
"""Unchanged lines kept beside a change."""


def context(request: HttpRequest, review: Review) -> dict[str, Any]:
    """Everything the decision rests on: why, by whom, what changes, evidence, blockers."""
    revision, parent = review.revision, review.revision.parent
    rows = side_by_side(parent.text if parent else "", revision.text, CONTEXT)
    wrote = contributors(revision)
    return {
        "review": review,
        "revision": revision,
        "parent": parent,
        "writers": User.objects.filter(pk__in=wrote).order_by("first_name", "username"),
        "pins": pins_of(revision, parent),
        "rows": rows,
        "summary": summary(rows),
        "approvals": review.approvals.select_related("by", "run"),
        **evidence(latest_run(revision)),
        **(powers := _powers(request.user, review, wrote)),  # type: ignore[arg-type]
        **_dialogs(review, powers),
    }


def evidence(run: EvalRun | None) -> dict[str, Any]:
    """The verdict in a sentence and the cases that changed sides, worst first."""
    if run is None:
        return {"run": None}
    if run.stage == RunStage.RUNNING:
        return {"run": run, "running": True, "progress": progress_of(run)}
    found = cases.standings(run)
    broken, fixed = cases.of(found, "broken"), cases.of(found, "fixed")
    shown = cases.with_answers(run, [*broken[:CASES], *fixed[:CASES]])
    return {
        "run": run,
        "verdict": run.verdict,
        "sentence": sentence_of(run.verdict),
        "broken": [one for one in shown if one.standing.change == "broken"],
        "fixed": [one for one in shown if one.standing.change == "fixed"],
        "broken_count": len(broken),
        "fixed_count": len(fixed),
    }


def _dialogs(review: Review, powers: dict[str, Any]) -> dict[str, Any]:
    """What the dialogs say will happen, and the evidence that a yes rests on."""
    number, name = review.revision.number, review.variant.tenant_name
    live = powers["live"]
    moves = f"moves from revision {live.number} to {number}" if live else f"gets revision {number}"
    run = latest_run(review.revision)
    parent = review.revision.parent
    return {
        "approve_text": f"{name} may then get revision {number}. "
        "Nothing goes live yet: that is a step of its own.",
        "approve_fields": [("run", run.pk)] if run else [],
        "reject_text": f"Revision {number} of {name} cannot go out. Its author reads your reason.",
        "publish_text": f"{name} {moves} for all callers. {others_stay(review.variant)}",
        "publish_reason": "none",
        "old_title": f"Revision {parent.number}" if parent else "",
        "new_title": f"Revision {number}",
    }


def _powers(user: User, review: Review, wrote: set[int]) -> dict[str, Any]:
    """The checklist, and which of the acts this person may do now."""
    found = blockers(review.revision)
    is_open, approved = review.stage == ReviewStage.OPEN, review.stage == ReviewStage.APPROVED
    may_decide = user.has_perm("registry.approve")
    track = track_of(review) if is_open or approved else None
    owns = user.pk == review.opened_by_id
    moved = [blocker for blocker in found if blocker.weight == "acknowledge"]
    return {
        "blockers": found if is_open or approved else [],
        "stops_approval": against_approving(found),
        "stops_release": against_release(found, acknowledged=True),
        "moved": moved,
        "live": live_revision(review.variant),
        "is_open": is_open,
        "approved": approved,
        "track": track,
        "barred": is_open and may_decide and user.pk in wrote,
        "may_decide": is_open and may_decide and user.pk not in wrote,
        "may_release": approved and track is None and user.has_perm("registry.release"),
        "may_withdraw": (is_open or approved) and (owns or may_decide),
        "urls": {
            act: reverse(f"review-{act}", args=[review.pk])
            for act in ("approve", "reject", "withdraw", "publish")
        },
    }


def track_of(review: Review) -> Track | None:
    """The migration track that will cut this revision over, once the customer signed."""
    tracks = Track.objects.filter(revision=review.revision, closed_at__isnull=True)
    return tracks.select_related(*scope.of("campaign")).first()
