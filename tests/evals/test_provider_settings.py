"""Which providers the environment sets up."""

from __future__ import annotations

import pytest

from evals.provider_settings import UnusableProvider, providers_from


def test_a_key_is_enough_for_the_known_ones_and_without_one_they_are_not_set_up() -> None:
    found = providers_from({"OPENAI_API_KEY": "k"})
    assert found["openai"]["base_url"] == "https://api.openai.com/v1"
    assert found["anthropic"]["base_url"] == "" and found["anthropic"]["shape"] == "anthropic"


def test_any_server_of_either_shape_can_be_named() -> None:
    found = providers_from({
        "FLEET_PROVIDERS": "local, my-proxy", "LOCAL_BASE_URL": "http://127.0.0.1:1/v1",
        "MY_PROXY_BASE_URL": "https://proxy.example/v1", "MY_PROXY_SHAPE": "anthropic",
        "MY_PROXY_API_KEY": "k", "MY_PROXY_CONCURRENCY": "3", "MY_PROXY_CALLS_A_MINUTE": "60",
    })  # fmt: skip
    assert found["local"] == {
        "base_url": "http://127.0.0.1:1/v1", "key": "", "shape": "openai", "concurrency": 16,
        "calls_a_minute": None,
    }  # fmt: skip
    assert found["my-proxy"]["shape"] == "anthropic" and found["my-proxy"]["concurrency"] == 3
    assert found["my-proxy"]["calls_a_minute"] == 60


@pytest.mark.parametrize(
    ("name", "value"),
    [("OPENAI_CONCURRENCY", "0"), ("OPENAI_CALLS_A_MINUTE", "many"), ("OPENAI_SHAPE", "soap")],
)
def test_what_cannot_be_meant_is_named(name: str, value: str) -> None:
    with pytest.raises(UnusableProvider, match=name):
        providers_from({name: value})
