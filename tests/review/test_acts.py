"""Acts from the review page: changes, objections, a time, past the gate; what a refusal keeps."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from fleet.release.models import BreakGlass, Release, Stage
from fleet.review.actions import approve, request_changes, withdraw
from fleet.review.actions.voiding import void_stale
from fleet.review.models import ApprovalRule, Objection, Review, ReviewStage
from registry.actions import publish_policy
from registry.models import Tenant
from tests.builders import RULES, Fleet
from tests.review.asking import page, post, reviewed, run_of, signed_in, usual_reviewed

pytestmark = pytest.mark.django_db


def stage_of(review: Review) -> str:
    return Review.objects.get(pk=review.pk).stage


def test_address_opens_the_dialog_it_asks_for() -> None:
    fleet, review = usual_reviewed()
    said = page(fleet.engineer, review, act="request-changes")
    assert said.count("data-dialog-now") == 1
    assert 'id="request-changes" class="sheet"' in said.split("data-dialog-now")[0][-300:]


def test_asking_for_changes_puts_it_back_to_the_author() -> None:
    fleet, review = usual_reviewed()
    assert post(fleet.engineer, review, "request-changes", why="Too warm.").status_code == 302
    assert stage_of(review) == ReviewStage.CHANGES_REQUESTED
    said = page(fleet.manager, review)
    assert "Too warm." in said and "Mend it" in said


def test_second_approver_without_a_reason_keeps_the_page() -> None:
    fleet, review = usual_reviewed()
    answer = post(fleet.engineer, review, "request-changes", why=" ")
    assert answer.status_code == 422 and "data-dialog-now" in answer.content.decode()


def test_words_of_a_decision_that_came_too_late_are_not_lost() -> None:
    fleet, review = usual_reviewed()
    withdraw(review, by=fleet.manager)
    answer = post(fleet.engineer, review, "reject", why="It is <i>rude</i>.")
    assert answer.status_code == 409
    assert "What you wrote: “It is &lt;i&gt;rude&lt;/i&gt;.”" in answer.content.decode()


def test_objector_lifts_and_the_review_goes_on() -> None:
    fleet, review = usual_reviewed()
    objection = request_changes(review, by=fleet.engineer, reason="Too warm.")
    url = reverse("objection-lift", args=[objection.pk])
    assert url in page(fleet.engineer, review) and url not in page(fleet.policy_owner, review)
    assert signed_in(fleet.engineer).post(url, {"why": "Fine now."}).status_code == 302
    assert stage_of(review) == ReviewStage.OPEN


def test_policy_owner_outvotes_with_a_reason() -> None:
    fleet, review = usual_reviewed()
    objection = request_changes(review, by=fleet.engineer, reason="Too warm.")
    url = reverse("objection-overrule", args=[objection.pk])
    assert url in page(fleet.policy_owner, review) and url not in page(fleet.manager, review)
    owner = signed_in(fleet.policy_owner)
    assert owner.post(url, {"why": ""}).status_code == 422
    assert owner.post(url, {"why": "They pay for warmth."}).status_code == 302
    assert "They pay for warmth." in page(fleet.engineer, review)


def test_outvoting_by_an_engineer_is_forbidden() -> None:
    fleet, review = usual_reviewed()
    objection = request_changes(review, by=fleet.policy_owner, reason="Too warm.")
    url = reverse("objection-overrule", args=[objection.pk])
    assert signed_in(fleet.engineer).post(url, {"why": "No."}).status_code == 403
    assert Objection.objects.get().stage == "raised"


def test_page_counts_the_approvals_and_names_who_is_needed() -> None:
    fleet, review = usual_reviewed()
    ApprovalRule.objects.create(name="An owner looks at it", role="policy_owner")
    ApprovalRule.objects.create(name="Two people", needed=2)
    answer = post(fleet.engineer, review, "approve", run=run_of(review))
    assert answer.status_code == 302 and stage_of(review) == ReviewStage.OPEN
    said = page(fleet.policy_owner, review)
    assert "1 of 2 approvals" in said and "a policy owner still needed" in said


def test_void_approval_is_shown_with_its_reason() -> None:
    fleet, review = usual_reviewed()
    approve(review, by=fleet.engineer, reason="Good.")
    publish_policy(text="No refunds.", rules=RULES, by=fleet.policy_owner, note="Second")
    void_stale(review)
    said = page(fleet.engineer, review)
    assert "Void" in said and "round 1" in said
    assert "Counts no more: The policy moved on to version 2" in said


def tomorrow() -> str:
    return f"{timezone.now() + dt.timedelta(days=1):%Y-%m-%dT09:30}"


def test_time_is_taken_in_the_customers_zone_and_shown_in_utc() -> None:
    fleet, review = usual_reviewed()
    Tenant.objects.filter(pk=review.variant.tenant_id).update(timezone="Asia/Tokyo")
    approve(review, by=fleet.policy_owner)
    assert "Date and time in Asia/Tokyo" in page(fleet.engineer, review)
    assert post(fleet.engineer, review, "schedule", at=tomorrow()).status_code == 302
    review.refresh_from_db()
    assert review.publish_at is not None and (review.publish_at.hour, review.publish_at.minute) == (
        0, 30,
    )  # fmt: skip
    assert "09:30 in Asia/Tokyo (00:30 UTC)" in page(fleet.engineer, review)


def test_refused_time_is_kept_in_the_dialog() -> None:
    fleet, review = usual_reviewed()
    approve(review, by=fleet.policy_owner)
    answer = post(fleet.engineer, review, "schedule", at="2020-01-01T09:30")
    said = answer.content.decode()
    assert answer.status_code == 422 and "has passed" in said and "2020-01-01T09:30" in said


def test_unscheduling_leaves_it_approved() -> None:
    fleet, review = usual_reviewed()
    approve(review, by=fleet.policy_owner)
    post(fleet.engineer, review, "schedule", at=tomorrow())
    assert post(fleet.engineer, review, "unschedule").status_code == 302
    assert stage_of(review) == ReviewStage.APPROVED


def test_broken_glass_is_seen_on_every_page_until_it_was_looked_at() -> None:
    fleet, review = usual_reviewed()
    assert "Nobody has approved it." in page(fleet.engineer, review, act="break-glass")
    answer = post(fleet.engineer, review, "break-glass", why="It answers <b>nonsense</b>.")
    assert answer.status_code == 302
    live = Release.objects.get(variant=review.variant, stage=Stage.LIVE)
    assert live.revision_id == review.revision_id
    shown = [
        review.variant.get_absolute_url(), review.get_absolute_url(),
        reverse("variant-releases", args=[review.variant_id]),
        reverse("overlay-edit", args=[review.variant_id]),
    ]  # fmt: skip
    warning = "went live past the gate"
    for url in shown:
        said = signed_in(fleet.manager).get(url).content.decode()
        assert warning in said and "&lt;b&gt;nonsense&lt;/b&gt;" in said, url
    url = reverse("break-glass-review", args=[BreakGlass.objects.get().pk])
    owner = signed_in(fleet.policy_owner)
    assert url in owner.get(shown[0]).content.decode()
    assert "Nobody has approved it." in owner.get(url).content.decode()
    assert owner.post(url, {"note": " "}).status_code == 422
    assert owner.post(url, {"note": "It was right."}).status_code == 302
    for url in shown:
        assert warning not in signed_in(fleet.manager).get(url).content.decode(), url


def test_glass_without_a_reason_or_the_right_stays_whole() -> None:
    fleet, review = usual_reviewed()
    assert post(fleet.engineer, review, "break-glass", why="").status_code == 422
    assert post(fleet.policy_owner, review, "break-glass", why="Now").status_code == 403
    assert not BreakGlass.objects.exists()


def test_note_on_broken_glass_is_kept_from_whoever_may_not_and_who_came_late() -> None:
    fleet, review = usual_reviewed()
    post(fleet.engineer, review, "break-glass", why="It answers nonsense.")
    url = reverse("break-glass-review", args=[BreakGlass.objects.get().pk])
    assert signed_in(fleet.engineer).post(url, {"note": "Fine"}).status_code == 403
    owner = signed_in(fleet.policy_owner)
    owner.post(url, {"note": "It was right."})
    answer = owner.post(url, {"note": "Mine too."})
    assert answer.status_code == 409 and "It was right." in answer.content.decode()


def test_broken_glass_of_a_foreign_tenant_is_not_found(fleet: Fleet) -> None:
    theirs = reviewed(fleet.variants[-1], fleet.engineer)
    post(fleet.operator, theirs, "break-glass", why="It answers nonsense.")
    url = reverse("break-glass-review", args=[BreakGlass.objects.get().pk])
    assert signed_in(fleet.manager).get(url).status_code == 404
