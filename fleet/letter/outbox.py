"""A letter owed to one person: the row and what makes a worker send it, in one transaction."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from fleet.campaign.models import Track
from fleet.letter.models import Letter, LetterKind
from fleet.letter.placeholders import fill, fill_line
from fleet.letter.values import values_of
from fleet.letter.words import Shelf, load_shelf
from fleet.signoff.models import DecisionCode, SignOffLink
from registry import events, work
from registry.models import Contact, User

LETTER_KIND = "letter"


@transaction.atomic
def owe(
    track: Track,
    contact: Contact,
    kind: str,
    *,
    about: str = "",
    key: str,
    by: User | None = None,
    shelf: Shelf | None = None,
) -> Letter:
    """Write a letter to a contact and owe its sending, once by `key`; the one there is stands.

    `about`: id of the sign-off link or code whose secret is filled in at sending time.
    `shelf`: the words there are, where the caller writes many letters.
    """
    found = Letter.objects.filter(key=key).first()
    if found is not None:
        return found
    tenant = contact.tenant
    words = (shelf or load_shelf([tenant.pk])).words_for(kind, tenant)
    values = values_of(track, contact, tenant, expires_at=ends_at(kind, about))
    letter, made = Letter.objects.get_or_create(
        key=key,
        defaults={
            "track": track, "contact": contact, "kind": LetterKind(kind), "locale": words.locale,
            "to_name": contact.name, "to_email": contact.email, "about": about, "by": by,
            "subject": fill_line(words.subject, values)[:300], "body": fill(words.body, values),
        },
    )  # fmt: skip
    if made:
        record("letter.owed", letter, by)
        work.enqueue(LETTER_KIND, f"letter:{letter.pk}", {"letter": str(letter.pk)})
    return letter


def record(verb: str, letter: Letter, by: User | None, why: str = "") -> None:
    """Put on the variant's timeline what became of a letter."""
    events.record(
        verb, letter, by, why, variant=letter.track.variant, kind=letter.kind,
        what=str(letter.get_kind_display()), to=letter.to_name,
    )  # fmt: skip


def ends_at(kind: str, about: str) -> dt.datetime | None:
    """Until when the link or code that a letter is about works; None where it is about none."""
    if not about:
        return None
    rows = DecisionCode.objects if kind == LetterKind.CODE else SignOffLink.objects
    return rows.filter(pk=about).values_list("expires_at", flat=True).first()
