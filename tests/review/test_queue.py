"""The review queue: whose turn it is, filters that survive a reload, constant queries."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fleet.review.actions import approve, request_changes
from fleet.review.actions.break_glass import break_glass
from fleet.review.actions.scheduling import schedule
from fleet.review.models import ApprovalRule, Review, ReviewStage
from registry.models import User
from tests.builders import Fleet, build_fleet
from tests.review.asking import reviewed, signed_in, usual_reviewed

pytestmark = pytest.mark.django_db


def queue(user: User, **query: str) -> Any:
    return signed_in(user).get(reverse("review-queue"), query)


def titles(user: User, **query: str) -> list[str]:
    return [section.title for section in queue(user, **query).context["sections"]]


def reviews(user: User, **query: str) -> list[Review]:
    sections = queue(user, **query).context["sections"]
    return [row.review for section in sections for row in section.rows]


def test_queue_puts_what_i_may_decide_on_top() -> None:
    fleet, _ = usual_reviewed()
    assert titles(fleet.engineer) == ["Waiting for me"]
    said = queue(fleet.engineer).content.decode()
    assert "Decide" in said and "They asked." in said


def test_queue_of_the_author_calls_it_theirs(fleet: Fleet) -> None:
    reviewed(fleet.variants[0], fleet.engineer)
    assert titles(fleet.engineer) == ["Asked by me"]


def test_queue_tells_the_author_that_changes_were_asked_for() -> None:
    fleet, review = usual_reviewed()
    request_changes(review, by=fleet.engineer, reason="Too warm.")
    assert titles(fleet.manager) == ["Waiting for me"]
    assert "Changes requested" in queue(fleet.manager).content.decode()


def test_queue_counts_approvals_of_those_needed(fleet: Fleet) -> None:
    ApprovalRule.objects.create(name="Two", needed=2)
    review = reviewed(fleet.variants[0], fleet.manager)
    approve(review, by=fleet.policy_owner)
    assert "1 of 2" in queue(fleet.engineer).content.decode()
    assert titles(fleet.policy_owner) == ["Waiting for others"]


def test_queue_shows_when_a_scheduled_one_goes_live() -> None:
    fleet, review = usual_reviewed()
    approve(review, by=fleet.policy_owner)
    schedule([review], at=timezone.now() + dt.timedelta(hours=3, minutes=1), by=fleet.engineer)
    assert titles(fleet.engineer) == ["Scheduled"]
    assert "in 3 h" in queue(fleet.engineer).content.decode()


def test_queue_asks_policy_owners_to_look_at_broken_glass() -> None:
    fleet, review = usual_reviewed()
    break_glass(review, by=fleet.engineer, reason="It answers nonsense.")
    assert "Break-glass to review" in queue(fleet.policy_owner).content.decode()
    assert "Break-glass to review" not in queue(fleet.engineer).content.decode()


def test_queue_hides_other_accounts_from_a_manager(fleet: Fleet) -> None:
    reviewed(fleet.variants[-1], fleet.engineer)
    assert reviews(fleet.manager) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "open"}, 2), ({"state": "rejected"}, 0), ({"prompt": "support-triage"}, 2),
        ({"prompt": "other"}, 0), ({"segment": "retail"}, 1), ({"whose": "mine"}, 0),
        ({"whose": "me"}, 2), ({"q": "Tenant 1"}, 1), ({"q": "nobody"}, 0),
        ({"state": "nonsense"}, 2),
    ],
)  # fmt: skip
def test_queue_filters_by_the_address(fleet: Fleet, query: dict[str, str], found: int) -> None:
    for variant in fleet.variants[:2]:
        reviewed(variant, fleet.manager)
    assert len(reviews(fleet.engineer, **query)) == found


def test_queue_sorts_by_what_the_address_says() -> None:
    fleet, _ = usual_reviewed()
    reviewed(fleet.variants[1], fleet.manager, failing=[f"case-{n}" for n in range(8)])
    by_name = [review.variant for review in reviews(fleet.engineer, sort="-customer")]
    assert by_name == [fleet.variants[1], fleet.variants[0]]
    assert [one.variant for one in reviews(fleet.engineer, sort="-risk")] == by_name
    assert [one.variant for one in reviews(fleet.engineer)] == fleet.variants[:2]


def test_queue_shows_all_of_its_reviews_page_by_page_in_one_order(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variant in fleet.variants[:3]:
        reviewed(variant, fleet.engineer)
    whole = reviews(fleet.policy_owner, sort="-revenue")
    monkeypatch.setattr("fleet.review.queue.PAGE_ROWS", 2)
    pages = [queue(fleet.policy_owner, state="open", sort="-revenue", page=n) for n in "12"]
    shown = [[row.review for part in page.context["sections"] for row in part.rows]
             for page in pages]  # fmt: skip
    assert [len(page) for page in shown] == [2, 1] and shown[0] + shown[1] == whole
    said = pages[0].content.decode()
    assert 'href="/reviews/?state=open&amp;sort=-revenue&amp;page=2"' in said
    [section] = queue(fleet.policy_owner, page="2").context["sections"]
    assert (section.title, section.count, len(section.rows)) == ("Waiting for me", 3, 1)


def queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


def test_queue_takes_as_many_queries_for_3_as_for_12_reviews(db: None) -> None:
    fleet = build_fleet(tenants=13, cases=2)
    ApprovalRule.objects.create(name="Two for the large", needed=2, min_revenue=1_000_000)
    client, url = signed_in(fleet.engineer), reverse("review-queue")
    for variant in fleet.variants[:3]:
        reviewed(variant, fleet.manager)
    few = queries(client, url)
    for variant in fleet.variants[3:12]:
        reviewed(variant, fleet.manager)
    assert queries(client, url) == few <= 23


def test_whoever_sees_everything_is_asked_about_no_variant() -> None:
    fleet, _ = usual_reviewed()
    with CaptureQueriesContext(connection) as said:
        assert len(reviews(fleet.engineer)) == 1
    assert not [one["sql"] for one in said if 'IN (SELECT "registry_variant"' in one["sql"]]


def approved(fleet: Fleet, count: int) -> list[Review]:
    found = [reviewed(variant, fleet.manager) for variant in fleet.variants[:count]]
    for review in found:
        approve(review, by=fleet.policy_owner)
    return found


def schedule_all(user: User, picked: list[Review], **data: str) -> Any:
    typed = {"reviews": [review.pk for review in picked], "zone": "Europe/Madrid", **data}
    return signed_in(user).post(reverse("review-schedule-all"), typed)


def tomorrow() -> str:
    return f"{timezone.now() + dt.timedelta(days=1):%Y-%m-%dT09:30}"


def test_ticked_reviews_are_scheduled_at_one_time(fleet: Fleet) -> None:
    picked = approved(fleet, 2)
    answer = schedule_all(fleet.engineer, picked, at=tomorrow())
    said = answer.content.decode()
    assert answer.status_code == 200 and "2 scheduled" in said
    assert 'action="/reviews/"' in said and 'href="/reviews/?sort=customer"' in said
    assert {one.stage for one in Review.objects.all()} == {ReviewStage.SCHEDULED}


def test_a_review_that_cannot_be_scheduled_is_named_and_the_others_go_on(fleet: Fleet) -> None:
    picked = approved(fleet, 2)
    request_changes(picked[1], by=fleet.engineer, reason="Too warm.")
    answer = schedule_all(fleet.engineer, picked, at=tomorrow())
    said = answer.content.decode()
    assert answer.status_code == 409
    assert "1 scheduled, 1 left as it was" in said and "“Changes requested”" in said


@pytest.mark.parametrize("at", ["", "soon", "2020-01-01T09:30"])
def test_a_time_that_cannot_be_is_refused_and_kept(fleet: Fleet, at: str) -> None:
    picked = approved(fleet, 1)
    answer = schedule_all(fleet.engineer, picked, at=at)
    said = answer.content.decode()
    assert answer.status_code == 422 and f'value="{at}"' in said
    assert f'value="{picked[0].pk}" data-picked' in said


def test_scheduling_all_by_a_viewer_leaves_each_with_the_reason(fleet: Fleet) -> None:
    answer = schedule_all(fleet.viewer, approved(fleet, 1), at=tomorrow())
    assert answer.status_code == 409 and "You may not" in answer.content.decode()
    assert Review.objects.get().stage == ReviewStage.APPROVED
