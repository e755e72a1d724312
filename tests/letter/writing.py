"""A customer with people to write to, and what a worker does with what is owed."""

from __future__ import annotations

from django.core import mail

from fleet.campaign.actions import start_evaluation
from fleet.campaign.actions.tracks import step
from fleet.campaign.models import Campaign, Track, TrackStage
from fleet.letter.actions import send_letters
from fleet.letter.delivering import send_letter
from fleet.letter.models import Letter
from fleet.letter.outbox import LETTER_KIND
from registry.models import Contact, Tenant
from tests.builders import Fleet
from tests.campaign.going import drain, first, opened


def tenant_of(track: Track) -> Tenant:
    tenant = track.variant.tenant
    assert tenant is not None
    return tenant


def people(track: Track, *names: str) -> list[Contact]:
    """Contacts of the track's customer."""
    tenant = tenant_of(track)
    return [
        Contact.objects.create(
            tenant=tenant, name=name, email=f"{name.split()[-1].lower()}@{tenant.slug}.example"
        )
        for name in names
    ]


def queued(fleet: Fleet, *names: str) -> Track:
    """A track at its beginning whose customer has these contacts."""
    track = first(opened(fleet))
    people(track, *(names or ("Helen Marsh",)))
    return track


def waiting(fleet: Fleet, *names: str) -> Track:
    """A track that waits for its customer's answer; its run is there, what it found is not."""
    track = queued(fleet, *names)
    start_evaluation(track)
    step(Track.objects.get(pk=track.pk), TrackStage.AWAITING_SIGN_OFF, by=None, why="Go")
    return Track.objects.get(pk=track.pk)


def tracks_in(campaign: Campaign) -> list[Track]:
    return list(campaign.tracks.order_by("variant_id"))


def post() -> list[mail.EmailMessage]:
    """Let the worker send all that is owed; the mails that went out now."""
    mail.outbox.clear()
    drain(LETTER_KIND, send_letter)
    return list(mail.outbox)


def sent(track: Track, kind: str, fleet: Fleet) -> Letter:
    """The one letter that a click sends for a track."""
    outcome = send_letters([track], kind, by=fleet.manager)
    assert outcome.done, outcome.left
    return Letter.objects.get(track=track, kind=kind)
