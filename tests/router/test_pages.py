"""Rules are proposed, decided on by somebody else, put in force, and gone back from."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from fleet.release.models import Change
from fleet.review.models import Decision
from fleet.router.actions import decide, in_force, propose, publish, roll_back
from fleet.router.document import Document
from fleet.router.models import RouterRelease, RouterReview, RouterVersion
from registry.models import User
from registry.roles import NotAllowed
from tests.builders import Fleet

pytestmark = pytest.mark.django_db

ECONOMY = {"lane": "economy", "segment": ["retail"], "tenant": [], "locale": [], "task_tier": []}
TYPED = {
    "started_from": "0", "why": "Retail asks simple things.", "rule-0-segment": "retail",
    "rule-0-lane": "economy", "behind-primary": "fallback",
}  # fmt: skip


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def document(*rules: dict[str, Any]) -> Document:
    return Document.of(rules, {"primary": ["fallback"]})


def in_force_now(fleet: Fleet, *rules: dict[str, Any], started_from: int = 0) -> RouterReview:
    review = propose(
        None, document(*rules), why="For the test", started_from=started_from, by=fleet.engineer
    )
    decide(review, Decision.APPROVE, by=fleet.policy_owner)
    publish(review, by=fleet.operator)
    return review


def test_rules_go_from_the_form_into_force(fleet: Fleet) -> None:
    engineer = signed_in(fleet.engineer)
    answer = engineer.post(reverse("router-edit", args=[0]), TYPED, follow=True)
    assert b"segment retail" in answer.content
    review = RouterReview.objects.get()
    owner = signed_in(fleet.policy_owner)
    owner.post(reverse("router-approve", args=[review.pk]))
    assert in_force(None) is None, "approved is not in force"
    signed_in(fleet.operator).post(reverse("router-publish", args=[review.pk]))
    live = in_force(None)
    assert live is not None and live.version.rules[0]["lane"] == "economy"


def test_nobody_decides_on_their_own_rules(fleet: Fleet) -> None:
    review = propose(None, document(ECONOMY), why="x", started_from=0, by=fleet.engineer)
    with pytest.raises(NotAllowed):
        decide(review, Decision.APPROVE, by=fleet.engineer)
    answer = signed_in(fleet.engineer).post(reverse("router-approve", args=[review.pk]))
    assert answer.status_code == 403


def test_rules_that_were_not_approved_never_come_into_force_by_sql_either(fleet: Fleet) -> None:
    review = propose(None, document(ECONOMY), why="x", started_from=0, by=fleet.engineer)
    answer = signed_in(fleet.operator).post(reverse("router-publish", args=[review.pk]))
    assert answer.status_code == 409
    with pytest.raises(DatabaseError, match="only approved rules"), transaction.atomic():
        RouterRelease.objects.create(
            prompt=None, version=review.version, released_by=fleet.operator
        )


def test_a_form_overtaken_by_other_rules_keeps_what_was_typed(fleet: Fleet) -> None:
    in_force_now(fleet, ECONOMY)
    answer = signed_in(fleet.engineer).post(reverse("router-edit", args=[0]), TYPED)
    assert answer.status_code == 409
    assert b"Retail asks simple things." in answer.content
    assert b"Other rules came into force" in answer.content


def test_going_back_puts_earlier_rules_in_force_at_once(fleet: Fleet) -> None:
    first = in_force_now(fleet, ECONOMY).version
    in_force_now(fleet, started_from=1)
    url = reverse("router-roll-back", args=[first.pk])
    refused = signed_in(fleet.operator).post(url, {"why": ""})
    assert refused.status_code == 409
    signed_in(fleet.operator).post(url, {"why": "Answers got worse."})
    live = in_force(None)
    assert live is not None and live.version == first
    assert RouterRelease.objects.filter(stage="rolled_back").count() == 1


def test_rules_that_were_never_in_force_are_no_way_back(fleet: Fleet) -> None:
    review = propose(None, document(ECONOMY), why="x", started_from=0, by=fleet.engineer)
    with pytest.raises(Exception, match="never in force"):
        roll_back(review.version, by=fleet.operator, reason="x")


def test_rules_in_force_are_a_change_for_everybody_they_cover(fleet: Fleet) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    before = Change.objects.count()
    in_force_now(fleet, ECONOMY)
    told = Change.objects.order_by("-cursor")[: Change.objects.count() - before]
    assert {one.tenant_slug for one in told} == {"", "tenant-0", "tenant-1", "tenant-2"}


def test_a_bad_form_says_everything_that_is_wrong_and_loses_nothing(fleet: Fleet) -> None:
    typed = TYPED | {"rule-0-segment": "zoo, <b>", "rule-0-lane": "gold"}
    answer = signed_in(fleet.engineer).post(reverse("router-edit", args=[0]), typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "no lane" in page and "zoo, &lt;b&gt;" in page and "<b>" not in page
    assert RouterVersion.objects.count() == 0


def test_a_rule_is_added_without_a_script_too(fleet: Fleet) -> None:
    url = reverse("router-shape", args=[0])
    page = signed_in(fleet.engineer).post(url, TYPED | {"act": "add"}).content.decode()
    assert "Rule 2" in page and "Retail asks simple things." in page


def test_trying_a_request_names_the_rule_that_answers(fleet: Fleet) -> None:
    url = reverse("router-try", args=[0])
    answer = signed_in(fleet.engineer).post(url, TYPED | {"try-segment": "retail"})
    assert b"Economy" in answer.content and b"by rule 1" in answer.content
    other = signed_in(fleet.engineer).post(url, TYPED | {"try-segment": "health"})
    assert b"no rule fits" in other.content and b"Fallback" in other.content


def test_whoever_sees_only_own_customers_does_not_see_rules_that_name_others(
    fleet: Fleet,
) -> None:
    review = in_force_now(fleet, ECONOMY)
    client = signed_in(fleet.manager)
    for url in (
        reverse("router-list"), reverse("router-history", args=[0]),
        reverse("router-review", args=[review.pk]), reverse("router-edit", args=[0]),
    ):  # fmt: skip
        assert client.get(url).status_code == 403
    back = reverse("router-roll-back", args=[review.version.pk])
    assert client.post(back, {"why": "x"}).status_code == 403
