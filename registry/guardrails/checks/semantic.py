"""semantic_similarity: sentences close in meaning to what a policy forbids. Review only."""

from __future__ import annotations

from collections.abc import Iterator

from registry.guardrails.checks.meaning import HIERARCHY
from registry.guardrails.checks.source import Source
from registry.guardrails.findings import Match
from registry.guardrails.policy import Policy, Rule
from registry.guardrails.semantics import available
from registry.guardrails.sentences import sentences_of

THRESHOLD = 0.4
"""Where the rule names none: 1.5 % of the honest examples lie above it (`semantics.train`)."""

__all__ = ["available", "check_similarity"]


def check_similarity(source: Source, rule: Rule) -> Iterator[Match]:
    """Sentences more likely than the rule's threshold to break a policy, by their meaning.

    Nothing where the context brings no judge: the optional package is absent, or the caller
    asks only for what blocks. A sentence that another rule speaks of needs no second word.
    """
    judge = source.context.suspicion
    if judge is None:
        return
    threshold = float(rule.params.get("threshold", THRESHOLD))
    topics = _topics(source.policy)
    spoken_of = [
        source.view.span(reading.sentence.start, reading.sentence.end)
        for reading in source.readings
        if topics & reading.breaches.keys()
    ]
    spans = [
        _stripped(source.text, sentence.start, sentence.end)
        for sentence in sentences_of(source.text)
    ]
    asked = [span for span in spans if not any(a < span[1] and span[0] < b for a, b in spoken_of)]
    probabilities = judge([source.text[start:end] for start, end in asked])
    for span, probability in zip(asked, probabilities, strict=True):
        if probability >= threshold:
            yield Match(span, severity="review")


def _topics(policy: Policy) -> set[str]:
    """The topics that other rules of the policy speak of."""
    return {
        str(rule.params.get("topic", HIERARCHY)) if rule.type == "override_attempt" else rule.topic
        for rule in policy.rules
        if rule.type in ("override_attempt", "must_not_contradict")
    }


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
