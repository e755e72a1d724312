"""Take the risk of a run that is too small to certify anything."""

from __future__ import annotations

from django.db import transaction

from evals.models import EvalRun, RunStage
from fleet.review.actions.deciding import refuse_silence
from fleet.review.actions.errors import AlreadyDecided, Blocked
from fleet.review.actions.holding import hold, may_decide
from fleet.review.blockers import Blocker, latest_run
from fleet.review.evidence import may_be_accepted
from fleet.review.models import AcceptedRisk, Review
from registry import events
from registry.models import User


@transaction.atomic
def accept_risk(review: Review, *, by: User, reason: str) -> AcceptedRisk:
    """Let one run's verdict pass although its cases are too few to certify anything.

    Whoever may approve may accept, authors may not; the yes itself is still asked for. Raises
    NotAllowed, AlreadyDecided, and Blocked where the run says more against it than its size.
    """
    review = hold(review)
    may_decide(review, by)
    refuse_silence(reason)
    accepted = accept_run(latest_run(review.revision), by=by, reason=reason)
    events.record("review.risk_accepted", review, by, reason, variant=review.variant)
    return accepted


def accept_run(run: EvalRun | None, *, by: User, reason: str) -> AcceptedRisk:
    """Note that somebody takes the risk of one run that is short of cases and of nothing else.

    Raises Blocked, AlreadyDecided.
    """
    if run is None or run.stage != RunStage.DONE or not may_be_accepted(run.verdict):
        words = "Its evidence is not short of cases alone, so there is no such risk to accept."
        raise Blocked([Blocker("verdict", words, "Look at the verdict below.")])
    if hasattr(run, "accepted_risk"):
        who = run.accepted_risk.by.display_name
        raise AlreadyDecided(f"{who} accepted the risk of this run already.")
    return AcceptedRisk.objects.create(run=run, reason=reason.strip(), by=by)
