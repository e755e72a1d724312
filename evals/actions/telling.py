"""How the end of a run reaches whoever waits for it."""

from __future__ import annotations

from uuid import UUID

from evals.models import EvalRun
from registry import work

VERDICT_KIND = "verdict_recorded"


def verdict_key(run: UUID) -> str:
    """Key of the work item by which a run's verdict reaches whoever waits for it."""
    return f"verdict:{run}"


def tell(*runs: EvalRun) -> None:
    """Ring for whatever waits for the end of these runs."""
    work.enqueue_many(VERDICT_KIND, [(verdict_key(one.pk), {"run": str(one.pk)}) for one in runs])
