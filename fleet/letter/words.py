"""The words of a letter: a tenant's own, ours, or those that are shipped as files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fleet.letter.languages import Place, choose
from fleet.letter.models import LetterKind, LetterTemplate
from registry.models import Tenant

SHIPPED = Path(__file__).resolve().parent / "shipped"

LANGUAGE_NAMES = {
    "de": "German", "en": "English", "es": "Spanish", "fr": "French", "it": "Italian",
    "ja": "Japanese", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese",
}  # fmt: skip
"""The languages words are shipped in."""


@dataclass(frozen=True)
class Words:
    """Subject and body before they are filled. `locale`: what they were written for."""

    kind: str
    locale: str
    subject: str
    body: str
    shipped: bool
    tenant_id: int | None = None


@lru_cache(maxsize=1)
def shipped_words() -> dict[str, dict[str, Words]]:
    """Kind -> language -> the words that come with the product; read once a process."""
    found: dict[str, dict[str, Words]] = {kind: {} for kind in LetterKind.values}
    for path in sorted(SHIPPED.glob("*.toml")):
        for kind, words in tomllib.loads(path.read_text(encoding="utf-8")).items():
            found[kind][path.stem] = Words(
                kind, path.stem, words["subject"], words["body"].strip(), True
            )
    return found


@dataclass(frozen=True)
class Shelf:
    """The words written for some tenants and for everybody: one query for many letters."""

    written: dict[tuple[str, Place], Words]

    def words_for(self, kind: str, tenant: Tenant) -> Words:
        """The most specific words for a tenant, in the tenant's language."""
        return self.find(kind, tenant.locale, tenant.pk)

    def find(self, kind: str, locale: str, tenant: int | None) -> Words:
        """The most specific words for a locale, of a tenant or of everybody."""
        ours = {place for one, place in self.written if one == kind}
        shipped = shipped_words()[kind]
        place, is_shipped = choose(locale, tenant, written=ours, shipped=shipped)
        return shipped[place.locale] if is_shipped else self.written[kind, place]


def load_shelf(tenants: Iterable[int] = ()) -> Shelf:
    """Everybody's words and those of these tenants."""
    mine = LetterTemplate.objects.filter(tenant__in=set(tenants))
    everybodys = LetterTemplate.objects.filter(tenant__isnull=True)
    return Shelf({
        (one.kind, Place(one.locale, one.tenant_id)): Words(
            one.kind, one.locale, one.subject, one.body, False, one.tenant_id
        )
        for one in (mine | everybodys).order_by()
    })  # fmt: skip


def language_name(locale: str) -> str:
    """`de-AT` as “German (AT)”; a language without shipped words under its own sign."""
    language, _, place = locale.partition("-")
    name = LANGUAGE_NAMES.get(language, language)
    return f"{name} ({place})" if place else name
