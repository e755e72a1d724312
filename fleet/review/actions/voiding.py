"""Approvals that no longer stand on anything: everybody decides anew, and is told why."""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models import F

from fleet.review.actions.holding import UNSCHEDULED, hold
from fleet.review.actions.settling import settle
from fleet.review.actions.telling import people_of, tell_of
from fleet.review.models import UNDER_WAY, Review, ReviewStage
from fleet.review.rules import approved_of
from fleet.review.voids import voids_of
from registry import events, work
from registry.events import Told
from registry.transitions import move

log = logging.getLogger(__name__)

VOID_KIND = "void_stale_approvals"

MOST = 2_000
"""Reviews looked at in one sweep, the oldest first: far more than wait in any fleet at once."""

_SAID_YES = (ReviewStage.APPROVED, ReviewStage.SCHEDULED)


@transaction.atomic
def void_stale(review: Review) -> Review:
    """Where an approval no longer counts (invariant 4), begin a new round and say why.

    Approved and scheduled reviews are in review again; a yes of several that one under way
    has so far is void as well. Nothing happens where nothing voids or nobody said yes.
    """
    review = hold(review)
    reasons = voids_of([review.revision])[review.revision_id]
    if not reasons or review.stage not in UNDER_WAY or not _has_yes(review):
        return review
    why = " ".join(dict.fromkeys(reason.text for reason in reasons))
    remedy = " ".join(dict.fromkeys(reason.remedy for reason in reasons))
    people, anew = people_of(review), review.round + 1
    if review.stage in _SAID_YES:
        due = {"suspended_why": why} if review.stage == ReviewStage.SCHEDULED else {}
        review = move(review, ReviewStage.OPEN, by=None, why=why, round=anew, **due, **UNSCHEDULED)
    else:
        review.round = anew
        review.save(update_fields=["round"])
        events.record("review.voided", review, None, why, round=anew)
    tell_of(
        review, f"review:{review.pk}:void:{anew}", "review.voided", people,
        subject="Its approval no longer counts", body=f"{why}\n\n{remedy}",
    )  # fmt: skip
    return review


def keep_in_line() -> int:
    """Void what is stale and settle the rest, each review alone; returns how many changed.

    What is in line costs a number of queries that does not depend on how many there are.
    """
    changed = 0
    for review in _out_of_line():
        try:
            before = (review.stage, review.round)
            now = settle(void_stale(review))
            changed += before != (now.stage, now.round)
        except Exception:
            log.exception("Could not bring %s in line.", review)
    return changed


def hear_of_voids(told: Told) -> None:
    """Have the workers look for stale approvals once something that may void them is committed."""
    event, _ = told[0]
    if event.verb == "policy.published" or event.verb.endswith(".revoked"):
        work.enqueue(VOID_KIND, f"void:{event.pk}", {})


def _out_of_line() -> list[Review]:
    waiting = Review.objects.filter(stage__in=UNDER_WAY)
    said = waiting.filter(stage__in=_SAID_YES) | waiting.filter(
        approvals__decision="approve", approvals__round=F("round")
    )
    found = list(
        said.distinct().select_related("revision__variant__prompt", "revision__model_target")
        .defer("revision__text", "revision__segments").order_by("pk")[:MOST]
    )  # fmt: skip
    void = voids_of([review.revision for review in found])
    enough = approved_of([review.revision for review in found])
    return [
        review for review in found
        if void[review.revision_id]
        or (review.stage in _SAID_YES and review.revision_id not in enough)
        or (review.stage == ReviewStage.OPEN and review.revision_id in enough)
    ]  # fmt: skip


def _has_yes(review: Review) -> bool:
    given = review.approvals.filter(decision="approve", round=review.round)
    return review.stage in _SAID_YES or given.exists()
