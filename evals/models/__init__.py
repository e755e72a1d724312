"""Models of what is measured."""

from evals.models.run import Arm, CaseResult, EvalRun, Outcome, RunStage, Verdict, VerdictKind
from evals.models.suite import Case, Suite, SuiteVersion

__all__ = [
    "Arm",
    "Case",
    "CaseResult",
    "EvalRun",
    "Outcome",
    "RunStage",
    "Suite",
    "SuiteVersion",
    "Verdict",
    "VerdictKind",
]
