"""Letters that are owed by themselves, in the transaction of what they tell of."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fleet.campaign.models import Track
from fleet.campaign.telling import people_of
from fleet.letter.models import Letter, LetterKind
from fleet.letter.outbox import owe
from fleet.letter.words import load_shelf
from fleet.notify.actions import tell
from registry.events import Told
from registry.models import Contact, Event, Tenant


def hear(heard: Told) -> None:
    """An observer of `registry.events`: owes what follows from a track's change of stage."""
    for event, subject in heard:
        act = _AFTER.get(event.verb)
        if act is not None and isinstance(subject, Track):
            act(event, subject)


def _confirm(event: Event, track: Track) -> None:
    """Tell the customer that it happened: who was told or signed; where nobody was, everybody."""
    tenant = track.variant.tenant
    if tenant is not None:
        everybody = tenant.active_contacts
        known = told(track) | _signed(track)
        chosen = [one for one in everybody if one.pk in known] or everybody
        _owe_all(event, track, tenant, chosen, LetterKind.CONFIRMATION)


def _take_back(event: Event, track: Track) -> None:
    """Tell those who had been told of the change that it was taken back."""
    tenant = track.variant.tenant
    if tenant is not None:
        known = told(track)
        chosen = [one for one in tenant.active_contacts if one.pk in known]
        _owe_all(event, track, tenant, chosen, LetterKind.ROLLED_BACK)


def _call_to_work(event: Event, track: Track) -> None:
    """Tell our own people that a track needs work; after a rollback they know already."""
    if event.data.get("origin") != "rolled_back":
        people = [one for one in people_of(track) if one.pk != event.actor_id]
        tell(
            f"needs-work:{event.pk}", "track.needs_work", people,
            subject=f"Needs work: {track.variant}", body=event.why,
            path=track.get_absolute_url(), variant=track.variant,
        )  # fmt: skip


_AFTER: dict[str, Callable[[Event, Track], None]] = {
    "track.cut_over": _confirm,
    "track.rolled_back": _take_back,
    "track.needs_work": _call_to_work,
}


def told(track: Track) -> set[int]:
    """Ids of the contacts that were written to about a track; a code is no news."""
    letters = Letter.objects.filter(track=track, contact__isnull=False)
    found = letters.exclude(kind=LetterKind.CODE).values_list("contact", flat=True)
    return {pk for pk in found if pk is not None}


def _signed(track: Track) -> set[int]:
    """Ids of the contacts that answered, by link or as recorded by us."""
    answers = list(track.sign_offs.values_list("contact", "contact_name"))
    names = {name for _, name in answers}
    tenant = track.variant.tenant
    by_name = tenant.contacts.filter(name__in=names) if tenant else Contact.objects.none()
    return {pk for pk, _ in answers if pk is not None} | {one.pk for one in by_name}


def _owe_all(
    event: Event, track: Track, tenant: Tenant, contacts: Iterable[Contact], kind: LetterKind
) -> None:
    """One letter each, once for the event that they tell of."""
    chosen = list(contacts)
    shelf = load_shelf([tenant.pk]) if chosen else None
    for contact in chosen:
        owe(track, contact, kind, key=f"{kind}:{event.pk}:{contact.pk}", shelf=shelf)
