"""Rebase: three texts a slot, conflicts, and a new review that follows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.urls import reverse

from fleet.review.actions import open_review
from fleet.review.models import Review, ReviewStage
from registry.actions import publish_base
from registry.models import User
from tests.builders import BASE, SLOTS, VARIABLES, Fleet
from tests.review.asking import page, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def review(fleet: Fleet) -> Review:
    """A review under which the base moved on, with another default for its slot."""
    review = open_review(
        fleet.variants[0], {"tone": "Be warm.", "citations": "Name sources."},
        rationale="They asked.", by=fleet.manager,
    )  # fmt: skip
    publish_base(
        prompt=fleet.prompt, text=f"{BASE} Bye.", variables=VARIABLES, by=fleet.engineer,
        slots=[replace(SLOTS[0], default="Be calm."), SLOTS[1]], note="Calmer", semver="1.1.0",
    )  # fmt: skip
    return review


def ask(user: User, review: Review) -> str:
    answer = signed_in(user).get(reverse("review-rebase", args=[review.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def send(user: User, review: Review, **data: str) -> Any:
    return signed_in(user).post(reverse("review-rebase", args=[review.pk]), data)


def test_checklist_offers_a_rebase_to_whoever_may_write(fleet: Fleet, review: Review) -> None:
    url = reverse("review-rebase", args=[review.pk])
    assert url in page(fleet.manager, review)
    assert url not in page(fleet.policy_owner, review)


def test_page_shows_three_texts_and_names_the_conflict(fleet: Fleet, review: Review) -> None:
    said = ask(fleet.manager, review)
    assert "Base text: 1.0.0 → 1.1.0" in said
    assert "Be formal, variant 0." in said and "Be warm." in said
    assert "own text for this slot changed" in said and "calm" in said
    assert 'name="slot-tone"' in said and 'name="slot-citations"' in said


def test_rebase_asks_anew_and_withdraws_the_old_one(fleet: Fleet, review: Review) -> None:
    answer = send(
        fleet.manager, review, rationale="Calmer.",
        **{"slot-tone": "Be warm and calm.", "slot-citations": "Name sources."},
    )  # fmt: skip
    fresh = Review.objects.get(follows=review)
    assert answer.status_code == 302 and answer.url == fresh.get_absolute_url()
    review.refresh_from_db()
    assert review.stage == ReviewStage.WITHDRAWN
    assert fresh.revision.base_version.semver == "1.1.0"
    assert "Be warm and calm." in fresh.revision.text and "Name sources." in fresh.revision.text


def test_refused_rebase_keeps_every_text(fleet: Fleet, review: Review) -> None:
    answer = send(fleet.manager, review, rationale=" ", **{"slot-tone": "Be <b>warm</b> and calm."})
    said = answer.content.decode()
    assert answer.status_code == 422 and "The reason is missing" in said
    assert "Be &lt;b&gt;warm&lt;/b&gt; and calm." in said
    review.refresh_from_db()
    assert review.stage == ReviewStage.OPEN


def test_guardrails_speak_on_the_page_and_stop_the_rebase(fleet: Fleet, review: Review) -> None:
    answer = send(fleet.manager, review, rationale="Longer.", **{"slot-tone": "x" * 1700})
    said = answer.content.decode()
    assert answer.status_code == 422 and "Must be changed" in said and "x" * 1700 in said


def test_rebase_of_what_is_over_is_a_conflict(fleet: Fleet, review: Review) -> None:
    send(fleet.manager, review, rationale="Calmer.", **{"slot-tone": "Be warm and calm."})
    answer = send(fleet.manager, review, rationale="Again.", **{"slot-tone": "Mine."})
    assert answer.status_code == 409 and "Mine." in answer.content.decode()


def test_rebase_is_closed_to_whoever_may_not_write(fleet: Fleet, review: Review) -> None:
    assert send(fleet.viewer, review, rationale="x").status_code == 403
    client = signed_in(fleet.viewer)
    assert client.get(reverse("review-rebase", args=[review.pk])).status_code == 403
