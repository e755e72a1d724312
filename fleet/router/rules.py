"""Choose a lane for a request, and the lanes behind it. Pure: values in, names out.

A router document is `{"rules": [rule, …], "fallbacks": {lane: [lane, …]}}`. A rule is
`{"segment", "tenant", "locale", "task_tier", "lane"}`: each condition is a list of accepted
values, absent or empty for "any"; the first rule whose conditions all hold names the lane.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CONDITIONS = ("segment", "tenant", "locale", "task_tier")
"""What a rule may ask of a request, in the order a reader expects."""

DEFAULT_LANE = "primary"
"""The lane of a request that no rule covers (contract.md)."""

DEFAULT_FALLBACKS: Mapping[str, Sequence[str]] = {"primary": ("fallback",)}
"""Without a router of its own: behind the primary stands the fallback lane."""


@dataclass(frozen=True)
class Asked:
    """What a request says of itself; empty where it says nothing."""

    segment: str = ""
    tenant: str = ""
    locale: str = ""
    task_tier: str = ""


def lane_for(rules: Sequence[Mapping[str, Any]], asked: Asked) -> str:
    """The lane of the first rule that covers the request, else the default one."""
    return next((str(rule["lane"]) for rule in rules if _covers(rule, asked)), DEFAULT_LANE)


def fallbacks_for(fallbacks: Mapping[str, Sequence[str]] | None, lane: str) -> tuple[str, ...]:
    """The lanes to try after `lane`, in order, each once and never `lane` itself."""
    table = DEFAULT_FALLBACKS if fallbacks is None else fallbacks
    return tuple(dict.fromkeys(name for name in table.get(lane, ()) if name != lane))


def _covers(rule: Mapping[str, Any], asked: Asked) -> bool:
    return all(
        not rule.get(name) or _accepts(name, rule[name], getattr(asked, name))
        for name in CONDITIONS
    )


def _accepts(name: str, values: Sequence[str], value: str) -> bool:
    """A locale is covered by its language too: `de` covers `de-AT`."""
    return value in values or (name == "locale" and value.split("-")[0] in values)
