"""A customer who was asked: a track that waits for its sign-off, a contact, and their link."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import reverse

from evals.suites import write_suite
from fleet.campaign.actions import accept_risk
from fleet.campaign.models import Track
from fleet.signoff.links import issue_link
from fleet.signoff.models import SignOffLink
from fleet.signoff.secrets import new_code, token_of
from fleet.signoff.visit import COOKIE, visit_of
from registry.groups import sync_groups
from registry.models import Contact, User, Variant
from tests.builders import Fleet, build_fleet, make_cases
from tests.campaign.going import first, go, opened
from tests.replay import record, replay

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
        return self.client.post(self.url(name), {"form": self.form(), **typed})  # type: ignore[return-value]

    def form(self) -> str:
        """What the forms of this browser's page carry; the page is loaded once."""
        if COOKIE not in self.client.cookies:
            self.look()
        told = HttpRequest()
        told.COOKIES[COOKIE] = self.client.cookies[COOKIE].value
        return visit_of(told, self.link).form_token

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


def asked(fleet: Fleet) -> Asked:
    """The first customer of a fleet is asked; two of the questions are their own."""
    tenant = fleet.variants[0].tenant
    assert tenant is not None
    cases = make_cases(2, prefix="own")
    write_suite(prompt=fleet.prompt, tenant=tenant, cases=cases, by=fleet.engineer)
    track = go(first(opened(fleet)))
    accept_risk(track, by=fleet.policy_owner, reason="So few cases.")
    track.refresh_from_db()
    contact = Contact.objects.create(
        tenant=tenant, name="Dr Helen Marsh", email="helen@alder.example"
    )
    link = issue_link(track, contact, fleet.manager)
    return Asked(fleet, track, contact, link, Client())


def usual_asked() -> Asked:
    """A fleet of few cases, its first customer asked, from the rows of the first one built."""
    sync_groups()
    groups = tuple(Group.objects.order_by("pk").values_list("pk", "name"))
    if groups not in _USUAL:
        _USUAL[groups] = record(lambda: asked(build_fleet(cases=3)))
    built, rows = _USUAL[groups]
    replay(rows)
    link = SignOffLink.objects.select_related(
        "contact__tenant", "run", "track__variant__tenant", "track__variant__prompt",
        "track__campaign", "track__revision__model_target", "track__run",
    ).get(pk=built.link.pk)  # fmt: skip
    users = User.objects.in_bulk([user.pk for user in built.fleet.people.values()])
    people = {role: users[user.pk] for role, user in built.fleet.people.items()}
    variants = list(
        Variant.objects.filter(tenant__isnull=False)
        .order_by("pk")
        .select_related("tenant", "prompt")
    )
    fleet = replace(built.fleet, people=people, variants=variants)
    return Asked(fleet, link.track, link.contact, link, Client())


_USUAL: dict[object, tuple[Asked, Any]] = {}
"""What the rows of `usual_asked` are, by the roles' groups they refer to."""
