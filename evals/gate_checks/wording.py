"""How the gate says numbers."""

from __future__ import annotations

from collections.abc import Sequence

NAMED = 5  # cases named in a sentence; the rest are counted


def count_of(number: int, noun: str) -> str:
    """“1 case”, “2 cases”."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def named(ids: Sequence[str]) -> str:
    """The first few ids, and how many more."""
    shown = ", ".join(ids[:NAMED])
    return shown if len(ids) <= NAMED else f"{shown} and {len(ids) - NAMED} more"


def p_is(value: float) -> str:
    """“p = 0.002”; three places, or below what they show."""
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def points(value: float) -> str:
    """A proportion as percentage points with one place, none where it is whole."""
    text = f"{value * 100:.1f}"
    return text.removesuffix(".0")


def percent(value: float) -> str:
    """A rate with one place, none where it is whole."""
    return f"{points(value)}%"
