"""The customer decides by the link: what each answer does, and that it is kept as seen."""

from __future__ import annotations

import hashlib

import pytest

from fleet.campaign.models import SignOff, SignOffChannel, SignOffDecision, TrackStage
from fleet.letter.models import Letter
from fleet.signoff.links import issue_link
from tests.signoff.asking import Asked, usual_asked

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(db: None) -> Asked:
    return usual_asked()


def test_a_yes_signs_off_exactly_what_was_seen(sent: Asked) -> None:
    answer = sent.decide()
    assert answer.status_code == 302 and answer["Location"] == sent.url()
    sent.track.refresh_from_db()
    assert sent.track.stage == TrackStage.SIGNED_OFF
    stored = SignOff.objects.get()
    assert stored.channel == SignOffChannel.LINK and stored.contact == sent.contact
    assert (stored.sha256, stored.run_id) == (sent.track.revision.sha256, sent.track.run_id)
    assert stored.seen is not None and "Question 0?" in stored.seen.html
    assert stored.seen.sha256 == hashlib.sha256(stored.seen.html.encode()).hexdigest()


def test_whoever_decided_is_thanked_and_may_keep_what_they_saw(sent: Asked) -> None:
    sent.decide()
    assert "Your decision is recorded" in sent.look().content.decode()
    stored = SignOff.objects.get().seen
    assert stored is not None
    assert sent.look("sign-off-document").content.decode() == stored.html


@pytest.mark.parametrize(
    ("choice", "decision", "stage"),
    [
        ("approve_note", SignOffDecision.APPROVED, TrackStage.SIGNED_OFF),
        ("ask", SignOffDecision.CHANGE_REQUESTED, TrackStage.NEEDS_WORK),
        ("decline", SignOffDecision.DECLINED, TrackStage.NEEDS_WORK),
    ],
)
def test_each_answer_with_a_note_goes_where_it_should(
    sent: Asked, choice: str, decision: str, stage: str
) -> None:
    assert sent.decide(choice=choice, note="Mind the greeting.").status_code == 302
    sent.track.refresh_from_db()
    assert sent.track.stage == stage
    assert (SignOff.objects.get().decision, SignOff.objects.get().note) == (
        decision, "Mind the greeting.",
    )  # fmt: skip


def test_asking_for_a_change_without_a_word_is_asked_back_and_mails_nothing(sent: Asked) -> None:
    answer = sent.send("sign-off-code", choice="ask", note=" ")
    assert answer.status_code == 422
    assert "what should be different" in answer.content.decode()
    assert not Letter.objects.exists()


def test_code_is_mailed_and_stands_in_no_row(sent: Asked) -> None:
    code = sent.code()
    letter, row = Letter.objects.get(), sent.link.codes.get()
    assert letter.to_email == "helen@alder.example" and "{{code}}" in letter.body
    assert code not in letter.body + letter.subject
    assert code not in f"{row.code_hash}{row.pk}"


def test_link_is_the_same_while_nothing_changed(sent: Asked) -> None:
    assert issue_link(sent.track, sent.contact, sent.fleet.manager) == sent.link
