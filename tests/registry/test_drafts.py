"""Invariant 6: nobody's words are overwritten in silence, nor by a form that was left open."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from fleet.authoring.actions import submit_overlay
from fleet.review.actions import AlreadyDecided
from registry.actions import DraftConflict, discard_draft, save_draft
from registry.models import OverlayDraft
from tests.builders import Fleet

pytestmark = pytest.mark.django_db


def test_text_submitted_while_a_form_was_open_is_not_replaced_in_silence(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    submit_overlay(variant, {"tone": "Theirs."}, "They asked.", fleet.manager, edition=0)
    with pytest.raises(DraftConflict) as conflict:
        save_draft(variant, {"tone": "Mine."}, edition=0, by=fleet.engineer)
    assert conflict.value.theirs.values == {"tone": "Theirs."}
    assert conflict.value.theirs.saved_by == fleet.manager
    with pytest.raises(DraftConflict):
        submit_overlay(variant, {"tone": "Mine."}, "Me too.", fleet.engineer, edition=0)
    mine = save_draft(
        variant, {"tone": "Mine."}, edition=conflict.value.theirs.edition, by=fleet.engineer
    )
    assert mine.values == {"tone": "Mine."}


def test_form_left_open_shows_both_texts_and_a_fresh_one_saves(fleet: Fleet) -> None:
    variant, client = fleet.variants[0], Client()
    client.force_login(fleet.engineer)
    submit_overlay(variant, {"tone": "Theirs."}, "They asked.", fleet.manager, edition=0)
    url = reverse("overlay-edit", args=[variant.pk])
    answer = client.post(url, {"slot-tone": "Mine.", "edition": "0"})
    assert answer.status_code == 409
    assert "Theirs." in answer.content.decode() and "Mine." in answer.content.decode()
    opened = client.get(url).context["page"]
    answer = client.post(url, {"slot-tone": "Mine.", "edition": str(opened.edition)})
    assert answer.status_code == 302


def test_a_draft_that_was_thrown_away_is_no_conflict(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    save_draft(variant, {"tone": "Theirs."}, edition=0, by=fleet.manager)
    discard_draft(variant, by=fleet.manager)
    assert save_draft(variant, {"tone": "Mine."}, edition=0, by=fleet.engineer).edition == 2


def test_submitting_twice_says_that_it_is_there_already(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    submit_overlay(variant, {"tone": "Theirs."}, "They asked.", fleet.manager, edition=0)
    with pytest.raises(AlreadyDecided):
        submit_overlay(variant, {"tone": "Theirs."}, "They asked.", fleet.manager, edition=0)
    assert not OverlayDraft.objects.exists()
