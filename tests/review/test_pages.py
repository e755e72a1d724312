"""The review page, through the Django client."""

from __future__ import annotations

import pytest
from django.urls import reverse

from evals.actions import start_run
from fleet.campaign.actions import open_campaign, settle, start_evaluation, take_fix
from fleet.release.models import Release, Stage
from fleet.review.actions import approve, live_revision, open_review
from fleet.review.models import ReviewStage
from tests.builders import Fleet
from tests.evals.measured import measure
from tests.review.asking import page, post, reviewed, signed_in, usual_reviewed

pytestmark = pytest.mark.django_db


def test_page_shows_why_what_and_the_verdict(fleet: Fleet) -> None:
    said = page(fleet.policy_owner, reviewed(fleet.variants[0], fleet.manager))
    assert "They asked." in said and "Be warm" in said and "Go." in said and "Approve" in said


def test_page_shows_old_and_new_answer_of_a_broken_case(fleet: Fleet) -> None:
    review = reviewed(fleet.variants[0], fleet.manager, failing=["case-1"])
    said = page(fleet.policy_owner, review)
    assert "<del>Old</del> answer of case-1" in said and "<ins>New</ins> answer of case-1" in said


def test_page_tells_the_author_why_there_is_no_button(fleet: Fleet) -> None:
    said = page(fleet.engineer, reviewed(fleet.variants[0], fleet.engineer))
    assert "somebody else has to decide" in said and 'id="approve"' not in said


def test_foreign_review_is_not_found_by_a_manager(fleet: Fleet) -> None:
    review = reviewed(fleet.variants[-1], fleet.engineer)
    assert signed_in(fleet.manager).get(review.get_absolute_url()).status_code == 404


def test_approve_on_the_shown_run_approves() -> None:
    fleet, review = usual_reviewed()
    run = review.revision.eval_runs.get()
    assert post(fleet.engineer, review, "approve", run=str(run.pk)).status_code == 302
    review.refresh_from_db()
    assert review.stage == ReviewStage.APPROVED


def test_approve_on_older_evidence_is_refused_and_keeps_the_words() -> None:
    fleet, review = usual_reviewed()
    shown = review.revision.eval_runs.get()
    live = live_revision(fleet.variants[0])
    measure(start_run(review.revision, baseline=live, by=fleet.engineer))
    answer = post(fleet.engineer, review, "approve", run=str(shown.pk), why="Looks good to me")
    assert answer.status_code == 409
    assert "A newer eval run has come in" in answer.content.decode()
    assert "Looks good to me" in answer.content.decode()


def test_approve_with_a_run_that_is_none_is_refused_kindly() -> None:
    fleet, review = usual_reviewed()
    assert post(fleet.engineer, review, "approve", run="nonsense").status_code == 409


def test_second_decision_is_a_conflict() -> None:
    fleet, review = usual_reviewed()
    approve(review, by=fleet.policy_owner)
    run = review.revision.eval_runs.get()
    assert post(fleet.engineer, review, "approve", run=str(run.pk)).status_code == 409


def test_reject_without_a_reason_asks_for_one() -> None:
    fleet, review = usual_reviewed()
    answer = post(fleet.engineer, review, "reject", why=" ")
    assert answer.status_code == 422 and "The reason is missing" in answer.content.decode()


def test_author_who_posts_an_approval_gets_the_403_page(fleet: Fleet) -> None:
    review = reviewed(fleet.variants[0], fleet.engineer)
    answer = post(fleet.engineer, review, "approve", run=str(review.revision.eval_runs.get().pk))
    assert answer.status_code == 403 and "somebody else has to decide" in answer.content.decode()


def test_publish_makes_the_revision_live_and_names_what_it_will_do_before() -> None:
    fleet, review = usual_reviewed()
    approve(review, by=fleet.policy_owner)
    said = page(fleet.engineer, review)
    assert "Tenant 0 moves from revision 1 to 2 for all callers. 2 other variants stay" in said
    assert post(fleet.engineer, review, "publish").status_code == 302
    live = Release.objects.get(variant=fleet.variants[0], stage=Stage.LIVE)
    assert live.revision_id == review.revision_id


def test_running_eval_is_polled_and_then_brings_verdict_and_button(fleet: Fleet) -> None:
    review = open_review(
        fleet.variants[0], {"tone": "Be warm."}, rationale="They asked.", by=fleet.manager
    )
    client, url = signed_in(fleet.engineer), review.get_absolute_url()
    headers = {"HX-Request": "true", "HX-Target": "review-state"}
    waiting = client.get(url, headers=headers).content.decode()
    assert "every 1s" in waiting and "0 of 120" in waiting
    measure(review.revision.eval_runs.get())
    done = client.get(url, headers=headers).content.decode()
    assert "every 1s" not in done and "Go." in done and 'id="approve"' in done


def test_eval_start_measures_against_what_is_live() -> None:
    fleet, review = usual_reviewed()
    url = reverse("eval-run-start", args=[review.revision_id])
    answer = signed_in(fleet.manager).post(url)
    newest = review.revision.eval_runs.order_by("-started_at").first()
    assert answer.url == newest.get_absolute_url()
    assert newest.baseline == live_revision(fleet.variants[0])


def test_eval_start_by_a_viewer_is_forbidden() -> None:
    fleet, review = usual_reviewed()
    url = reverse("eval-run-start", args=[review.revision_id])
    assert signed_in(fleet.viewer).post(url).status_code == 403


def test_review_of_a_track_does_not_go_live_past_the_customer(fleet: Fleet) -> None:
    campaign = open_campaign(source=fleet.old, target=fleet.new, name="", by=fleet.engineer)
    track = campaign.tracks.get(variant=fleet.variants[0])
    start_evaluation(track)
    track.refresh_from_db()
    settle(measure(track.run, failing=[f"case-{n}" for n in range(6)]).run)  # type: ignore[arg-type]
    review = open_review(
        track.variant, {"tone": "Mended."}, rationale="Mend it.", by=fleet.manager, target=fleet.new
    )
    run = review.revision.eval_runs.get()
    take_fix(track, review.revision, run, by=fleet.manager)
    settle(measure(run).run)
    approve(review, by=fleet.policy_owner)
    assert "its migration track" in page(fleet.engineer, review)
    answer = post(fleet.engineer, review, "publish")
    assert answer.status_code == 422 and "once the customer has signed" in answer.content.decode()
