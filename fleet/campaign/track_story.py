"""What happened on a track: its events, what was written about it, and its customer's contacts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from fleet.authoring.sentences import FALLS_BACK
from fleet.authoring.sentences import SENTENCES as SIGNS
from fleet.campaign.models import Track
from fleet.letter.models import Letter
from fleet.signoff.trail import of_contacts
from registry.models import Event

SENTENCES = {
    "track.opened": "put this variant on the board",
    "track.queued": "took it in again",
    "track.evaluating": "sent it to be evaluated",
    "track.needs_work": "found that it needs work",
    "track.overlay_breaks": "found that its overlay breaks",
    "track.risk_accepted": "accepted that it is too small to certify",
    "track.awaiting_sign_off": "asked for the customer's sign-off",
    "track.signed_off": "noted that it is signed off",
    "track.scheduled": "gave it its time",
    "track.rescheduled": "gave it another time",
    "track.canary": "began its canary",
    "track.held": "held its canary",
    "track.link_voided": "voided a sign-off link",
    "track.cut_over": "cut it over",
    "track.cut_over_refused": "asked for the cutover, which was refused",
    "track.watched": "began to watch it",
    "track.watch_broken": "found something against it while it was watched",
    "track.done": "was through with it",
    "track.rolled_back": "rolled it back",
    "track.paused": "paused it",
    "track.resumed": "let it go on",
    "track.deferred": "deferred it",
    "track.exempt": "left it out",
    "track.cancelled": "cancelled it",
    "track.tried_again": "had what was given up tried again",
    "track.left_out": "left it out of the plan",
    "track.owner_set": "said who brings it home",
    "track.sign_off_waived": "said that the customer need not sign",
    "track.sign_off_wanted": "said that the customer has to sign",
    "track.wave_assigned": "put it into another wave",
    "contact.added": "wrote down a contact of the customer",
    "contact.changed": "changed a contact of the customer",
    "contact.removed": "removed a contact of the customer",
}
"""Event verb -> the deed, after the name of who did it."""


def events_of(track: Track) -> list[Event]:
    """Its events, the newest first, with those of the customer's contacts while it was open."""
    mine = Event.objects.filter(subject_type="track", subject_id=str(track.pk))
    until = track.closed_at or timezone.now()
    about = of_contacts(track.variant.tenant)
    people = Event.objects.filter(about, at__range=(track.campaign.opened_at, until))
    found = mine.exclude(**FALLS_BACK) | people
    return list(found.select_related("actor").order_by("-id"))


def timeline(track: Track, events: Iterable[Event]) -> list[dict[str, Any]]:
    """What happened and what was written to the customer, newest first."""
    written = track.letters.select_related("by").order_by("-at")
    told = [*map(_entry, events), *map(_written, written)]
    return sorted(told, key=lambda one: one["when"], reverse=True)


def _written(letter: Letter) -> dict[str, Any]:
    """A letter as the timeline shows it."""
    return {
        "when": letter.at,
        "who": letter.by.display_name if letter.by else "",
        "sentence": f"wrote to {letter.to_name}: {letter.get_kind_display()}",
        "why": letter.problem,
        "state": "rejected" if letter.problem else "sent",
    }


def _entry(event: Event) -> dict[str, Any]:
    """An event as the timeline shows it."""
    return {
        "when": event.at,
        "who": event.actor.display_name if event.actor else "",
        "sentence": SENTENCES.get(event.verb, event.verb.replace("_", " ")),
        "why": event.why,
        "state": SIGNS.get(event.verb, ("", ""))[0],
    }
