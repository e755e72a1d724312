"""What the sign-off page says, in the customer's language: one file of phrases a language. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

SHIPPED: Mapping[str, Mapping[str, str]] = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in sorted(Path(__file__).parent.glob("*.toml"))
}
"""Language, or language and country where they differ, to its phrases. All have the same keys."""

LAST = "en"
"""What is spoken where a language is not there."""


@dataclass(frozen=True)
class Phrases(Mapping[str, str]):
    """The phrases of one language. `locale`: what `lang` says in HTML; `dates`: whose dates.

    A reader in Dublin and one in Denver share the words, not the way to write a day.
    """

    locale: str
    table: Mapping[str, str]
    dates: str

    def __getitem__(self, key: str) -> str:
        return self.table[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    def __len__(self) -> int:
        return len(self.table)

    def say(self, key: str, **values: object) -> str:
        """A phrase with its places filled."""
        return self.table[key].format(**values)

    def count(self, key: str, n: int, **values: object) -> str:
        """The phrase for one (`key_one`) or for another number (`key_many`) of things."""
        return self.say(f"{key}_one" if n == 1 else f"{key}_many", n=n, **values)


def phrases_for(locale: str) -> Phrases:
    """The phrases of the locale, else of its language, else English."""
    for name in (locale, locale.split("-")[0]):
        if name in SHIPPED:
            return Phrases(name, SHIPPED[name], locale)
    return Phrases(LAST, SHIPPED[LAST], LAST)


def best_of(wanted: Iterable[str]) -> Phrases:
    """The phrases of the first of the wanted locales that is there, else English."""
    for locale in wanted:
        if locale in SHIPPED or locale.split("-")[0] in SHIPPED:
            return phrases_for(locale)
    return phrases_for(LAST)
