"""The topics a policy may forbid contradicting, and the patterns that detect each."""

from __future__ import annotations

from functools import cache

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
def patterns() -> dict[str, tuple[Pattern, ...]]:
    """All patterns by topic, read once."""
    return parse_patterns((DATA / "topics.txt").read_text(encoding="utf-8"))
