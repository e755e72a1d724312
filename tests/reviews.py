"""Reviews for tests, through the same actions the product calls."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from evals.actions import record_verdict, start_run
from evals.models import CaseResult, EvalRun, Outcome, Verdict
from fleet.review.actions import approve, open_review
from fleet.review.models import ApprovalRule, Layer, Review
from registry.models import Revision, User, Variant
from tests.builders import Fleet, build_fleet
from tests.replay import again


def answer_all(run: EvalRun, score: float = 1.0) -> Verdict:
    """Answer every case of a run, the baseline well, and record the verdict as a worker would."""
    arms = ["candidate", "baseline"] if run.baseline_id else ["candidate"]
    CaseResult.objects.bulk_create(
        CaseResult(
            run=run, arm=arm, case=case, outcome=Outcome.ANSWERED, answer="Gladly.",
            score=score if arm == "candidate" else 1.0,
        )
        for version in run.suite_versions.all()
        for case in version.cases.all()
        for arm in arms
    )  # fmt: skip
    return record_verdict(run)


def measure(revision: Revision, score: float = 1.0) -> Verdict:
    """One more run of a revision: all cases pass at 1.0 and fail at 0.0."""
    return answer_all(start_run(revision, baseline=None, by=None), score)


def asked(
    variant: Variant, by: User, tone: str = "Be brief.", follows: Review | None = None
) -> Review:
    """An open review of a new overlay whose evaluation passed."""
    review = open_review(variant, {"tone": tone}, rationale="They asked.", by=by, follows=follows)
    answer_all(review.revision.eval_runs.get())
    return review


def approved(fleet: Fleet, variant: Variant, tone: str = "Be brief.") -> Review:
    """A review that a policy owner said yes to."""
    review = asked(variant, fleet.manager, tone)
    approve(review, by=fleet.policy_owner)
    review.refresh_from_db()
    return review


def usual_asked() -> tuple[Fleet, Review]:
    """A fleet whose manager asked for a review of the first variant, built once a process."""
    return again(_asked_first)


def _asked_first() -> tuple[Fleet, Review]:
    fleet = build_fleet()
    return fleet, asked(fleet.variants[0], fleet.manager)


def usual_approved() -> tuple[Fleet, Review]:
    """The same, and a policy owner said yes to it."""
    return again(_approved_first)


def _approved_first() -> tuple[Fleet, Review]:
    fleet = build_fleet()
    return fleet, approved(fleet, fleet.variants[0])


def rule(layer: Layer = Layer.ANY, **fields: object) -> ApprovalRule:
    """One more approval rule."""
    return ApprovalRule.objects.create(name=f"Rule for {layer}", layer=layer, **fields)


def standard_rules(large: int) -> None:
    """One person, a policy owner for a policy, two for much revenue: none but these.

    A transactional test empties the rules that a migration writes.
    """
    ApprovalRule.objects.all().delete()
    rule()
    rule(Layer.POLICY, role="policy_owner")
    rule(needed=2, min_revenue=large)


def soon() -> dt.datetime:
    """In an hour."""
    return timezone.now() + dt.timedelta(hours=1)
