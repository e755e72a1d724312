"""The topics a policy may forbid contradicting, and the patterns that detect each."""

from __future__ import annotations

from functools import cache

from registry.guardrails.derived import Derived
from registry.guardrails.grammar import Pattern, parse_patterns
from registry.guardrails.lexicon import DATA

TOPICS = frozenset(
    {
        "hierarchy",
        "ai_disclosure",
        "prompt_secrecy",
        "crisis",
        "medical",
        "legal",
        "finance",
        "privacy",
        "fairness",
        "human_handoff",
        "honesty",
        "delegation",
        "eval_integrity",
        "refusals",
        "refunds",
        "exfiltration",
    }
)


@cache
def _read() -> tuple[dict[str, tuple[Pattern, ...]], tuple[Derived, ...]]:
    return parse_patterns((DATA / "topics.txt").read_text(encoding="utf-8"))


def patterns() -> dict[str, tuple[Pattern, ...]]:
    """All patterns by topic, read once."""
    return _read()[0]


def derived() -> tuple[Derived, ...]:
    """What concepts are in the company of others."""
    return _read()[1]


@cache
def polar_concepts() -> frozenset[str]:
    """Concepts whose negation any pattern or the defence of a sentence looks at."""
    asked = {
        name
        for wanted in patterns().values()
        for pattern in wanted
        for atom in (*pattern.atoms, *pattern.unless, *pattern.unless_near)
        if atom.polarity
        for name in atom.concepts
    }
    return frozenset(asked | {"DECLINE", "SAY", "ANSWER", "USEWORD"})


@cache
def patterns_by_first() -> dict[str, tuple[Pattern, ...]]:
    """All patterns of all topics by each concept that their first atom takes."""
    found: dict[str, list[Pattern]] = {}
    for wanted in patterns().values():
        for pattern in wanted:
            for concept in pattern.atoms[0].concepts:
                found.setdefault(concept, []).append(pattern)
    return {concept: tuple(these) for concept, these in found.items()}
