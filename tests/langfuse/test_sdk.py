"""The unmodified `langfuse` SDK against the real site."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from fleet.delivery.keys import create_api_key
from fleet.release.actions import roll_back, withdraw
from tests.builders import Fleet, usual_fleet
from tests.release.test_invariants import published

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "support-triage"


@pytest.fixture
def fleet(transactional_db: None) -> Fleet:
    return usual_fleet(tenants=2)


@pytest.fixture
def langfuse(fleet: Fleet, live_server: LiveServer) -> Iterator[Any]:
    """The SDK with a fresh key; it keeps one instance a public key, tracing off.

    Its connections are closed: while one is alive, the server's thread keeps the database open.
    """
    import httpx
    from langfuse import Langfuse

    public, _, secret = create_api_key(name="sdk", scopes=["prompts:read"])[1].pair.partition(":")
    with httpx.Client(timeout=30) as connections:
        client = Langfuse(
            public_key=public,
            secret_key=secret,
            base_url=live_server.url,
            tracing_enabled=False,
            timeout=30,
            httpx_client=connections,
        )
        yield client
        client.shutdown()


def until(true: Callable[[], object], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "never came true"
        time.sleep(0.05)


def test_sdk_gets_prompts_by_name_and_label_and_compiles_their_variables(langfuse: Any) -> None:
    assert langfuse.auth_check()
    prompt = langfuse.get_prompt(NAME, label="tenant-0")
    assert (prompt.version, prompt.labels, prompt.variables) == (1, ["tenant-0"], ["user_name"])
    assert "Be formal, variant 0." in prompt.prompt
    assert "Ana's shop" in prompt.compile(user_name="Ana")
    assert prompt.config["model"] == "sim-aurora-2025-02-11"
    default = langfuse.get_prompt(NAME)
    assert default.labels == ["production", "latest"] and "Be friendly." in default.prompt
    assert langfuse.get_prompt(NAME, version=1).prompt == default.prompt


def test_sdk_sees_a_rollback_after_its_own_cache_time(langfuse: Any, fleet: Fleet) -> None:
    published(fleet, fleet.variants[0])

    def version() -> int:
        return langfuse.get_prompt(NAME, label="tenant-0", cache_ttl_seconds=1).version

    assert version() == 2
    roll_back(fleet.variants[0], by=fleet.operator, reason="Refusals up.")
    until(lambda: version() == 1)


def test_sdk_drops_a_withdrawn_text(langfuse: Any, fleet: Fleet) -> None:
    from langfuse.api.commons.errors.not_found_error import NotFoundError

    asked = {"label": "tenant-0", "cache_ttl_seconds": 1, "max_retries": 0}
    langfuse.get_prompt(NAME, **asked)
    withdraw(fleet.variants[0], by=fleet.policy_owner, reason="It promises refunds.")

    def withdrawn() -> bool:
        try:
            langfuse.get_prompt(NAME, **asked)
        except NotFoundError as error:
            return "withdrawn" in error.body["message"]
        return False

    until(withdrawn)


def test_sdk_falls_back_to_the_callers_text_where_there_is_none(langfuse: Any) -> None:
    prompt = langfuse.get_prompt("nothing", fallback="Hello {{who}}", max_retries=0)
    assert prompt.is_fallback and prompt.compile(who="Ana") == "Hello Ana"


def test_sdk_shows_why_what_is_not_supported_is_refused(langfuse: Any) -> None:
    from langfuse.api.core.api_error import ApiError

    calls: list[Callable[[], object]] = [
        lambda: langfuse.create_prompt(name="x", prompt="y", labels=["production"]),
        lambda: langfuse.update_prompt(name=NAME, version=1, new_labels=["production"]),
        lambda: langfuse.create_dataset(name="x"),
        lambda: langfuse.get_dataset("x"),
        lambda: langfuse.api.prompts.list(),
        lambda: langfuse.get_prompt(NAME, label="nobody", max_retries=0),
    ]
    for call in calls:
        with pytest.raises(ApiError) as refused:
            call()
        assert refused.value.status_code in (404, 405)
        assert refused.value.body["message"]
