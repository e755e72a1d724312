"""The terms of asking a model: where, what comes back, and how it fails. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Shape = Literal["openai", "anthropic"]


@dataclass(frozen=True)
class Endpoint:
    """Where a provider answers. `key` never reaches a log, a page or an error.

    `concurrency` calls may be in flight, `calls_a_minute` begin in any minute (None: no
    limit); `timeout` in seconds, for one try.
    """

    provider: str
    base_url: str
    key: str = field(repr=False)
    concurrency: int
    timeout: float
    shape: str = "openai"
    calls_a_minute: float | None = None


@dataclass(frozen=True)
class Reply:
    """One answer. Tokens are the provider's own counts, latency in milliseconds.

    `tool_calls`: `{"name", "arguments"}` each, the arguments as JSON where they are JSON.
    """

    text: str
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    latency_ms: float
    tool_calls: tuple[Mapping[str, Any], ...] = ()


class CallFailed(Exception):
    """No answer could be had; the message is fit for a page.

    `again`: another try may succeed. `pause`: seconds that the provider asked us to wait.
    `heard`: the provider did say something, so it is alive.
    """

    def __init__(
        self, message: str, *, again: bool, pause: float | None = None, heard: bool = False
    ) -> None:
        super().__init__(message)
        self.again = again
        self.pause = pause
        self.heard = heard


class Later(Exception):
    """The provider may not be asked before so many seconds: longer than one waits here."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Not before {seconds:.0f} s from now.")
        self.seconds = seconds
