"""Freeze what was written and ask for a review of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.db import transaction

from evals.actions import start_run
from evals.models import EvalRun
from fleet import mail
from fleet.release.models import Release, Stage
from fleet.review.actions.errors import AlreadyDecided, Blocked
from fleet.review.actions.holding import UNSCHEDULED, hold
from fleet.review.actions.telling import people_of, tell_of
from fleet.review.barred import contributors_of
from fleet.review.blockers import Blocker
from fleet.review.models import Review, ReviewStage
from fleet.sweep.tiers import tier_of_change
from registry import border, checks, events
from registry.actions import freeze, freeze_overlay, overlay_for
from registry.models import ModelTarget, Revision, User, Variant
from registry.roles import require
from registry.transitions import move

UNDECIDED = (ReviewStage.OPEN, ReviewStage.CHANGES_REQUESTED)
"""Stages of a review that its author's next text supersedes."""


def live_revision(variant: Variant) -> Revision | None:
    """What the variant serves now."""
    release = Release.objects.filter(variant=variant, stage=Stage.LIVE).select_related("revision")
    found = release.first()
    return found.revision if found else None


@transaction.atomic
def open_review(
    variant: Variant,
    values: Mapping[str, str],
    *,
    rationale: str,
    by: User,
    target: ModelTarget | None = None,
    follows: Review | None = None,
    contributors: Iterable[int] = (),
    thresholds: Mapping[str, float | None] | None = None,
    first: Collection[str] = (),
) -> Review:
    """Freeze the overlay's text as a Revision, ask for a review, and start its evaluation.

    `target` defaults to the model that is live. `follows` is the review whose text this one
    was started from: one that still waits and that `by` opened is superseded by this.
    `contributors` are the ids of those besides `by` whose words these are. `thresholds` and
    `first` are the evaluation's, as `start_run` takes them. Raises Blocked for
    lint findings that block, AlreadyDecided when this very content was reviewed before.
    """
    require(by, "open_review", variant.tenant)
    if not rationale.strip():
        raise Blocked(
            [Blocker("why", "The reason is missing.", "Say in a sentence what it is for.")]
        )
    values = border.values_from_form(values)
    _refuse_findings(variant, values)
    live = live_revision(variant)
    if target is None and live is None:
        raise Blocked(
            [Blocker("model", "Nothing is live, so no model is known.", "Choose a model first.")]
        )
    overlay = freeze_overlay(
        overlay_for(variant), values, by=by, note=rationale, contributors=contributors
    )
    revision = freeze(
        variant, by=by, note=rationale, target=target or live.model_target, overlay=overlay,  # type: ignore[union-attr]
        parent=live,
    )  # fmt: skip
    review = _review_of(revision, live, rationale, by, follows)
    events.record("review.opened", review, by, rationale, revision=revision.number)
    if follows is not None and follows.opened_by_id == by.pk:
        supersede(follows, review, by=by)
    tier, why = tier_of_change(tenant=variant.tenant_id is not None)
    run = start_run(
        revision, baseline=live, by=None, tier=tier, why=why, thresholds=thresholds, first=first
    )
    _tell_approvers(review, run)
    return review


def supersede(
    old: Review, new: Review, *, by: User, of: Collection[ReviewStage] = UNDECIDED
) -> None:
    """Withdraw a review that is in one of the stages `of`: another took over its text."""
    old = hold(old)
    if old.pk == new.pk or old.stage not in of:
        return
    why = f"Superseded by revision {new.revision.number}."
    move(old, ReviewStage.WITHDRAWN, by=by, why=why, suspended_why="", **UNSCHEDULED)
    tell_of(
        old, f"review:{old.pk}:superseded:{new.pk}", "review.superseded",
        [one for one in people_of(old) if one.pk != by.pk], subject="Superseded", body=why,
    )  # fmt: skip


def _review_of(
    revision: Revision, live: Revision | None, rationale: str, by: User, follows: Review | None
) -> Review:
    """A new review; one that was withdrawn before anybody decided is opened again."""
    old = Review.objects.filter(revision=revision).first()
    if old is None and revision != live:
        return Review.objects.create(
            variant=revision.variant, revision=revision, rationale=rationale, opened_by=by,
            follows=follows,
        )  # fmt: skip
    if old is None or old.stage != ReviewStage.WITHDRAWN or old.approvals.exists():
        raise AlreadyDecided(
            f"Revision {revision.number} has exactly this content already. Change something first."
        )
    return move(old, ReviewStage.OPEN, by=by, why=rationale, rationale=rationale, opened_by=by)


def _tell_approvers(review: Review, run: EvalRun) -> None:
    barred = contributors_of([review.revision])[review.revision_id]
    tell_of(
        review, f"review:{review.pk}:opened:{run.pk}", "review.opened",
        [user for user in mail.holders("approve") if user.pk not in barred],
        subject="Review waiting",
        body=f"{review.opened_by.display_name} asks for a review: {review.rationale}",
    )  # fmt: skip


def _refuse_findings(variant: Variant, values: Mapping[str, str]) -> None:
    found = [f for f in checks.lint_values(variant, values) if f.severity == "block"]
    if found:
        raise Blocked([Blocker("lint", f"{f.message} “{f.quote}”", f.hint) for f in found])
