"""forbidden_phrase, required_phrase and regex: what a policy owner lists in so many words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from registry.guardrails.checks.source import Source
from registry.guardrails.findings import Fix, Match
from registry.guardrails.policy import Rule
from registry.guardrails.safe_regex import TooManySteps, compile_pattern
from registry.guardrails.text_view import bare, view_of


def check_forbidden(source: Source, rule: Rule) -> Iterator[Match]:
    """Each place one of params.phrases stands, whatever its case or spacing."""
    for phrase in _phrases(rule):
        for found in _pattern(phrase).finditer(source.view.text):
            yield Match(
                source.view.span(*found.span()),
                hint=rule.fix_hint or f"Remove “{phrase}”.",
                fix=Fix("Remove it", ""),
            )


def check_required(source: Source, rule: Rule) -> Iterator[Match]:
    """Each of params.phrases that is missing; about the text as a whole."""
    for phrase in _phrases(rule):
        if not _pattern(phrase).search(source.view.text):
            yield Match(None, hint=rule.fix_hint or f"Add “{phrase}”.")


def check_regex(source: Source, rule: Rule) -> Iterator[Match]:
    """Each match of params.pattern, in time bounded by the text's length."""
    pattern = compile_pattern(
        str(rule.params["pattern"]), bool(rule.params.get("ignore_case", True))
    )
    try:
        for span in pattern.find(source.text):
            yield Match(span)
    except TooManySteps:
        yield Match(
            None,
            severity="review",
            message="This text could not be held against the rule's pattern to its end.",
            hint="Shorten the text, or have the rule's pattern simplified.",
        )


def _phrases(rule: Rule) -> tuple[str, ...]:
    phrases = rule.params["phrases"]
    return (phrases,) if isinstance(phrases, str) else tuple(phrases)


def _pattern(phrase: str) -> re.Pattern[str]:
    words = view_of(phrase).text.split()
    body = r"\s+".join(re.escape(word) for word in words)
    head = r"(?<!\w)" if body and bare(words[0])[0].isalnum() and not _wide(phrase) else ""
    tail = r"(?!\w)" if body and words[-1][-1].isalnum() and not _wide(phrase) else ""
    return re.compile(head + (body or r"(?!)") + tail)


def _wide(phrase: str) -> bool:
    return bool(re.search(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]", phrase))
