"""A customer who was asked: a track that waits for its sign-off, a contact, and their link."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from evals.suites import write_suite
from fleet.campaign.models import Track
from fleet.signoff.links import issue_link
from fleet.signoff.models import SignOffLink
from fleet.signoff.secrets import new_code, token_of
from registry.models import Contact
from tests.builders import Fleet, make_cases
from tests.campaign.going import first, go, opened

CHOICE = {"choice": "approve", "note": ""}


@dataclass
class Asked:
    """A link that was sent, and a browser of the contact's that knows nothing of us."""

    fleet: Fleet
    track: Track
    contact: Contact
    link: SignOffLink
    client: Client

    def url(self, name: str = "sign-off", token: str = "") -> str:
        return reverse(name, args=[token or token_of(self.link)])

    def look(self, name: str = "sign-off") -> HttpResponse:
        return self.client.get(self.url(name))  # type: ignore[return-value]

    def send(self, name: str, **typed: str) -> HttpResponse:
        """Send a form as the page made it."""
        form = self.client.get(self.url()).context["form_token"]
        return self.client.post(self.url(name), {"form": form, **typed})  # type: ignore[return-value]

    def code(self, **typed: str) -> str:
        """Ask for a code and read the mail."""
        answer = self.send("sign-off-code", **{**CHOICE, **typed})
        assert answer.status_code == 200
        return self.digits()

    def digits(self) -> str:
        newest = self.link.codes.first()
        assert newest is not None
        return new_code(newest.pk)

    def decide(self, **typed: str) -> HttpResponse:
        """The whole way: choose, have the code mailed, confirm."""
        return self.send("sign-off-decide", **CHOICE | typed | {"code": self.code(**typed)})


def asked(fleet: Fleet, *, own: int = 2, name: str = "Dr Helen Marsh") -> Asked:
    """The first customer of a fleet is asked, with `own` questions of their own."""
    variant = fleet.variants[0]
    tenant = variant.tenant
    assert tenant is not None
    if own:
        cases = make_cases(own, prefix="own")
        write_suite(prompt=fleet.prompt, tenant=tenant, cases=cases, by=fleet.engineer)
    track = go(first(opened(fleet)))
    contact = Contact.objects.create(tenant=tenant, name=name, email="helen@alder.example")
    link = issue_link(track, contact, fleet.manager)
    return Asked(fleet, track, contact, link, Client())
