"""What a check says about a text, and where it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["block", "review", "warn"]
Decision = Literal["accept", "review", "reject"]
Span = tuple[int, int]

_ORDER: dict[str, int] = {"block": 0, "review": 1, "warn": 2}
QUOTE_CHARS = 160  # a quote is there to recognise the place, not to repeat the text


@dataclass(frozen=True, slots=True)
class Fix:
    """A replacement for the finding's span that a person can apply by one click."""

    label: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule has to say about a text.

    `span` is half-open and counts code points in the text exactly as it was given;
    None when the finding is about the text as a whole. `slot` names the slot the
    span lies in, None for one free text.
    """

    rule: str
    severity: Severity
    span: Span | None
    quote: str
    message: str
    hint: str = ""
    slot: str | None = None
    fix: Fix | None = None

    def as_dict(self) -> dict[str, Any]:
        """The finding as plain JSON values, in the shape the API and the command print."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "slot": self.slot,
            "span": list(self.span) if self.span else None,
            "quote": self.quote,
            "message": self.message,
            "hint": self.hint,
            "fix": (
                {"label": self.fix.label, "replacement": self.fix.replacement} if self.fix else None
            ),
        }


@dataclass(frozen=True, slots=True)
class Match:
    """What a check found, before the rule's severity and words are added.

    `severity` may only soften the rule's own (weak evidence under a blocking rule
    asks for a review); None takes the rule's. `message` None takes the rule's.
    """

    span: Span | None
    severity: Severity | None = None
    message: str | None = None
    hint: str | None = None
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class LintContext:
    """Where the text will run; None means unknown, and unknown never narrows a scope.

    `declared_variables`, `allowed_domains` add to the policy's own lists.
    `slot_limits` gives the most characters a slot may hold, by slot name. `suspicion`
    judges sentences by their meaning (`guardrails.semantics`); None leaves that out.
    """

    segment: str | None = None
    locale: str | None = None
    model: str | None = None
    slot: str | None = None
    declared_variables: tuple[str, ...] = ()
    allowed_domains: tuple[str, ...] = ()
    slot_limits: tuple[tuple[str, int], ...] = ()
    suspicion: Callable[[Sequence[str]], Sequence[float]] | None = None


def softer(rule: Severity, evidence: Severity | None) -> Severity:
    """The milder of the rule's severity and what the evidence supports."""
    if evidence is None or _ORDER[evidence] < _ORDER[rule]:
        return rule
    return evidence


def decision(findings: Iterable[Finding]) -> Decision:
    """reject when anything blocks, review when anything needs a look, else accept."""
    severities = {finding.severity for finding in findings}
    if "block" in severities:
        return "reject"
    return "review" if "review" in severities else "accept"


def reading_order(finding: Finding) -> tuple[int, int, int]:
    """Sort key: by place in the text, findings about the whole text last."""
    start, end = finding.span or (1 << 60, 0)
    return start, _ORDER[finding.severity], -end
