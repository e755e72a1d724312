"""The track's page: who is asked, which links are out, and what our people may do about them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from registry.models import Contact, User
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
