"""What the pages of the letters' words show."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from fleet.campaign.models import Track
from fleet.letter.forms import PlaceForm
from fleet.letter.languages import Place, language
from fleet.letter.models import LetterKind, LetterTemplate
from fleet.letter.placeholders import allowed, fill, fill_line, problems
from fleet.letter.scope import tenants_of, tracks_for
from fleet.letter.values import values_of
from fleet.letter.wording import may_write
from fleet.letter.words import Words, language_name, load_shelf, shipped_words
from registry.models import Contact, Tenant, User

MOST_TRACKS = 30
"""Tracks that a preview offers to be tried on."""


@dataclass(frozen=True)
class Cell:
    """The words of one kind and language in the table: ours, or as shipped, or none."""

    url: str
    state: str
    """`own`, `shipped` or empty."""


@dataclass(frozen=True)
class KindRow:
    """One kind of letter, with a cell a language."""

    label: str
    cells: list[Cell]


def words_context(user: User) -> dict[str, Any]:
    """All words: a table of everybody's, and a list of what single customers have of their own."""
    everybodys = LetterTemplate.objects.filter(tenant__isnull=True)
    own = set(everybodys.values_list("kind", "locale"))
    shipped = {one for kind in shipped_words().values() for one in kind}
    locales = sorted(shipped | {locale for _, locale in own})
    tenants = LetterTemplate.objects.filter(tenant__in=tenants_of(user)).select_related("tenant")
    return {
        "locales": [(locale, language_name(locale)) for locale in locales],
        "kinds": [_kind_row(kind, locales, own) for kind in LetterKind],
        "tenants_own": [
            {"words": one, "language": language_name(one.locale),
             "url": edit_url(one.kind, one.locale, one.tenant_id)}
            for one in tenants.order_by("tenant__name", "kind", "locale")
        ],
        "form": PlaceForm(user=user),
        "may_write": may_write(user, None) or user.has_perm("registry.record_sign_off"),
    }  # fmt: skip


def _kind_row(kind: LetterKind, locales: Iterable[str], own: set[tuple[str, str]]) -> KindRow:
    def state(locale: str) -> str:
        if (kind.value, locale) in own:
            return "own"
        return "shipped" if locale in shipped_words()[kind] else ""

    return KindRow(
        kind.label, [Cell(edit_url(kind, locale, None), state(locale)) for locale in locales]
    )


def edit_url(kind: str, locale: str, tenant: int | None) -> str:
    """The page on which these words are written."""
    whose = f"&tenant={tenant}" if tenant is not None else ""
    return f"{reverse('letter-words-edit')}?kind={kind}&locale={locale}{whose}"


def closest(kind: str, place: Place) -> Words:
    """The words that apply at a place now."""
    return load_shelf([place.tenant] if place.tenant else []).find(kind, place.locale, place.tenant)


def edit_context(user: User, form: PlaceForm) -> dict[str, Any]:
    """The words of one place: where they come from, what may stand in them, what they were."""
    kind, place, tenant = form.cleaned_data["kind"], form.place, form.whose
    words = closest(kind, place)
    stored = not words.shipped and (words.locale, words.tenant_id) == place
    tracks = preview_tracks(user, place.locale, tenant)
    return {
        "kind": kind, "kind_label": LetterKind(kind).label, "place": place, "tenant": tenant,
        "language": language_name(place.locale), "words": words, "stored": stored,
        "comes_from": "" if stored else _source(words),
        "placeholders": allowed(kind), "tracks": tracks,
        "track": tracks[0] if tracks else None,
        "history": _history(kind, place), "may_write": may_write(user, tenant),
        "address": edit_url(kind, place.locale, place.tenant),
    }  # fmt: skip


def _source(words: Words) -> str:
    """Whose words apply while there are none for the place itself."""
    name = language_name(words.locale)
    if words.shipped:
        return f"as shipped in {name}"
    return f"{'the customer’s own' if words.tenant_id else 'everybody’s'} in {name}"


def _history(kind: str, place: Place) -> list[Any]:
    """What the words of a place were, newest first."""
    rows = LetterTemplate.history.filter(kind=kind, locale=place.locale, tenant_id=place.tenant)
    return list(rows.select_related("history_user").order_by("-history_date", "-history_id")[:20])


def preview_tracks(user: User, locale: str, tenant: Tenant | None) -> list[Track]:
    """Tracks to try words on: the customer's own, else those who read the language first."""
    found = tracks_for(user).filter(variant__tenant__isnull=False).order_by("-changed_at", "pk")
    if tenant is not None:
        return list(found.filter(variant__tenant=tenant)[:MOST_TRACKS])
    spoken = list(found.filter(variant__tenant__locale__startswith=language(locale))[:MOST_TRACKS])
    return spoken or list(found[:MOST_TRACKS])


def preview(
    kind: str, subject: str, body: str, track: Track | None
) -> dict[str, Any]:  # fmt: skip
    """The words as one track's contact would read them, or what speaks against them."""
    values = _values(track)
    return {
        "problems": problems(kind, subject, body),
        "subject": fill_line(subject, values),
        "body": fill(body.replace("\r\n", "\n"), values),
        "track": track,
        "to": values["contact"],
    }


def _values(track: Track | None) -> dict[str, str]:
    """What the placeholders say for a track; without one, examples."""
    if track is None or track.variant.tenant is None:
        return EXAMPLES
    tenant = track.variant.tenant
    contacts = tenant.active_contacts
    someone = Contact(name="(nobody yet)", email="", tenant=tenant)
    soon = timezone.now() + dt.timedelta(days=settings.SIGN_OFF_DAYS)
    return values_of(track, contacts[0] if contacts else someone, tenant, expires_at=soon)


EXAMPLES = {
    "customer": "Example Ltd", "contact": "Ana Example", "prompt": "Support triage",
    "old": "model-a-2025-01-31", "new": "model-b-2026-06-30", "retires_on": "31 March 2027",
    "cutover": "1 March 2027, 09:00 (Europe/Berlin)", "owner": "Mo Ferris",
    "owner_email": "mo@company.example", "expires": "14 February 2027, 12:00 (Europe/Berlin)",
}  # fmt: skip
"""Stand in for a track until there is one."""


def track_in(user: User, pk: str) -> Track | None:
    """The track of that id, where the person may see it."""
    try:
        return tracks_for(user).filter(pk=uuid.UUID(pk)).first()
    except ValueError:
        return None
