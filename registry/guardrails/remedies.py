"""Sentences that say the allowed thing, offered in place of the forbidden one."""

from __future__ import annotations

import json
from functools import cache

from registry.guardrails.findings import Fix
from registry.guardrails.lexicon import DATA


@cache
def _sentences() -> dict[str, dict[str, str]]:
    return dict(json.loads((DATA / "remedies.json").read_text(encoding="utf-8")))


def remedy(topic: str, language: str) -> Fix | None:
    """The allowed sentence for a topic in a language, in English where there is none."""
    by_language = _sentences().get(topic, {})
    sentence = by_language.get(language) or by_language.get("en")
    return Fix("Replace with an allowed sentence", sentence) if sentence else None
