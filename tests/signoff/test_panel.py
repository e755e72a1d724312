"""The track's page: who is asked, which links are out, and what our people may do about them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from fleet.authoring.timeline import timeline
from fleet.campaign.models import Track
from fleet.letter.models import LetterKind
from fleet.letter.outbox import owe
from fleet.letter.sending import plan, sendable
from fleet.review.actions import Blocked
from fleet.signoff.contacts import save_contact
from fleet.signoff.links import issue_link
from registry.models import Contact, Event, User
from tests.letter.writing import post
from tests.signoff.asking import Asked, usual_asked

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(db: None) -> Asked:
    return usual_asked()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_link_that_is_out_is_shown_and_voided_by_its_owner_with_a_word_on_the_timeline(
    sent: Asked,
) -> None:
    manager = signed_in(sent.fleet.manager)
    assert "Links that are out" in manager.get(sent.track.get_absolute_url()).content.decode()
    url = reverse("sign-off-link-void", args=[sent.link.pk])
    assert signed_in(sent.fleet.viewer).post(url).status_code == 403
    assert manager.post(url, {"why": "Sent to the wrong person."}).status_code == 302
    said = manager.get(sent.track.get_absolute_url()).content.decode()
    assert "Links that are out" not in said and "Sent to the wrong person." in said


def test_answer_by_link_is_marked_as_theirs_and_what_they_saw_runs_nothing(sent: Asked) -> None:
    sent.decide(choice="approve_note", note="Fine by us.")
    manager = signed_in(sent.fleet.manager)
    said = manager.get(sent.track.get_absolute_url()).content.decode()
    assert "by themselves, on the sign-off page" in said and "Fine by us." in said
    answer = manager.get(reverse("sign-off-seen", args=[sent.track.sign_offs.get().pk]))
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "sandbox" in policy
    assert policy.split("; frame")[0] in answer.content.decode().replace("&#x27;", "'")


def test_contacts_are_kept_by_owners_and_operators_alone(sent: Asked) -> None:
    url = reverse("track-contact-add", args=[sent.track.pk])
    typed = {"name": "Ben", "email": "ben@alder.example", "role": "CIO"}
    for role, status in (("viewer", 403), ("prompt_engineer", 403), ("operator", 302)):
        assert signed_in(sent.fleet.people[role]).post(url, typed).status_code == status, role
    answer = signed_in(sent.fleet.manager).post(url, {**typed, "email": "BEN@alder.example"})
    assert answer.status_code == 422 and "has this address" in answer.content.decode()
    assert Contact.objects.filter(name="Ben").count() == 1


def test_removed_contact_is_asked_no_more_and_stays_where_they_are_named(sent: Asked) -> None:
    manager, contact = signed_in(sent.fleet.manager), sent.contact
    edit = f"{reverse('contact-edit', args=[contact.pk])}?track={sent.track.pk}"
    said = manager.get(edit).content.decode()
    assert f"Their open link for {sent.track.variant} will open nothing any more." in said
    assert "has nobody to write to" in said and "stays, with their name" in said
    url = f"{reverse('contact-remove', args=[contact.pk])}?track={sent.track.pk}"
    assert signed_in(sent.fleet.viewer).post(url).status_code == 403
    owed = owe(sent.track, contact, LetterKind.NOTICE, key="notice:x", by=sent.fleet.manager)
    assert manager.post(url)["Location"] == sent.track.get_absolute_url()
    assert sent.look().status_code == 410
    page = manager.get(sent.track.get_absolute_url()).content.decode()
    assert "Nobody to write to yet." in page and "who is no contact any more" in page
    assert manager.get(edit).status_code == 404 and manager.post(url).status_code == 404
    with pytest.raises(Blocked, match="no contact of"):
        issue_link(sent.track, Contact.objects.get(pk=contact.pk), sent.fleet.manager)
    tracks = sendable(Track.objects.filter(pk=sent.track.pk))
    assert not plan(tracks, LetterKind.NOTICE, by=sent.fleet.manager).drafts
    post()
    owed.refresh_from_db()
    assert owed.sent_at is None and owed.problem == f"{contact.name} is no contact any more."
    assert Event.objects.get(verb="contact.removed").why == str(contact)


def test_contact_whom_nothing_names_is_gone_and_their_address_is_free_again(sent: Asked) -> None:
    manager, tenant = signed_in(sent.fleet.manager), sent.contact.tenant
    new = save_contact(Contact(tenant=tenant, name="Ben", email="ben@alder.example"),
                       by=sent.fleet.manager)  # fmt: skip
    said = manager.get(reverse("contact-edit", args=[new.pk])).content.decode()
    assert "Nothing was ever sent to them." in said and "nobody to write to" not in said
    for one in (new, sent.contact):
        assert manager.post(reverse("contact-remove", args=[one.pk])).status_code == 302
    assert list(Contact.objects.all()) == [sent.contact]
    said = manager.get(sent.track.get_absolute_url()).content.decode()
    assert (
        "wrote down a contact of the customer" in said and "Ben &lt;ben@alder.example&gt;" in said
    )
    _, told = timeline(sent.track.variant)
    deeds = [(one.sentence, one.why) for one in told]
    assert ("removed a contact of the customer.", str(new)) in deeds  # though no row is left
    other = sent.fleet.variants[1]
    assert other.tenant != tenant and not any(
        "contact" in one.sentence for one in timeline(other)[1]
    )
    typed = {"name": "Dr Helen Marsh", "email": sent.contact.email, "role": ""}
    add = reverse("track-contact-add", args=[sent.track.pk])
    assert manager.post(add, typed).status_code == 302
    assert [one.name for one in tenant.active_contacts] == ["Dr Helen Marsh"]
    assert sent.look().status_code == 410, "the old link stays ended"
