"""From a chat completion request to the response body: OpenAI's shape, no HTTP."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from evals.simulator.answer import reply
from evals.simulator.conduct import Request, decide_conduct
from evals.simulator.dice import digest
from evals.simulator.judging import asks_for_verdict, verdict
from evals.simulator.personality import Personality, personalities
from evals.simulator.reading import read
from evals.simulator.summary import summarise


class BadRequest(ValueError):
    """The request cannot be answered; ``status``, ``code`` and ``param`` go into the error body."""

    def __init__(
        self, message: str, *, status: int = 400, code: str | None = None, param: str = ""
    ):
        super().__init__(message)
        self.status, self.code, self.param = status, code, param


def error_body(message: str, kind: str, code: str | None = None, param: str = "") -> dict[str, Any]:
    """An error in OpenAI's shape."""
    return {"error": {"message": message, "type": kind, "param": param or None, "code": code}}


def complete(body: object) -> dict[str, Any]:
    """Answer one decoded request body. The same body always gives the same response.

    Raises BadRequest for an unknown model (404) or an unusable body (400).
    """
    if not isinstance(body, Mapping):
        raise BadRequest("The request body must be a JSON object.")
    model = _model(body.get("model"))
    turns = _turns(body.get("messages"))
    if body.get("stream"):
        raise BadRequest("The simulated models do not stream.", param="stream")
    system = "\n".join(text for role, text in turns if role in ("system", "developer"))
    talk = tuple((role, text) for role, text in turns if role not in ("system", "developer"))
    message = next((text for role, text in reversed(talk) if role == "user"), "")
    seed = str(body.get("seed") or 0)[:64]
    text = answer(Request(model, system, message, talk, seed))
    text, finish = _cut(text, body.get("max_completion_tokens") or body.get("max_tokens"))
    return _response(model, system, talk, text, finish, seed)


def answer(request: Request) -> str:
    """The text a simulated model gives for a request."""
    if asks_for_verdict(request.system):
        return verdict(request)
    reading = read(request.system)
    conduct = decide_conduct(request, reading)
    write = summarise if reading.task == "summary" else reply
    return write(request.message, conduct)


def estimated_tokens(text: str) -> int:
    """Tokens of ``text`` at four UTF-8 bytes a token: an estimate, 20 % off at times."""
    return math.ceil(len(text.encode("utf-8", "surrogatepass")) / 4)


def _model(name: object) -> Personality:
    found = personalities().get(name) if isinstance(name, str) else None
    if found is None:
        raise BadRequest(
            f"The model `{str(name)[:100]}` does not exist. Simulated models: "
            + ", ".join(personalities()),
            status=404,
            code="model_not_found",
            param="model",
        )
    return found


def _turns(messages: object) -> list[tuple[str, str]]:
    if not isinstance(messages, list) or not messages:
        raise BadRequest("`messages` must be a list with at least one message.", param="messages")
    return [_turn(one, index) for index, one in enumerate(messages)]


def _turn(message: object, index: int) -> tuple[str, str]:
    where = f"messages[{index}]"
    if not isinstance(message, Mapping) or not isinstance(message.get("role"), str):
        raise BadRequest(f"`{where}` must be an object with a role.", param=where)
    content = message.get("content")
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, Mapping)]
        content = "".join(text for text in parts if isinstance(text, str))
    if not isinstance(content, str):
        raise BadRequest(f"`{where}.content` must be text.", param=f"{where}.content")
    return message["role"], content


def _cut(text: str, limit: object) -> tuple[str, str]:
    if isinstance(limit, bool) or not isinstance(limit, int) or limit <= 0:
        return text, "stop"
    if estimated_tokens(text) <= limit:
        return text, "stop"
    return text.encode("utf-8", "replace")[: limit * 4].decode("utf-8", "ignore"), "length"


def _response(
    model: Personality,
    system: str,
    talk: tuple[tuple[str, str], ...],
    text: str,
    finish: str,
    seed: str,
) -> dict[str, Any]:
    prompt_tokens = estimated_tokens(system) + sum(4 + estimated_tokens(said) for _, said in talk)
    completion_tokens = estimated_tokens(text)
    name = digest("\x1e".join([model.model, system, *(said for _, said in talk), seed]))
    return {
        "id": f"chatcmpl-sim-{name}",
        "object": "chat.completion",
        "created": model.created,
        "model": model.model,
        "system_fingerprint": model.fingerprint,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": None},
                "logprobs": None,
                "finish_reason": finish,
            }
        ],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }
