"""Which model providers the environment sets up. Pure.

Known by themselves: `openai` and `anthropic` (a key is enough) and the `simulator`. Any other
server that speaks one of the two shapes is named in FLEET_PROVIDERS, separated by commas.
For each provider NAME the environment may hold

- NAME_BASE_URL: up to and without `/chat/completions` or `/messages`
- NAME_API_KEY: never written down, logged or shown; a server of one's own may want none
- NAME_SHAPE: `openai` (the default) or `anthropic`
- NAME_CONCURRENCY: calls in flight at once
- NAME_CALLS_A_MINUTE: calls begun in any minute, of all processes together; empty: no limit

where NAME is in capitals, `-` and `.` being `_`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

CONCURRENCY = 16
"""Calls in flight where nothing is said: within the limits of a provider's lowest paid tier."""

HOME = {
    "openai": ("https://api.openai.com/v1", "openai"),
    "anthropic": ("https://api.anthropic.com/v1", "anthropic"),
}
"""Where a provider answers once there is a key for it, and in which shape."""


class UnusableProvider(ValueError):
    """A variable of a provider cannot be used; the message names it."""


def providers_from(environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Provider -> base_url, key, shape, concurrency, calls_a_minute. Raises UnusableProvider."""
    named = [one.strip() for one in environment.get("FLEET_PROVIDERS", "").split(",")]
    found = {name: _provider(name, environment) for name in (*HOME, *filter(None, named))}
    found["simulator"] = {
        "base_url": environment.get("FLEET_SIMULATOR_URL", ""), "key": "simulated",
        "shape": "openai",
        "concurrency": _number(environment, "FLEET_SIMULATOR_CONCURRENCY", 32),
        "calls_a_minute": None,
    }  # fmt: skip
    return found


def _provider(name: str, environment: Mapping[str, str]) -> dict[str, Any]:
    prefix = re.sub(r"\W|-", "_", name).upper()
    home, shape = HOME.get(name, ("", "openai"))
    key = environment.get(f"{prefix}_API_KEY", "")
    shape = environment.get(f"{prefix}_SHAPE") or shape
    if shape not in ("openai", "anthropic"):
        raise UnusableProvider(f"{prefix}_SHAPE is openai or anthropic.")
    return {
        "base_url": environment.get(f"{prefix}_BASE_URL") or (home if key else ""),
        "key": key,
        "shape": shape,
        "concurrency": _number(environment, f"{prefix}_CONCURRENCY", CONCURRENCY),
        "calls_a_minute": _number(environment, f"{prefix}_CALLS_A_MINUTE", None),
    }


def _number(environment: Mapping[str, str], name: str, default: int | None) -> int | None:
    said = environment.get(name, "").strip()
    if not said:
        return default
    if not said.isascii() or not said.isdigit() or int(said) < 1:
        raise UnusableProvider(f"{name} is a whole number from 1.")
    return int(said)
