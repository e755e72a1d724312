"""Who goes first: a proposal of waves by what could be lost. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

VERDICTS = {"go": 0, "inconclusive": 1, "": 2, "no_go": 3}
"""The last verdict by how much it tells for a variant; empty: it has none yet."""


@dataclass(frozen=True)
class Risk:
    """What a variant could lose: revenue in EUR a year, None for the platform default, which
    many customers share; `cases` that measure it and its last `verdict`."""

    variant: int
    revenue: Decimal | None
    cases: int
    verdict: str


def in_order(variants: Sequence[Risk]) -> list[Risk]:
    """The least risk first: smallest revenue and best tested count alike, by rank.

    Ranks, not amounts: one account that is worth half of everything would else decide alone.
    Equal ranks: the smaller revenue first.
    """
    by_revenue = _ranks([_worth(one) for one in variants])
    by_tests = _ranks([_untested(one) for one in variants])
    order = sorted(
        range(len(variants)),
        key=lambda n: (by_revenue[n] + by_tests[n], by_revenue[n], variants[n].variant),
    )
    return [variants[n] for n in order]


def propose(variants: Sequence[Risk], waves: int) -> list[list[int]]:
    """The variants in so many waves, or fewer where there are fewer of them.

    Each wave is about twice the one before: what goes wrong in the first teaches the most and
    costs the least.
    """
    ordered = [one.variant for one in in_order(variants)]
    count = max(0, min(waves, len(ordered)))
    if not count:
        return []
    bounds = [0, *_ends(len(ordered), count)]
    return [ordered[start:end] for start, end in pairwise(bounds)]


def _ends(total: int, waves: int) -> list[int]:
    """Where each wave ends: shares of 1, 2, 4 …, none empty."""
    whole = 2**waves - 1
    ends: list[int] = []
    for number in range(1, waves + 1):
        share = round(total * (2**number - 1) / whole)
        least = ends[-1] + 1 if ends else 1
        ends.append(min(max(share, least), total - (waves - number)))
    return ends


def _worth(one: Risk) -> tuple[bool, Decimal]:
    return one.revenue is None, one.revenue or Decimal(0)


def _untested(one: Risk) -> tuple[int, int]:
    return VERDICTS.get(one.verdict, VERDICTS[""]), -one.cases


def _ranks(values: Sequence[Any]) -> list[int]:
    """Each value's place among the different values; equal values share it."""
    places = {value: place for place, value in enumerate(sorted(set(values)))}
    return [places[value] for value in values]
