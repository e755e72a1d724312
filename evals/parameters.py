"""Which parameters of a model a run may set. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ALLOWED = frozenset({
    "frequency_penalty", "max_completion_tokens", "max_tokens", "presence_penalty",
    "reasoning_effort", "response_format", "stop", "temperature", "thinking", "tool_choice",
    "tools", "top_k", "top_p",
})  # fmt: skip
"""Names as the providers' own APIs spell them. `model`, `messages` and `seed` are the run's own;
`stream` and `n` would change the shape of the answer."""


class UnusableParameters(ValueError):
    """A parameter that a run must not set; the message names it."""


def clean_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters in the order of their names; UnusableParameters for any other.

    None takes a default away: some models refuse `temperature`.
    """
    unknown = sorted(set(parameters) - ALLOWED)
    if unknown:
        raise UnusableParameters(
            f"A run cannot set {', '.join(unknown)}. It may set {', '.join(sorted(ALLOWED))}."
        )
    return {name: parameters[name] for name in sorted(parameters)}


def in_effect(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent: temperature 0 unless the run says otherwise, and nothing that is None."""
    merged = {"temperature": 0, **parameters}
    return {name: value for name, value in merged.items() if value is not None}
