"""Ask a model over HTTP, asynchronously: OpenAI-compatible or Anthropic's Messages.

One client for every provider, the simulator among them. What the model said is an answer;
anything else (time-out, 429 that does not end, 5xx, broken JSON) is an infrastructure error,
which is never a pass and never a fail.
"""

from __future__ import annotations

from evals.model_client.calling import ATTEMPTS, Door, complete, open_session
from evals.model_client.terms import CallFailed, Endpoint, Later, Reply

__all__ = [
    "ATTEMPTS",
    "CallFailed",
    "Door",
    "Endpoint",
    "Later",
    "Reply",
    "complete",
    "open_session",
]
