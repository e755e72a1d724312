"""The model providers that are set up: where each answers and what it lets us do."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from evals.model_client import Endpoint


class NoEndpoint(Exception):
    """The provider is not configured; the message says which setting is missing."""


def endpoint_of(provider: str) -> Endpoint:
    """Where a provider answers; NoEndpoint when it is not set up."""
    found: dict[str, Any] = settings.PROVIDERS.get(provider, {})
    if not found.get("base_url"):
        raise NoEndpoint(
            f"No address is configured for the provider {provider}. "
            "An operator has to set it in the environment."
        )
    return Endpoint(
        provider=provider, base_url=found["base_url"].rstrip("/"), key=found.get("key", ""),
        concurrency=max(1, found.get("concurrency", 8)), timeout=settings.MODEL_TIMEOUT_SECONDS,
        shape=found.get("shape", "openai"), calls_a_minute=found.get("calls_a_minute"),
    )  # fmt: skip


def seconds_for(provider: str, calls: int, seconds_a_call: float) -> float:
    """How long so many calls take, by the calls in flight and the calls a minute allowed."""
    if not calls:
        return 0.0
    try:
        endpoint = endpoint_of(provider)
    except NoEndpoint:
        return calls * seconds_a_call
    by_flight = -(-calls // endpoint.concurrency) * seconds_a_call
    if not endpoint.calls_a_minute:
        return by_flight
    return max(by_flight, calls * 60 / endpoint.calls_a_minute)
