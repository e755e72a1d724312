"""What a calibration shows: a judge's verdicts held against the labels that people gave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from evals.gate import Decision
from evals.judges.reading import read
from evals.judges.standard import Finding, Standard, assessed
from evals.models import (
    Arm,
    Calibration,
    Case,
    CaseResult,
    EvalRun,
    Outcome,
    RunKind,
    SuiteScope,
    SuiteVersion,
)
from registry import events
from registry.models import Prompt

MOST_ERRORS = 0.02
"""Share of calls that may fail before a calibration tells nothing: the gate's own bound."""


@dataclass(frozen=True)
class Labelled:
    """One labelled answer: what people said, what the judge said and why; None: unreadable."""

    case: Case
    people: str
    judge: str | None
    why: str
    error: str = ""

    @property
    def answer(self) -> str:
        """The answer that was labelled."""
        said = [m["content"] for m in self.case.messages if m.get("role") == "assistant"]
        return str(said[-1]) if said else ""

    @property
    def agreed(self) -> bool:
        """Whether the two said the same."""
        return self.people == self.judge


def standard() -> Standard:
    """What this installation asks of a judge."""
    wanted: dict[str, Any] = settings.JUDGE_STANDARD
    return Standard(**wanted)


def labels_of(prompt: Prompt) -> SuiteVersion | None:
    """The newest version of a judge's labelled set, None while there is none."""
    return label_sets([prompt.pk]).get(prompt.pk)


def label_sets(prompts: Iterable[int]) -> dict[int, SuiteVersion]:
    """Judge -> the newest version of its labelled set; one query."""
    heads = SuiteVersion.objects.filter(
        suite__prompt__in=list(prompts), suite__scope=SuiteScope.LABELS, suite__active=True
    )
    newest = heads.select_related("suite").order_by("suite__prompt_id", "suite_id", "-number")
    return {
        head.suite.prompt_id: head  # type: ignore[misc]
        for head in newest.distinct("suite__prompt_id")
    }


def labelled(run: EvalRun) -> list[Labelled]:
    """What people and judge said of every case of a calibration run, in the set's order."""
    cases = Case.objects.filter(suite_version__in=run.suite_versions.all()).order_by("position")
    rows = CaseResult.objects.filter(run=run, arm=Arm.CANDIDATE).order_by("repeat", "attempt")
    answers: dict[int, CaseResult] = {}
    for row in rows:
        if row.case_id not in answers or answers[row.case_id].outcome == Outcome.ERROR:
            answers[row.case_id] = row
    return [
        _labelled(case, label, allowed, answers.get(case.pk))
        for case, (label, allowed) in ((case, label_of(case.expectations)) for case in cases)
        if label is not None
    ]


def label_of(expectations: Sequence[dict[str, Any]]) -> tuple[str | None, list[str]]:
    """What people said of a labelled case, and all they could have said."""
    for one in expectations:
        if one.get("scorer") == "label":
            value = str(one.get("value"))
            return value, [*map(str, one.get("labels") or []), value]
    return None, []


def _labelled(case: Case, label: str, allowed: list[str], row: CaseResult | None) -> Labelled:
    if row is None or row.outcome == Outcome.ERROR:
        return Labelled(case, label, None, "", row.error if row else "It was not asked.")
    said = read(row.answer, allowed)
    return Labelled(case, label, said.verdict, said.why)


def record(run: EvalRun) -> Calibration:
    """Write what a calibration run has shown, once."""
    there = Calibration.objects.filter(run=run).first()
    if there is not None:
        return there
    rows = labelled(run)
    errors = sum(bool(row.error) for row in rows)
    found = assessed([(row.people, row.judge) for row in rows if not row.error], standard())
    if errors > MOST_ERRORS * len(rows):
        said = f"Not calibrated: {errors} of {len(rows)} questions got no answer. Try again."
        found = replace(found, passed=False, said=said)
    calibration = _written(run, found, len(rows))
    events.record(
        "judge.calibrated", calibration, run.started_by, found.said, variant=run.variant,
        passed=found.passed,
    )  # fmt: skip
    return calibration


def _written(run: EvalRun, found: Finding, labels: int) -> Calibration:
    return Calibration.objects.create(
        run=run, judge=run.revision, labelled=labels, answered=found.read.pairs,
        agreement=found.read.share, kappa=found.read.kappa, kappa_low=found.read.low,
        kappa_high=found.read.high, passed=found.passed, said=found.said,
    )  # fmt: skip


def closed(run: EvalRun, decision: Decision) -> Decision:
    """The decision of a run at its end; that of a calibration is what the calibration says."""
    if run.kind != RunKind.CALIBRATION:
        return decision
    calibration = record(run)
    verdict = "go" if calibration.passed else "no_go"
    if not calibration.passed and calibration.said.endswith("Try again."):
        verdict = "inconclusive"
    return replace(decision, verdict=verdict, headline=calibration.said, reasons=())  # type: ignore[arg-type]
