"""A run as one HTML file that needs nothing else: to send to a customer, to print, to keep."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from evals.reports.facts import Facts
from evals.reports.rows import passes
from evals.views.cases import Shown, of, with_answers
from evals.views.marks import marked
from registry.diff import Span

MOST_SHOWN = 100
"""Broken, and as many fixed, cases with their answers; beyond that only their number is told."""

LONGEST_ANSWER = 6_000
"""Characters of an answer in the report."""

STYLE = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        f"style-src 'sha256-{b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
"""Nothing but the report's own style: even a text that slipped through could do nothing."""


@dataclass(frozen=True)
class Side:
    """One answer of a case: its spans, how many repeats passed, whether it was cut."""

    spans: Sequence[Span]
    passed: str
    error: str
    cut: bool


@dataclass(frozen=True)
class Told:
    """A case as the report tells it."""

    shown: Shown
    old: Side
    new: Side


def written(facts: Facts) -> str:
    """The HTML of a run's report; a fixed number of queries."""
    return render_to_string("evals/report/page.html", context(facts))


def context(facts: Facts) -> dict[str, Any]:
    """What the report's template shows."""
    broken, fixed = of(facts.standings, "broken"), of(facts.standings, "fixed")
    shown = with_answers(facts.run, [*broken[:MOST_SHOWN], *fixed[:MOST_SHOWN]])
    told = [_told(one) for one in shown]
    run = facts.run
    return {
        "facts": facts,
        "run": run,
        "style": _own_style(),
        "policy": CONTENT_SECURITY_POLICY.partition("; frame-ancestors")[0],
        "suites": run.suite_versions.select_related("suite"),
        "changes": [
            ("broken", "Passed before, fails now",
             [one for one in told if one.shown.standing.change == "broken"],
             len(broken) - MOST_SHOWN),
            ("fixed", "Failed before, passes now",
             [one for one in told if one.shown.standing.change == "fixed"],
             len(fixed) - MOST_SHOWN),
        ],
    }  # fmt: skip


def _own_style() -> SafeString:
    return mark_safe(STYLE)  # noqa: S308 (a file of this package, in no part from anybody)


def _told(shown: Shown) -> Told:
    texts = [result.answer[:LONGEST_ANSWER] if result else "" for result in (shown.old, shown.new)]
    old, new = marked(*texts)
    standing = shown.standing
    return Told(
        shown,
        _side(shown.old, old, passes(standing.old)),
        _side(shown.new, new, passes(standing.new)),
    )


def _side(result: Any, spans: Sequence[Span], passed: str) -> Side:
    error = result.error if result else ""
    return Side(spans, passed, error, bool(result) and len(result.answer) > LONGEST_ANSWER)
