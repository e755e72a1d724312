"""Models of what is measured."""

from evals.models.pace import ProviderPace
from evals.models.run import (
    Arm,
    Calibration,
    CaseResult,
    Choice,
    EvalRun,
    Outcome,
    Preference,
    RunKind,
    RunStage,
    Sweep,
    SweepKind,
    Verdict,
    VerdictKind,
)
from evals.models.suite import Case, Suite, SuiteDraft, SuiteScope, SuiteVersion

__all__ = [
    "Arm",
    "Calibration",
    "Case",
    "CaseResult",
    "Choice",
    "EvalRun",
    "Outcome",
    "Preference",
    "ProviderPace",
    "RunKind",
    "RunStage",
    "Suite",
    "SuiteDraft",
    "SuiteScope",
    "SuiteVersion",
    "Sweep",
    "SweepKind",
    "Verdict",
    "VerdictKind",
]
