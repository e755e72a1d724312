"""Meanings that only a company of words has: "rules" near "vendor" are the platform's rules.

The lines of `[derived]` in data/topics.txt, each of the form

    LAYERX: LAYER VENDOR~4 -OURS~2

"a LAYER with a VENDOR at most four words away, and no OURS within two, is a LAYERX too".
They apply in order, so that a later line may build on an earlier one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from registry.guardrails.hits import Hit, distance


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A concept and how many words away it may stand."""

    concepts: frozenset[str]
    within: int


@dataclass(frozen=True, slots=True)
class Derived:
    """A concept that another one also is, in the right company."""

    concept: str
    of: frozenset[str]
    near: tuple[Neighbour, ...]
    unless: tuple[Neighbour, ...]


def parse_derived(line: str) -> Derived:
    """One line of `[derived]`; raises ValueError where it cannot be read."""
    concept, _, body = line.partition(":")
    of, *rest = body.split()
    return Derived(
        concept=concept.strip(),
        of=frozenset(of.split("|")),
        near=tuple(_neighbour(part) for part in rest if not part.startswith("-")),
        unless=tuple(_neighbour(part[1:]) for part in rest if part.startswith("-")),
    )


def _neighbour(part: str) -> Neighbour:
    names, _, within = part.partition("~")
    return Neighbour(frozenset(names.split("|")), int(within))


def derive(met: Sequence[Hit], rules: Sequence[Derived]) -> list[Hit]:
    """What the hits mean beyond themselves."""
    known = list(met)
    concepts = {hit.concept for hit in met}
    for rule in rules:
        if not concepts & rule.of or not all(concepts & one.concepts for one in rule.near):
            continue
        new = [
            replace(hit, concept=rule.concept, negated=False)
            for hit in known
            if hit.concept in rule.of
            and all(_stands_near(hit, one, known) for one in rule.near)
            and not any(_stands_near(hit, one, known) for one in rule.unless)
        ]
        if new:
            known.extend(new)
            concepts.add(rule.concept)
    return known[len(met) :]


def _stands_near(hit: Hit, wanted: Neighbour, known: Sequence[Hit]) -> bool:
    return any(
        other.concept in wanted.concepts
        and other.start != hit.start
        and distance(hit, other) <= wanted.within
        for other in known
    )
