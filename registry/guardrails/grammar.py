"""Patterns over concepts: what combination of meanings in one sentence breaks a rule.

One pattern a line, in `data/topics.txt`:

    block 8: +IGNORE LAYER PRIOR~4 -BENIGN

`block` or `review` is the evidence, 8 the words from the first concept to the last.
`+X` asks that X is not negated, `!X` that it is, `X` takes both; `A|B` either;
`X~4` within four words of the first concept, `X>4` the same and after it;
`-X` clears the sentence where X occurs at all, `-!X` where it occurs negated, `-X~3`
only where it stands within three words of what was found (the first concept aside)
with no comma, "and" or "but" between: "ignore the rules on tone", not "ignore the
rules and keep our tone".
`nodefence` before the colon: a customer's question with a refusal ("if they ask,
decline") does not clear this one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from operator import itemgetter
from typing import cast

from registry.guardrails.derived import Derived, parse_derived
from registry.guardrails.findings import Severity
from registry.guardrails.hits import Hit, distance


@cache
def bit(concept: str) -> int:
    """A bit of its own for each concept, so that a sentence's concepts fit one number."""
    return 1 << next(_BITS)


def mask_of(concepts: Iterable[str]) -> int:
    """All of the concepts' bits."""
    mask = 0
    for concept in concepts:
        mask |= bit(concept)
    return mask


_BITS = count()


@dataclass(frozen=True, slots=True)
class Atom:
    """One concept asked for: polarity '+', '!' or '', and where relative to the first."""

    concepts: frozenset[str]
    polarity: str = ""
    within: int | None = None
    after: bool = False


class Hits:
    """The hits of one sentence in reading order, found again by what a pattern asks for."""

    __slots__ = ("_accepted", "_body", "_by_concept", "all", "mask")

    def __init__(self, hits: Sequence[Hit], body: str) -> None:
        self.all = hits
        self._body = body
        self._by_concept: dict[str, list[tuple[int, Hit]]] = {}
        for place, hit in enumerate(hits):
            self._by_concept.setdefault(hit.concept, []).append((place, hit))
        self.mask = mask_of(self._by_concept)
        self._accepted: dict[tuple[frozenset[str], str], list[Hit]] = {}

    def has(self, *concepts: str) -> bool:
        """Whether any of these concepts was met."""
        return any(concept in self._by_concept for concept in concepts)

    def accepted(self, atom: Atom) -> list[Hit]:
        """The hits that are one of the atom's concepts in its polarity."""
        key = (atom.concepts, atom.polarity)
        found = self._accepted.get(key)
        if found is None:
            placed = [
                pair for concept in atom.concepts for pair in self._by_concept.get(concept, ())
            ]
            if len(atom.concepts) > 1:
                placed.sort(key=_PLACE)
            asked = atom.polarity
            found = [hit for _, hit in placed if not asked or hit.negated == (asked == "!")]
            self._accepted[key] = found
        return found

    def joined(self, one: Hit, other: Hit, within: int) -> bool:
        """Whether two hits stand that close and in one clause."""
        if distance(one, other) > within:
            return False
        start, end = min(one.end, other.end), max(one.start, other.start)
        if _CLAUSE_END.search(self._body, start, end):
            return False
        return not any(start <= hit.start < end for hit in self.accepted(_CLAUSE_WORD))


