"""The customer decides by the link: what each answer does, and that it is kept as seen."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from fleet.campaign.models import SignOff, SignOffChannel, SignOffDecision, TrackStage
from fleet.letter.actions import send_letters
from fleet.letter.delivering import with_secrets
from fleet.letter.models import Letter, LetterKind
from fleet.signoff.links import issue_link, void_link
from fleet.signoff.secrets import SecretGone, token_of
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


def test_letters_bring_the_link_and_the_code_that_open_and_decide(sent: Asked) -> None:
    done = send_letters([sent.track], LetterKind.EVIDENCE, by=sent.fleet.manager).done
    assert done == [sent.track]
    evidence = Letter.objects.get(kind=LetterKind.EVIDENCE)
    assert f"http://localhost:8000{sent.url()}" in with_secrets(evidence)
    code, letter = sent.code(), Letter.objects.get(kind=LetterKind.CODE)
    assert code in with_secrets(letter)
    void_link(sent.link, by=sent.fleet.manager)
    with pytest.raises(SecretGone, match="over"):
        with_secrets(evidence)


def test_key_of_the_product_is_changed_links_work_and_letters_say_why_not(sent: Asked) -> None:
    url = sent.url()
    with override_settings(SECRET_KEY="another"):
        assert sent.client.get(url).status_code == 200
        with pytest.raises(SecretGone, match="SECRET_KEY"):
            token_of(sent.link)
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert token_of(sent.link) in url


def test_blind_choices_are_kept_with_what_was_seen(sent: Asked) -> None:
    shown = sent.look("sign-off-blind").context
    pair = shown["pair"]
    sent.send("sign-off-blind", case=str(pair.shown.case_id), side="left")
    assert sent.look("sign-off-blind").context["at"] == 1
    chosen = "New answer: 1" if pair.new_left else "Old answer: 1"
    assert chosen in sent.look().content.decode()
    sent.decide()
    stored = SignOff.objects.get().seen
    assert stored is not None and chosen in stored.html


def test_page_asks_the_database_as_often_for_many_questions_as_for_few(
    sent: Asked, django_assert_max_num_queries: Any
) -> None:
    sent.look()
    with django_assert_max_num_queries(14):
        sent.look()


def test_link_is_the_same_while_nothing_changed(sent: Asked) -> None:
    assert issue_link(sent.track, sent.contact, sent.fleet.manager) == sent.link
