"""Runs that are measured without a model: answers as a test wants them."""

from __future__ import annotations

from collections.abc import Collection

from evals.actions import record_verdict
from evals.models import Arm, Case, CaseResult, EvalRun, Outcome, Verdict


def answer(
    run: EvalRun, *, failing: Collection[str] = (), failing_before: Collection[str] = ()
) -> None:
    """Store an answer of every case in every arm; those named fail."""
    arms = {Arm.CANDIDATE: set(failing)}
    if run.baseline_id is not None:
        arms[Arm.BASELINE] = set(failing_before)
    cases = Case.objects.filter(suite_version__in=run.suite_versions.all())
    CaseResult.objects.bulk_create(
        CaseResult(
            run=run, arm=arm, case=case, outcome=Outcome.ANSWERED,
            answer=f"{arm.label} answer of {case.key}",
            score=0.0 if case.key in broken else 1.0,
            details=[{"value": 0.0 if case.key in broken else 1.0, "detail": "said @@never@@"}],
            prompt_tokens=100, completion_tokens=20,
        )
        for arm, broken in arms.items()
        for case in cases
    )  # fmt: skip


def measure(run: EvalRun, **kwargs: Collection[str]) -> Verdict:
    """Answer everything and let the gate speak."""
    answer(run, **kwargs)
    verdict = record_verdict(run)
    run.refresh_from_db()
    return verdict
