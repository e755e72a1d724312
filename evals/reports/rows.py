"""Every case of a run with both answers, a bounded number in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evals.models import CaseResult, EvalRun
from evals.reports.facts import Facts
from evals.views.cases import PASS_FROM, Shown, with_answers

CHUNK = 200
"""Cases whose answers are read at once."""


@dataclass(frozen=True)
class Row:
    """One case as a line of a file."""

    suite: str
    shown: Shown

    def as_dict(self) -> dict[str, Any]:
        """The case as a JSON object. Scores are 0..1, one a repeat."""
        standing, case = self.shown.standing, self.shown.case
        return {
            "case": f"{self.suite}/{case.key}",
            "change": standing.change,
            "tags": case.tags,
            "must_pass": case.must_pass,
            "messages": case.messages,
            "expectations": case.expectations,
            "old": _answer(self.shown.old, standing.old),
            "new": _answer(self.shown.new, standing.new),
            "failed_calls": standing.errors,
        }

    @property
    def failing(self) -> str:
        """What the new answer lacks, in words."""
        return "; ".join(
            f"{check['words']}: {check['new']['detail']}"
            for check in self.shown.checks
            if check["new"] and _fails(check["new"])
        )


def _fails(mark: Mapping[str, Any]) -> bool:
    """Whether an expectation decides and is not met; what is only reported does not decide."""
    return not (mark["passed"] or mark["unscored"] or mark["reported"])


def rows_of(facts: Facts) -> Iterator[Row]:
    """Every case in the suites' order; a fixed number of queries for each CHUNK of cases."""
    names = suite_names(facts.run)
    for start in range(0, len(facts.standings), CHUNK):
        for shown in with_answers(facts.run, facts.standings[start : start + CHUNK]):
            yield Row(names[shown.case.suite_version_id], shown)


def suite_names(run: EvalRun) -> dict[int, str]:
    """The name of the suite of each version of the run."""
    return dict(run.suite_versions.values_list("pk", "suite__name"))


def passes(scores: list[float]) -> str:
    """“4 of 5” repeats that passed, empty without an answer."""
    return f"{sum(score >= PASS_FROM for score in scores)} of {len(scores)}" if scores else ""


def _answer(result: CaseResult | None, scores: list[float]) -> dict[str, Any] | None:
    if result is None:
        return None
    return {
        "scores": scores, "outcome": result.outcome, "answer": result.answer,
        "error": result.error, "details": result.details,
    }  # fmt: skip
