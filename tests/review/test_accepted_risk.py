"""Too few cases certify nothing: a person may take that risk, by name, once, and no other risk."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from evals.suites import write_suite
from fleet.review.actions import AlreadyDecided, Blocked, accept_risk, approve, open_review
from fleet.review.blockers import blockers
from fleet.review.models import AcceptedRisk, Review
from registry.roles import NotAllowed
from tests.builders import Fleet, make_cases
from tests.reviews import answer_all, measure

pytestmark = pytest.mark.django_db


@pytest.fixture
def review(fleet: Fleet) -> Review:
    """An open review whose run is too small to certify anything, and says nothing else."""
    write_suite(prompt=fleet.prompt, cases=make_cases(20), by=fleet.engineer)
    opened = open_review(
        fleet.variants[0], {"tone": "Be brief."}, rationale="They asked.", by=fleet.manager
    )
    answer_all(opened.revision.eval_runs.get())
    return opened


def codes(review: Review) -> list[str]:
    return [blocker.code for blocker in blockers(review.revision)]


def test_a_small_suite_blocks_until_somebody_takes_the_risk(review: Review, fleet: Fleet) -> None:
    assert "risk" in codes(review)
    with pytest.raises(Blocked):
        approve(review, by=fleet.policy_owner)
    accept_risk(review, by=fleet.policy_owner, reason="A small customer.")
    assert "risk" not in codes(review)
    approve(review, by=fleet.policy_owner)


def test_another_run_has_to_be_accepted_anew(review: Review, fleet: Fleet) -> None:
    accept_risk(review, by=fleet.policy_owner, reason="A small customer.")
    measure(review.revision)
    assert "risk" in codes(review)


def test_authors_and_others_without_the_right_may_not(review: Review, fleet: Fleet) -> None:
    for person in (fleet.manager, fleet.viewer):
        with pytest.raises(NotAllowed):
            accept_risk(review, by=person, reason="Fine.")
    assert not AcceptedRisk.objects.exists()


def test_it_needs_a_reason_and_is_taken_once(review: Review, fleet: Fleet) -> None:
    with pytest.raises(Blocked):
        accept_risk(review, by=fleet.policy_owner, reason="  ")
    accept_risk(review, by=fleet.policy_owner, reason="A small customer.")
    with pytest.raises(AlreadyDecided):
        accept_risk(review, by=fleet.policy_owner, reason="Again.")


def test_a_regression_is_no_risk_that_may_be_taken(review: Review, fleet: Fleet) -> None:
    measure(review.revision, score=0.0)
    assert "verdict" in codes(review)
    with pytest.raises(Blocked):
        accept_risk(review, by=fleet.policy_owner, reason="Never mind.")


def test_the_page_offers_it_to_whoever_may_decide(review: Review, fleet: Fleet) -> None:
    client = Client()
    client.force_login(fleet.policy_owner)
    assert "Accept the risk" in client.get(review.get_absolute_url()).content.decode()
    done = client.post(
        reverse("review-accept-risk", args=[review.pk]), {"why": "A small customer."}, follow=True
    )
    shown = done.content.decode()
    assert "accepted a verdict on too few cases" in shown
    client.force_login(fleet.manager)
    other = open_review(
        fleet.variants[0], {"tone": "Be curt."}, rationale="Shorter.", by=fleet.manager
    )
    answer_all(other.revision.eval_runs.get())
    shown = client.get(other.get_absolute_url()).content.decode()
    assert reverse("review-accept-risk", args=[other.pk]) not in shown
