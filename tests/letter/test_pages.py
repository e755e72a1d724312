"""Pages of letters: what is shown, what is refused, and that no input brings them down."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fleet.campaign.batch_forms import LetterForm
from fleet.campaign.models import Track
from fleet.letter.languages import Place
from fleet.letter.models import Letter, LetterTemplate
from fleet.letter.outbox import owe
from fleet.letter.panel import send_url, track_panel
from fleet.letter.wording import UnusableWords, reset_words, save_words
from fleet.letter.words import load_shelf
from fleet.signoff.models import SignOffLink
from registry.models import Contact, Event, Tenant, User
from registry.roles import NotAllowed
from tests.builders import Fleet
from tests.campaign.going import opened
from tests.letter.writing import people, post, queued, sent, tenant_of, tracks_in, waiting

pytestmark = pytest.mark.django_db

EDIT = "letter-words-edit"
NOTICE_DE = {"kind": "notice", "locale": "de"}


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def edit(query: dict[str, Any]) -> str:
    return reverse(EDIT, query=query)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_words_that_are_saved_are_in_the_next_letter_and_go_when_reset(fleet: Fleet) -> None:
    track = queued(fleet)
    client, place = signed_in(fleet.engineer), Place("en", None)
    typed = {"subject": "News for {{customer}}", "body": "Hello {{contact}}.\r\n\r\nBye."}
    answer = client.post(edit({"kind": "notice", "locale": "en"}), typed)
    assert answer.status_code == 302
    letter = sent(track, "notice", fleet)
    assert (letter.subject, letter.body) == ("News for Tenant 0", "Hello Helen Marsh.\n\nBye.")
    client.post(reverse("letter-words-reset"), {"kind": "notice", "locale": "en"})
    assert load_shelf().find("notice", "en", None).shipped
    page = text_of(client.get(edit({"kind": "notice", "locale": "en"})))
    assert "What it was" in page and "News for {{customer}}" in page and ", reset" in page
    assert [e.actor for e in Event.objects.filter(verb__startswith="lettertemplate")] == [
        fleet.engineer, fleet.engineer,
    ]  # fmt: skip
    assert not reset_words("notice", place, None, by=fleet.engineer)


def test_a_customers_own_words_win_over_everybodys(fleet: Fleet) -> None:
    track = queued(fleet)
    tenant = tenant_of(track)
    for whose, subject in ((None, "For all"), (tenant, "For you alone")):
        place = Place("en", whose.pk if whose else None)
        save_words("notice", place, whose, subject=subject, body="Hi.", by=fleet.engineer)
    assert sent(track, "notice", fleet).subject == "For you alone"


UNUSABLE = (
    ({"subject": "Hi", "body": "{{foo}}"}, "There is no placeholder {{foo}}"),
    ({"subject": "Hi {{link}}", "body": "x"}, "cannot stand here"),
    ({"subject": "", "body": ""}, "This field is required"),
    ({"subject": "x" * 300, "body": "x"}, "At most 200 characters"),
    ({"subject": "x", "body": "x" * 20_000}, "At most 10,000 characters"),
)


def test_unusable_words_are_refused_with_what_was_typed_kept(fleet: Fleet) -> None:
    client = signed_in(fleet.engineer)
    for typed, said in UNUSABLE:
        answer = client.post(edit(NOTICE_DE), typed)
        assert answer.status_code == 422
        assert said in text_of(answer) and typed["body"][:50] in text_of(answer)
    assert not LetterTemplate.objects.exists()


def test_words_are_written_by_who_may(fleet: Fleet) -> None:
    mine, foreign = fleet.variants[0].tenant, fleet.variants[-1].tenant
    assert mine is not None and foreign is not None
    typed = {"subject": "Hi", "body": "Hello."}
    manager = signed_in(fleet.manager)
    own = edit(NOTICE_DE | {"tenant": mine.pk})
    assert manager.post(own, typed).status_code == 302
    assert manager.post(edit(NOTICE_DE), typed).status_code == 403
    assert manager.post(edit(NOTICE_DE | {"tenant": foreign.pk}), typed).status_code == 404
    assert signed_in(fleet.viewer).post(own, typed).status_code == 403
    with pytest.raises(NotAllowed):
        reset_words("notice", Place("de", mine.pk), mine, by=fleet.viewer)
    with pytest.raises(UnusableWords):
        save_words("nope", Place("de", None), None, **typed, by=fleet.engineer)
    Tenant.objects.filter(pk=foreign.pk).update(name="Zyx Secret")
    assert "Zyx Secret" not in text_of(manager.get(reverse("letter-words")))


def test_preview_reads_as_for_a_real_track_and_keeps_nothing(fleet: Fleet) -> None:
    track = queued(fleet, "Ana <b>Ruiz")
    foreign = tracks_in(track.campaign)[-1]
    people(foreign, "Zoe Secret")
    typed = {"subject": "{{customer}}", "body": "Dear {{contact}} {{nope}}", "kind": "notice"}
    url, client = reverse("letter-words-preview"), signed_in(fleet.manager)
    shown = text_of(client.post(url, typed | {"locale": "en", "track": str(track.pk)}))
    assert "Tenant 0" in shown and "Dear Ana &lt;b&gt;Ruiz" in shown
    assert "There is no placeholder {{nope}}" in shown
    shown = text_of(client.post(url, typed | {"locale": "en", "track": str(foreign.pk)}))
    assert "Secret" not in shown and "Example Ltd" in shown
    assert not LetterTemplate.objects.exists()


def test_what_would_go_out_is_read_before_it_is_sent(fleet: Fleet) -> None:
    campaign = opened(fleet)
    mine, bare, foreign = tracks_in(campaign)
    people(mine, "Ana Ruiz", "Ben Ott")
    people(foreign, "Zoe Secret")
    client, url = signed_in(fleet.manager), reverse("letter-send")
    asked = {"kind": "notice", "tracks": f"{mine.pk},{bare.pk} {foreign.pk}"}
    page = text_of(client.get(url, asked))
    assert "2 letters to 2 people in 1 language: English." in page
    assert "No contact: add a person" in page
    assert "Dear Ben Ott," in page and "Secret" not in page
    assert "2 letters to 2 people" in text_of(
        client.get(url, {"kind": "notice", "campaign": str(campaign.pk)})
    )
    assert not Letter.objects.exists()
    back = mine.get_absolute_url()
    answer = client.post(url, asked | {"act": "send", "back": back})
    assert answer["Location"] == back
    assert sorted(Letter.objects.values_list("to_name", flat=True)) == ["Ana Ruiz", "Ben Ott"]
    page = text_of(client.get(url, asked))
    assert "Nothing to send" in page and "Sent already" in page
    assert signed_in(fleet.viewer).post(url, asked | {"act": "send"}).status_code == 403
    answer = client.post(url, asked | {"act": "send", "back": "//evil.example/"})
    assert answer["Location"] == reverse("letter-list")


def test_track_lists_its_letters_and_what_may_be_sent_at_its_stage(fleet: Fleet) -> None:
    track = waiting(fleet)
    kinds = [act["kind"] for act in track_panel(track, fleet.manager)["acts"]]
    assert kinds == ["notice", "evidence"]
    letter = sent(track, "evidence", fleet)
    panel = track_panel(track, fleet.manager)
    assert [act["kind"] for act in panel["acts"]][-1] == "reminder"
    assert panel["moving"] and panel["rows"][0].label == "On its way"
    form = LetterForm(track.campaign)
    assert "reminder" in dict(form.fields["kind"].choices)  # type: ignore[attr-defined]
    SignOffLink.objects.update(voided_at=timezone.now())
    labels = [act["label"] for act in track_panel(track, fleet.manager)["acts"]]
    assert labels == ["Send notice", "Send evidence"]  # there is nothing to remind of
    post()
    Letter.objects.filter(pk=letter.pk).update(sent_at=None, problem="The server said no.")
    assert track_panel(track, fleet.viewer)["acts"] == []
    page = text_of(signed_in(fleet.manager).get(track.get_absolute_url()))
    assert "The server said no." in page and reverse("letter-detail", args=[letter.pk]) in page
    Track.objects.filter(pk=track.pk).update(sign_off_exempt_why="Contract")
    track.refresh_from_db()
    assert [act["kind"] for act in track_panel(track, fleet.manager)["acts"]] == ["notice"]


def test_letters_are_found_by_kind_state_and_words(
    fleet: Fleet, django_assert_max_num_queries: Any
) -> None:
    track = waiting(fleet, "Ana Ruiz")
    sent(track, "notice", fleet)
    post()
    sent(track, "evidence", fleet)
    client, url = signed_in(fleet.manager), reverse("letter-list")
    for query, count in (
        ({}, 2), ({"kind": "notice"}, 1), ({"state": "waiting"}, 1), ({"state": "problem"}, 0),
        ({"q": "ana ruiz"}, 2), ({"q": "please look"}, 1), ({"kind": "x", "state": "y"}, 2),
    ):  # fmt: skip
        assert len(client.get(url, query).context["rows"]) == count, query
    for n in range(8):
        owe(track, Contact.objects.get(), "notice", key=f"more:{n}")
    with django_assert_max_num_queries(12):
        assert len(client.get(url).context["rows"]) == 10
    letter = Letter.objects.get(kind="evidence")
    page = text_of(client.get(reverse("letter-detail", args=[letter.pk])))
    assert "Dear Ana Ruiz," in page and "{{link}}" in page


def test_no_input_brings_the_words_or_a_sending_down(fleet: Fleet) -> None:
    """The sweep over all addresses tries each alone; here what stands beside it is sound."""
    queued(fleet)
    client = signed_in(fleet.engineer)
    for name in ("letter-send", EDIT, "letter-words-preview", "letter-words-reset"):
        for value in ("9" * 30, "{{'; DROP", str(uuid.UUID(int=0))):
            typed = dict.fromkeys(FIELDS, value) | NOTICE_DE
            answer = client.post(reverse(name, query=typed), typed)
            assert answer.status_code < 500, (name, value, answer.exc_info)
    assert not LetterTemplate.objects.exists() and not Letter.objects.exists()


FIELDS = ("tenant", "tracks", "campaign", "track", "subject", "body", "back", "act")


def test_letter_that_everybody_has_is_offered_again_with_when_and_to_whom(
    fleet: Fleet,
) -> None:
    track = queued(fleet)
    client = signed_in(fleet.manager)
    assert "Send notice</a>" in text_of(client.get(track.get_absolute_url()))
    first = sent(track, "notice", fleet)
    post()
    again = track_panel(track, fleet.manager)["acts"][0]
    assert again["label"] == "Send notice again"
    assert "Send it again" in text_of(client.get(send_url(track, "notice")))
    said = text_of(client.get(again["url"]))
    first.refresh_from_db()
    assert first.sent_at is not None
    assert "Sent already" in said and f"{first.sent_at:%H:%M}" in said and first.to_email in said
    mark = re.search(r'name="again" value="([0-9a-f]{12})"', said)
    assert mark is not None
    typed = {"kind": "notice", "tracks": str(track.pk), "act": "send", "again": mark[1]}
    for _ in range(2):  # pressed twice
        client.post(reverse("letter-send"), typed)
    assert len(post()) == 1 and track.letters.count() == 2
