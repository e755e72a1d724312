"""Results made up for tests of the gate."""

from __future__ import annotations

from collections.abc import Iterable

from evals.gate import CasePair, Decision

Scores = float | tuple[float, ...]


def pair(
    number: int, before: Scores = 1, after: Scores = 1, *slices: str, must_pass: bool = False
) -> CasePair:
    """The case “c007” in slice “all”, or in those named."""
    old = before if isinstance(before, tuple) else (before,)
    new = after if isinstance(after, tuple) else (after,)
    return CasePair(f"c{number:03}", slices or ("all",), must_pass, old, new)


def passing(count: int, *slices: str, start: int = 100) -> list[CasePair]:
    """Cases that pass in both arms."""
    return [pair(start + number, 1, 1, *slices) for number in range(count)]


def breaking(count: int, *slices: str, start: int = 0) -> list[CasePair]:
    """Cases that passed before and fail now."""
    return [pair(start + number, 1, 0, *slices) for number in range(count)]


def asked_again(cases: Iterable[CasePair], after: Scores) -> list[CasePair]:
    """Fresh repeats of the same cases: the baseline holds, the candidate answers `after`."""
    new = after if isinstance(after, tuple) else (after,)
    return [CasePair(c.id, c.slices, c.must_pass, (1.0,) * len(new), new) for c in cases]


def checks(decision: Decision) -> set[str]:
    """The checks that hold a candidate."""
    return {why.check for why in decision.reasons if why.verdict != "go"}
