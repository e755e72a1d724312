"""Whose words win: the most specific ones. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

LAST = "en"
"""What is written where nothing closer is there."""


class Place(NamedTuple):
    """Where words are looked for: a locale or language, of one tenant or (None) of everybody."""

    locale: str
    tenant: int | None


def language(locale: str) -> str:
    """The language of a locale: `de-AT` gives `de`."""
    return locale.split("-")[0]


def places(locale: str, tenant: int | None) -> Iterator[tuple[Place, bool]]:
    """Places from the most specific to the last; True where the shipped words are asked too.

    The shipped words of a customer's own language go before anybody's English.
    """
    spoken = dict.fromkeys((locale, language(locale)))
    if tenant is not None:
        yield from ((Place(one, tenant), False) for one in spoken)
    yield from ((Place(one, None), True) for one in spoken)
    if LAST not in spoken:
        yield Place(LAST, None), True


def choose(
    locale: str, tenant: int | None, *, written: Collection[Place], shipped: Mapping[str, object]
) -> tuple[Place, bool]:
    """The place whose words are taken, and whether they are the shipped ones.

    `written`: places that have words of our own. Raises KeyError where not even English is there.
    """
    for place, also_shipped in places(locale, tenant):
        if place in written:
            return place, False
        if also_shipped and place.locale in shipped:
            return place, True
    raise KeyError(locale)
