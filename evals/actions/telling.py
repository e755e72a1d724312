"""How the end of a run reaches whoever waits for it."""

from __future__ import annotations

from uuid import UUID

from evals.models import EvalRun
from registry import work

VERDICT_KIND = "verdict_recorded"


def verdict_key(run: UUID) -> str:
    """Key of the work item by which a run's verdict reaches whoever waits for it."""
    return f"verdict:{run}"


def tell(*runs: EvalRun, ring: bool = True) -> None:
    """Write, and ring for, what tells whoever waits for the end of these runs.

    `ring` False: the caller does that work itself at once; should it die first, the reconciler
    rings.
    """
    rows = [(verdict_key(one.pk), {"run": str(one.pk)}) for one in runs]
    work.enqueue_many(VERDICT_KIND, rows, bells=None if ring else 0)
