"""override_attempt and must_not_contradict: what a sentence tells the assistant to do."""

from __future__ import annotations

from collections.abc import Iterator

from registry.guardrails.checks.source import Source
from registry.guardrails.findings import Fix, Match, Span
from registry.guardrails.languages import ALWAYS
from registry.guardrails.policy import Rule
from registry.guardrails.reading import Reading
from registry.guardrails.remedies import remedy

CONFIRMED = 0.4
"""Probability from which a sentence's meaning confirms a hint, as the review's threshold."""

DOUBTED = 0.1
"""Probability below which a sentence that names nobody's rules is taken to mean others."""

WHOSE = (
    "LAYERX", "LAYERV", "LAYERC", "OLDTEXT", "TOLD", "PRIOR", "THIS", "ONLY", "OUTRANK",
)  # fmt: skip
"""Concepts that say whose rules are meant: the platform's, those before, or these here."""

HIERARCHY = "hierarchy"
"""The topic of override attempts."""


def check_override(source: Source, rule: Rule) -> Iterator[Match]:
    """Sentences that set the platform's rules aside, in so many words or by their meaning."""
    topic = str(rule.params.get("topic", HIERARCHY))
    yield from check_topic(source, topic)
    for reading in source.readings:
        if topic not in reading.breaches and reading.sense.speaks_of_rules:
            span = _sentence_span(source, reading)
            if _confirmed(source, span):
                yield Match(span, fix=_fix(source, reading, topic))


def check_contradiction(source: Source, rule: Rule) -> Iterator[Match]:
    """Sentences that contradict the rule's topic."""
    return check_topic(source, rule.topic)


def check_topic(source: Source, topic: str) -> Iterator[Match]:
    """Each sentence that breaks a pattern of the topic, with the strongest evidence."""
    if source.context.slot == "forbidden_phrases" and topic != HIERARCHY:
        return  # a list of phrases never to be used promises nothing
    for reading in source.readings:
        severity = reading.breaches.get(topic)
        if severity is not None:
            span = _sentence_span(source, reading)
            if severity == "review" and _confirmed(source, span):
                severity = "block"
            elif topic == HIERARCHY and severity == "block" and _doubted(source, reading, span):
                severity = "review"
            yield Match(span, severity=severity, fix=_fix(source, reading, topic))


def _doubted(source: Source, reading: Reading, span: Span) -> bool:
    """Whether rules of somebody else may be meant: "clear the filters of the table".

    Where no word says whose or which rules, and the meaning is an innocent one. Of 789
    attacks that the words block this lets 4 go to a reviewer instead; of 25 honest texts
    that they blocked wrongly, 9.
    """
    judge = source.context.suspicion
    if judge is None or reading.sense.hits.has(*WHOSE):
        return False
    return judge([source.text[slice(*span)]])[0] < DOUBTED


def _confirmed(source: Source, span: Span) -> bool:
    """Whether the sentence's meaning bears out what its words only hint at.

    Words and meaning are two witnesses that err apart: of 199 honest texts none had both.
    """
    judge = source.context.suspicion
    return judge is not None and judge([source.text[slice(*span)]])[0] >= CONFIRMED


def _fix(source: Source, reading: Reading, topic: str) -> Fix:
    """A fix replaces or removes the whole sentence, never half of one."""
    counts = reading.sense.languages
    home = (source.context.locale or "").partition("-")[0]
    # The sentence's own language; where several claim it equally, the tenant's.
    language = max(counts, key=lambda code: (counts[code], code == home, code == ALWAYS))
    return remedy(topic, language) or Fix("Remove this sentence", "")


def _sentence_span(source: Source, reading: Reading) -> Span:
    text, sentence = source.view.text, reading.sentence
    start, end = sentence.start, sentence.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end < len(text) and text[end] in ".!?。！？।…":
        end += 1
    return source.view.span(start, end)
