"""How the end of a run reaches whoever waits for it."""

from __future__ import annotations

from uuid import UUID

from evals.models import EvalRun
from registry import work

VERDICT_KIND = "verdict_recorded"


def verdict_key(run: UUID) -> str:
    """Key of the work item by which a run's verdict reaches whoever waits for it."""
    return f"verdict:{run}"


def tell(run: EvalRun) -> None:
    """Ring for whatever waits for the end of this run."""
    work.enqueue(VERDICT_KIND, verdict_key(run.pk), {"run": str(run.pk)})
