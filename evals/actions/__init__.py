"""What may be done with an eval run: start, score again, pause, cancel, end."""

from __future__ import annotations

from evals.actions.calls import CHUNK_KIND
from evals.actions.closing import close_dead_chunk, finish_chunks, record_verdict, stop_at_budget
from evals.actions.measuring import decide_run
from evals.actions.ordering import NothingToMeasure, Order, UnusableTarget
from evals.actions.starting import rescore, run_again, start_run, start_runs
from evals.actions.steering import cancel_run, pause_run, raise_cap, resume_run
from evals.actions.telling import VERDICT_KIND, verdict_key
from evals.budget import UnusableCap

__all__ = [
    "CHUNK_KIND",
    "VERDICT_KIND",
    "NothingToMeasure",
    "Order",
    "UnusableCap",
    "UnusableTarget",
    "cancel_run",
    "close_dead_chunk",
    "decide_run",
    "finish_chunks",
    "pause_run",
    "raise_cap",
    "record_verdict",
    "rescore",
    "resume_run",
    "run_again",
    "start_run",
    "start_runs",
    "stop_at_budget",
    "verdict_key",
]
