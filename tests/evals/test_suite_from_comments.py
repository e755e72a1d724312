"""A review comment becomes a case of the customer's slice."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from evals.drafts import open_draft
from evals.models import Suite, SuiteDraft
from fleet.authoring.actions import submit_overlay
from fleet.review.actions.commenting import comment
from fleet.review.models import Comment
from registry.models import User
from tests.builders import Fleet

pytestmark = pytest.mark.django_db

BODY = "What if they ask for money back?\nAfter 31 days."


@pytest.fixture
def said(fleet: Fleet) -> Comment:
    review = submit_overlay(fleet.variants[0], {"tone": "Be brief."}, "They asked.", fleet.manager)
    return comment(review, by=fleet.engineer, body=BODY)


def click(user: User, said: Comment) -> Client:
    client = Client()
    client.force_login(user)
    client.post(reverse("comment-case", args=[said.pk]))
    return client


def test_a_comment_becomes_a_case_once_and_is_opened_to_be_finished(
    fleet: Fleet, said: Comment
) -> None:
    client = Client()
    client.force_login(fleet.manager)
    page = client.get(said.review.get_absolute_url()).content.decode()
    assert reverse("comment-case", args=[said.pk]) in page
    first = client.post(reverse("comment-case", args=[said.pk]), follow=True)
    again = client.post(reverse("comment-case", args=[said.pk]), follow=True)
    assert first.redirect_chain == again.redirect_chain
    suite = Suite.objects.get(tenant=fleet.variants[0].tenant)
    (row,) = open_draft(suite).rows
    assert row["messages"] == [{"role": "user", "content": BODY}]
    assert row["variables"] == {"user_name": "Ana"}
    assert row["source"]["path"] == f"/reviews/{said.review_id}/#comment-{said.pk}"
    editor = first.content.decode()
    assert "After 31 days." in editor
    assert f'href="/reviews/{said.review_id}/#comment-{said.pk}"' in editor
    assert not suite.versions.exists()


def test_a_comment_of_a_foreign_customer_is_not_there_and_viewers_make_no_cases(
    fleet: Fleet, said: Comment
) -> None:
    foreign = submit_overlay(fleet.variants[-1], {"tone": "Be brief."}, "x", fleet.engineer)
    hidden = comment(foreign, by=fleet.engineer, body="Secret")
    for user, about in ((fleet.manager, hidden), (fleet.viewer, said)):
        click(user, about)
    assert not SuiteDraft.objects.exists()
    assert Suite.objects.count() == 1
