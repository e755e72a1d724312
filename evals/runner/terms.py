"""What goes to the asking thread and what comes back. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from evals.judges import Context, Scored
from evals.model_client import CallFailed, Reply
from evals.models import Case
from evals.runner.purse import Purse


@dataclass(eq=False, slots=True)
class Ask:
    """One call to make: who is asked what, for which case, arm and repeat of which chunk.

    `known`: the answer is there already and is only to be graded, or it cannot be had.
    `context` None: nothing to grade takes a call. `then`: the new arm's ask that needs this
    one's answer.
    """

    chunk: int
    run: UUID
    arm: str
    case: Case
    repeat: int
    key: str
    provider: str
    snapshot: str
    messages: tuple[Mapping[str, Any], ...]
    parameters: Mapping[str, Any]
    prices: tuple[float, float] | None = None
    purse: Purse | None = None
    context: Context | None = None
    known: Reply | CallFailed | None = None
    taken_from: int | None = None
    then: Ask | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """An ask with what came of it, and its grades where they took calls (USD `graded_for`)."""

    ask: Ask
    reply: Reply | CallFailed
    scored: Scored | None = None
    graded_for: float = 0.0


@dataclass(frozen=True, slots=True)
class NotAsked:
    """An ask that was not made: the run was stopped, or it may be made after `wait` seconds."""

    ask: Ask
    wait: float = 0.0
    over_budget: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """A lane has used up the turns that its rate limit gave it."""

    provider: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A provider wants nobody to ask it for so many seconds."""

    provider: str
    seconds: float


Event = Answered | NotAsked | Need | Hold


@dataclass
class Prices:
    """USD a token in and out by (provider, snapshot), where they are known."""

    known: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    def of(self, provider: str, snapshot: str, reply: Reply) -> float:
        """What an answer cost, as far as prices and tokens are known."""
        each = self.known.get((provider, snapshot))
        if each is None:
            return 0.0
        return (reply.prompt_tokens or 0) * each[0] + (reply.completion_tokens or 0) * each[1]
