"""A verdict's headline as the sentence that follows its coloured word."""

from __future__ import annotations

from evals.models import Verdict


def sentence_of(verdict: Verdict) -> str:
    """The headline without its leading “No-go: ”, which the page says in colour already."""
    head, colon, rest = verdict.headline.partition(": ")
    if colon and head == verdict.get_kind_display():
        return rest[:1].upper() + rest[1:]
    return verdict.headline
