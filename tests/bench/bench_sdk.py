"""Time a warm `get` of the SDK against a dict with a time to live, in the same run.

    python -m tests.bench.bench_sdk

Aims (median of a call): 1 µs without a session, 5 µs with one while a canary takes its share.
Prints microseconds and how many times the floor: a look-up by the same names in a dict, one
comparison with the clock, nothing else. The best of the rounds counts for each, since other
load only ever adds; the rounds take turns.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from time import monotonic, perf_counter_ns

from registry.client import PromptClient
from tests.registry.sdk_server import Registry

ROUNDS = 15
CALLS = 20_000
AIM_US, AIM_WITH_SESSION_US = 1.0, 5.0


class Floor:
    """The least a cache with a time to live can do."""

    def __init__(self, value: object) -> None:
        self._entries = {("p", "acme", None, None, None): (value, monotonic() + 3600)}

    def get(
        self,
        slug: str,
        tenant: str | None = None,
        locale: str | None = None,
        lane: str | None = None,
        session: str | None = None,
        task_tier: str | None = None,
    ) -> object:
        value, due = self._entries[slug, tenant, locale, lane, task_tier]
        if monotonic() < due:
            return value
        raise KeyError(slug)


def microseconds(call: Callable[[str], object]) -> float:
    """The median of batches of a hundred calls, each call with another session."""
    names = [f"user-{number}" for number in range(100)]
    taken = []
    for _ in range(CALLS // 100):
        began = perf_counter_ns()
        for name in names:
            call(name)
        taken.append((perf_counter_ns() - began) / 100_000)
    return statistics.median(taken)


def main() -> int:
    """Print the table; 1 if an aim was missed."""
    server = Registry()
    server.stream_status = 200
    server.ttl = 3600.0
    server.up()
    canary = [
        {"release_id": "r1", "share": 0.9, "stage": "live"},
        {"release_id": "r2", "share": 0.1, "stage": "canary"},
    ]
    with PromptClient(server.url, "k") as plain, PromptClient(server.url, "k") as split:
        plain.get("p", tenant="acme")
        server.arms = canary
        for number in range(100):
            split.get("p", tenant="acme", session=f"user-{number}")
        floor = Floor(plain.get("p", tenant="acme"))
        calls: dict[str, Callable[[str], object]] = {
            "floor": lambda name: floor.get("p", tenant="acme"),
            "get": lambda name: plain.get("p", tenant="acme"),
            "get, session, one release": lambda name: plain.get("p", tenant="acme", session=name),
            "get, session, canary": lambda name: split.get("p", tenant="acme", session=name),
        }
        best = dict.fromkeys(calls, float("inf"))
        for _ in range(ROUNDS):
            for name, call in calls.items():
                best[name] = min(best[name], microseconds(call))
    server.down()
    for name, took in best.items():
        print(f"{name:28} {took:6.3f} µs  {took / best['floor']:5.2f}x")
    return int(
        best["get"] > AIM_US
        or best["get, session, one release"] > AIM_WITH_SESSION_US
        or best["get, session, canary"] > AIM_WITH_SESSION_US
    )


if __name__ == "__main__":
    sys.exit(main())
