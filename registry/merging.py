"""Which overlay texts have become the same, or nearly so. Pure; bounded for 18,000 texts.

Equal texts are grouped by hash. What is left is compared only where it can be alike at all:
two texts of similar words share one of their rarest words (prefix filtering, as set-similarity
joins do it), so only those that do are measured, a bounded number of them for each text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Generic, TypeVar

from rapidfuzz.distance import Indel

NEAR = 0.9
"""Indel similarity from which on two texts are nearly the same: one word in ten differs.

Chosen on the demo fleet's overlays, where unrelated tenants' texts stay below 0.75.
"""

WORDS_SHARED = 0.6
"""Jaccard share of words that nearly equal texts have at least; below it they are not measured."""

LOOKED_AT, MISSES = 200, 10
"""For one text: index entries looked at, and measured candidates that turn out not to be near.

Those that are near are taken out, so that a family of copies costs one measure each.
"""

RARE_SHARED = 0.25
"""Share of the rare words looked at that a candidate has too, or it is not measured."""

CELLS = 40_000_000_000
"""Characters times characters measured in all: about 4 s. Past it only equal texts are grouped."""

_WORD = re.compile(r"[^\W_\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|\w")
"""A word, or one character in scripts that put no blanks between words."""

Who = TypeVar("Who", bound=Hashable)


@dataclass(frozen=True)
class Wording(Generic[Who]):
    """One text to the character, and all who say it."""

    text: str
    who: tuple[Who, ...]


@dataclass(frozen=True)
class Group(Generic[Who]):
    """Wordings that are alike, the most said first. One wording alone: all say the same."""

    wordings: tuple[Wording[Who], ...]

    @property
    def text(self) -> str:
        """The wording most say."""
        return self.wordings[0].text

    @property
    def who(self) -> tuple[Who, ...]:
        """Everybody in the group."""
        return tuple(one for wording in self.wordings for one in wording.who)

    @property
    def is_same(self) -> bool:
        """Whether all say the same to the character."""
        return len(self.wordings) == 1


def alike(said: Iterable[tuple[Who, str]], near: float = NEAR) -> list[Group[Who]]:
    """Groups of equal or nearly equal texts, the largest first; who stands alone is left out.

    Each group has a centre, the wording most say; the others are at least `near` to it, so no
    chain of small steps joins two texts that are far apart. The same texts in any order give
    the same groups.
    """
    wordings = _wordings(said)
    groups: list[list[Wording[Who]]] = []
    find = _Neighbours([wording.text for wording in wordings], near)
    for number, wording in enumerate(wordings):
        if number not in find.taken:
            others = find.take_near(number)
            groups.append([wording, *(wordings[other] for other in sorted(others))])
    found = [Group(tuple(group)) for group in groups]
    return sorted((one for one in found if len(one.who) > 1), key=lambda one: -len(one.who))


def similarity(one: str, other: str) -> float:
    """How alike two texts are, 0 to 1, by insertions and deletions."""
    return Indel.normalized_similarity(one, other)


def as_text(values: Mapping[str, str]) -> str:
    """All of an overlay's values as one text, to compare overlays by; never shown or stored."""
    return "\n\n".join(f"{slot}\n{text}" for slot, text in sorted(values.items()) if text)


def _wordings(said: Iterable[tuple[Who, str]]) -> list[Wording[Who]]:
    """Equal texts together, the most said first, in an order that does not depend on theirs."""
    who: dict[str, list[Who]] = defaultdict(list)
    for one, text in said:
        who[text].append(one)
    found = [Wording(text, tuple(names)) for text, names in who.items() if text.strip()]
    return sorted(found, key=lambda wording: (-len(wording.who), wording.text))


class _Neighbours:
    """Finds the texts near to one, through an index of each text's rarest words."""

    def __init__(self, texts: Sequence[str], near: float) -> None:
        self.texts, self.least = texts, near
        self.taken: set[int] = set()
        self.cells = 0
        words = [frozenset(_WORD.findall(text.casefold())) for text in texts]
        rarity = Counter(word for found in words for word in found)
        self.rarest = [_prefix(found, rarity) for found in words]
        self.index: dict[str, list[int]] = defaultdict(list)
        for number, prefix in enumerate(self.rarest):
            for word in prefix:
                self.index[word].append(number)

    def take_near(self, number: int) -> list[int]:
        """Numbers of later texts near to this one that no other text has taken."""
        self.taken.add(number)
        found: list[int] = []
        misses = 0
        for other in self._candidates(number):
            if self._is_near(number, other):
                found.append(other)
            else:
                misses += 1
            if misses == MISSES:
                break
        self.taken.update(found)
        return found

    def _candidates(self, number: int) -> list[int]:
        """Later texts that share a rare word, those that share most of them first."""
        shared: Counter[int] = Counter()
        left, words = LOOKED_AT, 0
        for words, word in enumerate(self.rarest[number], 1):  # noqa: B007
            holders = self.index[word]
            start = bisect_right(holders, number)
            part = holders[start : start + left]
            shared.update(part)
            left -= len(part)
            if not left:
                break
        least = RARE_SHARED * words
        free = (other for other, n in shared.items() if n >= least and other not in self.taken)
        return sorted(free, key=lambda other: (-shared[other], other))

    def _is_near(self, number: int, other: int) -> bool:
        one, two = self.texts[number], self.texts[other]
        if 2 * min(len(one), len(two)) < self.least * (len(one) + len(two)):
            return False
        self.cells += len(one) * len(two)
        if self.cells > CELLS:
            return False
        return Indel.normalized_similarity(one, two, score_cutoff=self.least) > 0


def _prefix(words: frozenset[str], rarity: Mapping[str, int]) -> list[str]:
    """The rarest words; two texts that share WORDS_SHARED of their words share one of them."""
    ordered = sorted(words, key=lambda word: (rarity[word], word))
    return ordered[: len(ordered) - ceil(WORDS_SHARED * len(ordered)) + 1]
