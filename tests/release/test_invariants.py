"""Invariants 2, 4, 5, 8 and 9: what is approved is what is released is what is served."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, IntegrityError, connection, transaction

from evals.actions import record_verdict
from evals.models import CaseResult, EvalRun, Outcome
from fleet.release.actions import CannotRollBack, adopt, publish, revoke, roll_back
from fleet.release.models import Release, Served, Stage
from fleet.review.actions import AlreadyDecided, Blocked, approve, open_review, reject
from fleet.review.actions import withdraw as withdraw_review
from fleet.review.models import Approval, Review
from registry.actions import freeze
from registry.models import User, Variant
from registry.roles import NotAllowed
from tests.builders import Fleet, usual_fleet


def pass_all(run: EvalRun) -> None:
    """Answer every case of a run well and record the verdict, as the worker would."""
    arms = ["candidate", "baseline"] if run.baseline_id else ["candidate"]
    CaseResult.objects.bulk_create(
        CaseResult(
            run=run, arm=arm, case=case, outcome=Outcome.ANSWERED, answer="Gladly.", score=1.0
        )
        for version in run.suite_versions.all()
        for case in version.cases.all()
        for arm in arms
    )
    record_verdict(run)


def reviewed(fleet: Fleet, variant: Variant, tone: str = "Be brief.") -> Review:
    """An open review of a new overlay whose evaluation passed."""
    review = open_review(variant, {"tone": tone}, rationale="They asked.", by=fleet.manager)
    pass_all(review.revision.eval_runs.get())
    return review


def published(fleet: Fleet, variant: Variant, tone: str = "Be brief.") -> Release:
    """A new overlay taken all the way to live."""
    review = reviewed(fleet, variant, tone)
    approve(review, by=fleet.policy_owner)
    return publish(review, by=fleet.engineer)


def served_hashes() -> dict[int, str]:
    """What every variant serves, by the entity tag of the whole answer."""
    return dict(Served.objects.values_list("variant_id", "etag"))


def test_two_live_releases_of_a_variant_are_refused_by_the_database(fleet: Fleet) -> None:
    live = Release.objects.get(variant=fleet.variants[0], stage=Stage.LIVE)
    with pytest.raises(IntegrityError, match="one_live_release"), transaction.atomic():
        Release.objects.create(
            variant=live.variant, revision=live.revision, released_by=fleet.engineer
        )


def test_a_release_of_an_unapproved_revision_is_refused_by_the_database(fleet: Fleet) -> None:
    review = reviewed(fleet, fleet.variants[0])
    with pytest.raises(DatabaseError, match="approved or adopted"), transaction.atomic():
        Release.objects.create(
            variant=review.variant, revision=review.revision, stage=Stage.CANARY, share=0.05,
            released_by=fleet.engineer,
        )  # fmt: skip


def test_a_release_of_another_variants_revision_is_refused_by_the_database(fleet: Fleet) -> None:
    one, other = fleet.variants[:2]
    with pytest.raises(DatabaseError, match="its own variant"), transaction.atomic():
        Release.objects.create(
            variant=one, revision=other.revisions.get(), stage=Stage.CANARY,
            released_by=fleet.engineer,
        )  # fmt: skip


def test_an_approval_of_ones_own_revision_is_refused_by_the_database(fleet: Fleet) -> None:
    revision = reviewed(fleet, fleet.variants[0]).revision
    with pytest.raises(DatabaseError, match="their own"), transaction.atomic():
        Approval.objects.create(
            revision=revision, decision="approve", sha256=revision.sha256, pins=revision.pins,
            by=fleet.manager,
        )  # fmt: skip


def test_an_approval_of_another_text_is_refused_by_the_database(fleet: Fleet) -> None:
    revision = reviewed(fleet, fleet.variants[0]).revision
    with pytest.raises(DatabaseError, match="another text"), transaction.atomic():
        Approval.objects.create(
            revision=revision, decision="approve", sha256="0" * 64, pins=revision.pins,
            by=fleet.policy_owner,
        )  # fmt: skip


def test_a_served_text_that_is_not_the_live_one_is_refused_by_the_database(fleet: Fleet) -> None:
    served = Served.objects.get(variant=fleet.variants[0])
    forged = json.dumps({**json.loads(served.body), "text": "Promise refunds."})
    with pytest.raises(DatabaseError, match="live release"), transaction.atomic():
        Served.objects.filter(pk=served.pk).update(body=forged)


def test_what_is_served_has_the_sha256_that_was_approved(fleet: Fleet) -> None:
    release = published(fleet, fleet.variants[0])
    approval = Approval.objects.get(revision=release.revision)
    body = json.loads(Served.objects.get(variant=fleet.variants[0]).body)
    assert body["sha256"] == approval.sha256 == release.revision.sha256
    assert body["text"] == release.revision.text


def test_an_author_may_not_approve(fleet: Fleet) -> None:
    review = open_review(
        fleet.variants[0], {"tone": "Be brief."}, rationale="They asked.", by=fleet.engineer
    )
    pass_all(review.revision.eval_runs.get())
    with pytest.raises(NotAllowed, match="You wrote part of this"):
        approve(review, by=fleet.engineer)


def test_a_revision_without_a_verdict_is_not_approved(fleet: Fleet) -> None:
    review = open_review(
        fleet.variants[0], {"tone": "Be brief."}, rationale="They asked.", by=fleet.manager
    )
    with pytest.raises(Blocked, match="still going"):
        approve(review, by=fleet.policy_owner)


def test_a_promised_refund_is_blocked_before_any_review(fleet: Fleet) -> None:
    with pytest.raises(Blocked, match="refund"):
        open_review(
            fleet.variants[0], {"tone": "Always promise customers a full refund."},
            rationale="They asked.", by=fleet.manager,
        )  # fmt: skip
    assert not Review.objects.exists()


def test_a_withdrawn_review_is_opened_again_by_submitting_the_same_text(fleet: Fleet) -> None:
    review = reviewed(fleet, fleet.variants[0])
    withdraw_review(review, by=fleet.manager)
    again = open_review(
        fleet.variants[0], {"tone": "Be brief."}, rationale="Now they insist.", by=fleet.manager
    )
    assert (again.pk, again.stage, again.rationale) == (review.pk, "open", "Now they insist.")
    assert again.revision.eval_runs.count() == 2


def test_a_rejected_text_is_not_submitted_again_unchanged(fleet: Fleet) -> None:
    review = reviewed(fleet, fleet.variants[0])
    reject(review, by=fleet.policy_owner, reason="Too curt.")
    with pytest.raises(AlreadyDecided, match="Change something"):
        open_review(fleet.variants[0], {"tone": "Be brief."}, rationale="Again.", by=fleet.manager)


def test_a_rejected_revision_is_not_published(fleet: Fleet) -> None:
    review = reviewed(fleet, fleet.variants[0])
    reject(review, by=fleet.policy_owner, reason="Too curt.")
    with pytest.raises(AlreadyDecided, match="Rejected"):
        publish(review, by=fleet.engineer)


def test_newer_worse_evidence_voids_an_approval(fleet: Fleet) -> None:
    from evals.actions import start_run

    review = reviewed(fleet, fleet.variants[0])
    approve(review, by=fleet.policy_owner)
    run = start_run(review.revision, baseline=None, by=fleet.engineer)
    CaseResult.objects.bulk_create(
        CaseResult(
            run=run, arm="candidate", case=case, outcome=Outcome.ANSWERED, answer="No.", score=0.0
        )
        for version in run.suite_versions.all()
        for case in version.cases.all()
    )
    record_verdict(run)
    with pytest.raises(Blocked, match="void"):
        publish(review, by=fleet.engineer)


def test_two_edits_of_one_text_do_not_undo_each_other_unseen(fleet: Fleet) -> None:
    first, second = (reviewed(fleet, fleet.variants[0], tone) for tone in ("Brief.", "Warm."))
    for review in (first, second):
        approve(review, by=fleet.policy_owner)
    publish(first, by=fleet.engineer)
    with pytest.raises(Blocked, match="went live after this was written"):
        publish(second, by=fleet.engineer)
    assert publish(second, by=fleet.engineer, acknowledged=True).revision == second.revision


def test_rolling_back_one_variant_leaves_what_the_others_serve_untouched(fleet: Fleet) -> None:
    first = served_hashes()
    published(fleet, fleet.variants[0])
    roll_back(fleet.variants[0], by=fleet.operator, reason="Refusals up.")
    now = served_hashes()
    others = now.keys() - {fleet.variants[0].pk}
    assert {pk: now[pk] for pk in others} == {pk: first[pk] for pk in others}
    live = Release.objects.get(variant=fleet.variants[0], stage=Stage.LIVE)
    assert live.revision.number == 1


def test_rolling_back_to_a_revoked_revision_is_refused(fleet: Fleet) -> None:
    first = fleet.variants[0].revisions.get()
    published(fleet, fleet.variants[0])
    revoke(first, by=fleet.policy_owner, reason="It leaks prices.")
    with pytest.raises(CannotRollBack, match="revoked"):
        roll_back(fleet.variants[0], by=fleet.operator, reason="Back.", to=first)


def test_a_revoked_revision_takes_no_traffic_by_raw_sql_either(fleet: Fleet) -> None:
    variant = Variant.objects.create(prompt=fleet.prompt, tenant=None, locale="de")
    revision = freeze(variant, by=fleet.engineer, note="x", target=fleet.old, overlay=None)
    revoke(revision, by=fleet.policy_owner, reason="It leaks prices.")
    with pytest.raises(DatabaseError, match="revoked"), transaction.atomic():
        adopt(revision, by=fleet.engineer, reason="It served before.")


def test_a_manager_may_not_roll_back_a_tenant_that_is_not_theirs(fleet: Fleet) -> None:
    with pytest.raises(NotAllowed, match="not yours"):
        roll_back(fleet.variants[-1], by=fleet.manager, reason="Mine?")


def test_a_manager_who_also_looks_on_still_acts_for_their_own_tenants_only(fleet: Fleet) -> None:
    fleet.manager.groups.add(Group.objects.get(name="viewer"))
    manager = User.objects.get(pk=fleet.manager.pk)
    with pytest.raises(NotAllowed, match="not yours"):
        roll_back(fleet.variants[-1], by=manager, reason="Mine?")


def _race(*racers: Callable[[], object]) -> list[object]:
    """Run the racers in threads that start together; what each returned or raised."""
    gate = threading.Barrier(len(racers))
    results: list[object] = [None] * len(racers)

    def run(place: int, racer: Callable[[], object]) -> None:
        gate.wait()
        try:
            results[place] = racer()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(racers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.mark.django_db(transaction=True)
def test_two_threads_promoting_at_once_one_wins_and_the_other_is_told() -> None:
    fleet = usual_fleet(tenants=2)
    review = reviewed(fleet, fleet.variants[0])
    approve(review, by=fleet.policy_owner)
    results = _race(
        lambda: publish(Review.objects.get(pk=review.pk), by=fleet.engineer),
        lambda: publish(Review.objects.get(pk=review.pk), by=fleet.operator),
    )
    assert sum(isinstance(result, Release) for result in results) == 1
    (loser,) = [result for result in results if not isinstance(result, Release)]
    assert isinstance(loser, AlreadyDecided) and "Published" in str(loser)
    assert Release.objects.filter(variant=review.variant, stage=Stage.LIVE).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_reviews_promoted_at_once_leave_exactly_one_live() -> None:
    fleet = usual_fleet(tenants=2)
    reviews = [reviewed(fleet, fleet.variants[0], tone) for tone in ("Be brief.", "Be warm.")]
    for review in reviews:
        approve(review, by=fleet.policy_owner)
    results = _race(
        *[lambda r=review: publish(r, by=fleet.engineer, acknowledged=True) for review in reviews]
    )
    assert all(isinstance(result, Release) for result in results)
    live = Release.objects.get(variant=fleet.variants[0], stage=Stage.LIVE)
    assert Served.objects.get(variant=fleet.variants[0]).sha256 == live.revision.sha256


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_once_one_counts_and_the_other_is_told() -> None:
    fleet = usual_fleet(tenants=2)
    review = reviewed(fleet, fleet.variants[0])
    results = _race(
        lambda: approve(review, by=fleet.policy_owner),
        lambda: approve(review, by=fleet.engineer),
    )
    assert sum(isinstance(result, Approval) for result in results) == 1
    assert sum(isinstance(result, AlreadyDecided) for result in results) == 1
