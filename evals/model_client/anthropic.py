"""Anthropic's Messages: what is sent and what is read. Pure.

The API has no seed: at temperature 0 its repeats are close to each other, not the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evals.model_client.reading import UnreadableReply, count, storable, tool_call
from evals.model_client.terms import Reply

PATH = "/messages"

VERSION = "2023-06-01"
"""Of the API, as its documentation names it; it has had no later one."""

MAX_TOKENS = 4096
"""The API wants a bound; a run's `max_tokens` is taken before this one."""

FINISH = {
    "end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool_calls",
    "refusal": "content_filter",
}  # fmt: skip
"""Its words for why an answer ended, as the chat completion says them."""

INSTRUCTING = ("system", "developer")


def headers(key: str) -> dict[str, str]:
    """Who asks, and in which version of the API."""
    common = {"Content-Type": "application/json", "anthropic-version": VERSION}
    return {**common, "x-api-key": key} if key else common


def body(
    snapshot: str, messages: Sequence[Mapping[str, Any]], seed: int, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """The request's JSON: the system's words stand apart from the conversation."""
    system = "\n\n".join(str(m["content"]) for m in messages if m.get("role") in INSTRUCTING)
    talk = [
        {"role": m.get("role", "user"), "content": m["content"]}
        for m in messages
        if m.get("role") not in INSTRUCTING
    ]
    sent = {"model": snapshot, "max_tokens": MAX_TOKENS, "messages": talk, **_own(parameters)}
    return {**sent, "system": system} if system else sent


def _own(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters by the names that this API has for them."""
    named = {"max_completion_tokens": "max_tokens", "stop": "stop_sequences"}
    found = {named.get(name, name): value for name, value in parameters.items()}
    if isinstance(found.get("stop_sequences"), str):
        found["stop_sequences"] = [found["stop_sequences"]]
    return found


def reply(document: Any, latency_ms: float) -> Reply:
    """The answer in the response's JSON. Raises UnreadableReply."""
    try:
        blocks, usage = list(document["content"]), document.get("usage") or {}
        reason = str(document.get("stop_reason") or "")
        return Reply(
            text=storable("".join(one["text"] for one in blocks if one["type"] == "text")),
            finish_reason=storable(FINISH.get(reason, reason)),
            prompt_tokens=_read_tokens(usage),
            completion_tokens=count(usage.get("output_tokens")),
            latency_ms=latency_ms,
            tool_calls=tuple(
                tool_call(one["name"], one.get("input"))
                for one in blocks
                if one["type"] == "tool_use"
            ),
        )
    except (KeyError, TypeError, AttributeError):
        raise UnreadableReply("The answer is not a message (no content with blocks).") from None


def _read_tokens(usage: Mapping[str, Any]) -> int | None:
    """Tokens in, those of the provider's own cache among them."""
    names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    known = [found for name in names if (found := count(usage.get(name))) is not None]
    return sum(known) if known else None
