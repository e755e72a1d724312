"""The OpenAI-compatible chat completion: what is sent and what is read. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evals.model_client.reading import UnreadableReply, count, storable, tool_call
from evals.model_client.terms import Reply

PATH = "/chat/completions"


def headers(key: str) -> dict[str, str]:
    """Who asks; a server of one's own may want no key."""
    content = {"Content-Type": "application/json"}
    return {**content, "Authorization": f"Bearer {key}"} if key else content


def body(
    snapshot: str, messages: Sequence[Mapping[str, Any]], seed: int, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """The request's JSON."""
    return {"model": snapshot, "messages": list(messages), "seed": seed, **parameters}


def reply(document: Any, latency_ms: float) -> Reply:
    """The answer in the response's JSON. Raises UnreadableReply."""
    try:
        choice = document["choices"][0]
        message, usage = choice["message"], document.get("usage") or {}
        calls = message.get("tool_calls") or ()
        return Reply(
            text=storable(_text(message.get("content") if calls else message["content"])),
            finish_reason=storable(str(choice.get("finish_reason") or "")),
            prompt_tokens=count(usage.get("prompt_tokens")),
            completion_tokens=count(usage.get("completion_tokens")),
            latency_ms=latency_ms,
            tool_calls=tuple(
                tool_call(one["function"]["name"], one["function"].get("arguments"))
                for one in calls
            ),
        )
    except (KeyError, IndexError, TypeError, AttributeError):
        message = "The answer is not a chat completion (no choices[0].message.content)."
        raise UnreadableReply(message) from None


def _text(content: Any) -> str:
    """The text of a message; some servers send it in parts."""
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content)
    return content or ""