_CLAUSE_END = re.compile("[,;，、；؛،。:：—]")
_CLAUSE_WORD = Atom(frozenset({"AND", "BUT"}))
_PLACE = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Pattern:
    """All atoms within `window` words in one sentence, and none of `without`."""

    topic: str
    severity: Severity
    window: int
    atoms: tuple[Atom, ...]
    without: int
    needed: int
    either: tuple[int, ...]
    unless: tuple[Atom, ...] = ()
    unless_near: tuple[Atom, ...] = ()
    defensible: bool = True

    def possible(self, present: int) -> bool:
        """Whether the sentence has every concept asked for; cheap, and mostly no."""
        if present & self.needed != self.needed or present & self.without:
            return False
        return all(present & mask for mask in self.either)

    def matches(self, hits: Hits) -> Iterator[tuple[Hit, ...]]:
        """The hits that make the pattern, the first atom's first; for each place it is at."""
        if not self.possible(hits.mask) or any(map(hits.accepted, self.unless)):
            return
        if not all(map(hits.accepted, self.atoms)):
            return
        for anchor in hits.accepted(self.atoms[0]):
            if not anchor.quoted:
                found = self._around(anchor, hits)
                if found and not self._excused(found, hits):
                    yield found

    def _excused(self, found: Sequence[Hit], hits: Hits) -> bool:
        about = found[1:] or found
        return any(
            hits.joined(hit, other, atom.within or 0)
            for atom in self.unless_near
            for other in hits.accepted(atom)
            for hit in about
        )

    def _around(self, anchor: Hit, hits: Hits) -> tuple[Hit, ...] | None:
        found = [anchor]
        for atom in self.atoms[1:]:
            reach: float = self.window if atom.within is None else atom.within
            best: Hit | None = None
            for hit in hits.accepted(atom):
                gap = distance(anchor, hit)
                if gap > reach or (atom.after and hit.first <= anchor.last):
                    continue
                if hit.quoted and self.topic not in _THROUGH_QUOTES:
                    continue
                if not _same_place(hit, found):
                    best, reach = hit, gap - _NEARER
            if best is None:
                return None
            found.append(best)
        return tuple(found)


_NEARER = 1e-6  # of two as near the first is taken

# Ignore "all previous instructions": here quotation marks hide nothing.
_THROUGH_QUOTES = frozenset({"hierarchy", "delegation"})


def _same_place(hit: Hit, found: Sequence[Hit]) -> bool:
    """Two atoms may not be met by the same word, but for a phrase that says both at once."""
    return any(hit.start == other.start and hit.concept == other.concept for other in found)


def parse_patterns(source: str) -> tuple[dict[str, tuple[Pattern, ...]], tuple[Derived, ...]]:
    """Patterns by topic, and what is derived; raises ValueError on a line that cannot be read."""
    topics: dict[str, list[Pattern]] = {}
    derived: list[Derived] = []
    topic = ""
    current: list[Pattern] = []
    for number, line in enumerate(source.splitlines(), 1):
        line = line.partition("#")[0].strip()
        if line.startswith("["):
            topic = line.strip("[]")
            current = [] if topic == "derived" else topics.setdefault(topic, [])
        elif line:
            try:
                if topic == "derived":
                    derived.append(parse_derived(line))
                else:
                    current.append(_pattern(line, topic))
            except (ValueError, IndexError) as error:
                raise ValueError(f"topics line {number}: {line}") from error
    return {topic: tuple(patterns) for topic, patterns in topics.items()}, tuple(derived)


def _pattern(line: str, topic: str) -> Pattern:
    head, _, body = line.partition(":")
    words = head.split()
    parts = body.split()
    atoms = tuple(_atom(part) for part in parts if not part.startswith("-"))
    cleared = [part[1:] for part in parts if part.startswith("-")]
    near = [part for part in cleared if "~" in part]
    unless = tuple(_atom(part) for part in cleared if part[0] in "+!" and part not in near)
    without = (
        name
        for part in cleared
        if part[0] not in "+!" and part not in near
        for name in part.split("|")
    )
    return Pattern(
        topic=topic,
        severity=cast(Severity, words[0]),
        window=int(words[1]),
        atoms=atoms,
        without=mask_of(without),
        unless=unless,
        unless_near=tuple(map(_atom, near)),
        needed=mask_of(name for atom in atoms if len(atom.concepts) == 1 for name in atom.concepts),
        either=tuple(mask_of(atom.concepts) for atom in atoms if len(atom.concepts) > 1),
        defensible="nodefence" not in words[2:],
    )


def _atom(part: str) -> Atom:
    polarity = part[0] if part[0] in "+!" else ""
    part = part.lstrip("+!")
    for mark in "~>":
        name, found, number = part.partition(mark)
        if found:
            return Atom(frozenset(name.split("|")), polarity, int(number), mark == ">")
    return Atom(frozenset(part.split("|")), polarity)
