"""Mending an overlay that broke on a migration's new model."""

from __future__ import annotations

import pytest
from django.test import Client

from evals.models import Arm, CaseResult, Outcome, Verdict
from fleet.authoring.actions import submit_overlay
from fleet.campaign.actions import open_campaign, settle, start_evaluation
from fleet.campaign.models import Track, TrackStage
from fleet.review.actions import Blocked
from tests.builders import Fleet

pytestmark = pytest.mark.django_db


@pytest.fixture
def track(fleet: Fleet) -> Track:
    """The first customer's track: one case broke on the new model."""
    campaign = open_campaign(source=fleet.old, target=fleet.new, name="", by=fleet.engineer)
    track = Track.objects.get(campaign=campaign, variant=fleet.variants[0])
    run = start_evaluation(track)
    assert run is not None
    case = run.suite_versions.get().cases.get(key="case-3")
    for arm, answer, score in ((Arm.BASELINE, "Kindly so.", 1.0), (Arm.CANDIDATE, "No.", 0.0)):
        CaseResult.objects.create(
            run=run, arm=arm, case=case, outcome=Outcome.ANSWERED, answer=answer, score=score,
            details=[{"value": score, "detail": "says “Kindly”"}],
        )  # fmt: skip
    Verdict.objects.create(
        run=run, kind="no_go", headline="1 case broke.", decision={"broken": ["case-3"]}
    )
    settle(run)
    track.refresh_from_db()
    assert track.stage == TrackStage.NEEDS_WORK
    return track


def test_the_form_shows_the_broken_case_with_both_answers(
    client: Client, fleet: Fleet, track: Track
) -> None:
    client.force_login(fleet.manager)
    page = client.get(f"/variants/{track.variant_id}/edit/").content.decode()
    for words in ("1 case broke.", "Question 3?", "Kindly so.", "No.", "says “Kindly”"):
        assert words in page


def test_a_fix_is_made_for_the_new_model_and_put_on_its_track(fleet: Fleet, track: Track) -> None:
    review = submit_overlay(
        fleet.variants[0], {"tone": "Say “Kindly” first."}, "It broke.", fleet.manager
    )
    track.refresh_from_db()
    assert review.revision.model_target == fleet.new
    assert (track.revision, track.stage) == (review.revision, TrackStage.EVALUATING)
    assert track.run == review.revision.eval_runs.get()


def test_a_fix_that_is_blocked_leaves_the_track_alone(fleet: Fleet, track: Track) -> None:
    with pytest.raises(Blocked):
        submit_overlay(
            fleet.variants[0], {"tone": "We always give a full refund."}, "It broke.", fleet.manager
        )
    track.refresh_from_db()
    assert track.stage == TrackStage.NEEDS_WORK
    assert fleet.variants[0].revisions.count() == 2


def test_an_edit_of_a_variant_outside_the_migration_stays_on_its_model(
    fleet: Fleet, track: Track
) -> None:
    other = fleet.variants[1]
    review = submit_overlay(other, {"tone": "Be brief."}, "They asked.", fleet.manager)
    assert review.revision.model_target == fleet.old
