"""Answer the calls of runs: many at a time, within each provider's limits, stored as they come.

The model calls are made in an event loop on a thread of its own (`asker`, a `lane` a provider);
rows are written by the thread that holds the work items (`pump`), so a lost lease stops the
writing at once. One process asks at a time, so that a provider's limits hold for all of them.
"""

from __future__ import annotations

from evals.providers import NoEndpoint
from evals.runner.pump import answer_chunks

__all__ = ["NoEndpoint", "answer_chunks"]
