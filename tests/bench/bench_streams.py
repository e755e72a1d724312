"""A thousand open change streams: python -m tests.bench.bench_streams [STREAMS] [SECONDS].

The product as `up` starts it. What the streams cost the fetch (aim: it keeps 80 % of its rate),
and how long a change takes to reach all of them, on a quiet site and under the fetches' load.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.database import throwaway_database  # noqa: E402
from tests.bench.load import Load, request, run  # noqa: E402

STREAMS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 4.0
VARIANTS = 1_000
CLIENTS = 16
ROUNDS = 3
CHANGES = 20
PATH = "/api/v1/prompts/support-triage?tenant=bench-{}"


def main() -> None:
    """Measure without streams, with them, and without them again."""
    with throwaway_database():
        from tests.bench.bench_fetch import server
        from tests.bench.scale import build
        from tests.bench.served import fill
        from tests.live import database_url

        build(1, 1, 1)
        fill(1, VARIANTS)
        key = make_key()
        os.environ["DATABASE_URL"] = database_url()
        with server("healthz", *site()) as port:
            fetch(port, key)
            rates: dict[bool, list[float]] = {True: [], False: []}
            for _ in range(ROUNDS):
                rates[False].append(fetch(port, key).rate)
                with listeners(port, key, STREAMS) as crowd:
                    rates[True].append(fetch(port, key).rate)
                    delays("quiet", crowd)
                    load = threading.Thread(target=fetch, args=(port, key))
                    load.start()
                    delays("under load", crowd)
                    load.join()
            bare, full = max(rates[False]), max(rates[True])
            print(f"fetch without streams {bare:,.0f}/s, with {STREAMS} {full:,.0f}/s: "
                  f"{full / bare:.2f} (aim 0.80)")  # fmt: skip


def fetch(port: int, key: str) -> Load:
    """The fetches' load for a while."""
    headers = {"Authorization": f"Bearer {key}"}
    requests = [request(PATH.format(n), headers) for n in range(1, VARIANTS + 1)]
    return run(port, requests, clients=CLIENTS, seconds=SECONDS)


class Crowd:
    """The listeners' process."""

    def __init__(self, port: int, key: str, count: int) -> None:
        command = [sys.executable, "-m", "tests.bench.listeners", str(port), key, str(count)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.count = count
        print(f"{count} connected in {self._line()['seconds']:.1f} s")

    def report(self) -> dict[str, list[float]]:
        """Cursor -> when each had it, since the last report."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        found = self._line()
        if found["ended"]:
            print(f"{found['ended']} streams ended")
        seen: dict[str, list[float]] = found["seen"]
        return seen

    def stop(self) -> None:
        """All leave."""
        self._process.kill()
        self._process.wait()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found


@contextmanager
def listeners(port: int, key: str, count: int) -> Iterator[Crowd]:
    """So many open streams in another process."""
    crowd = Crowd(port, key, count)
    try:
        yield crowd
    finally:
        crowd.stop()


def delays(label: str, crowd: Crowd) -> None:
    """Make changes, and print how long after their commit the listeners had them."""
    crowd.report()
    committed = {}
    for _ in range(CHANGES):
        cursor = change()
        committed[cursor] = time.time()
        time.sleep(SECONDS / CHANGES)
    time.sleep(1.5)
    seen = crowd.report()
    late = sorted(
        (at - committed[int(cursor)]) * 1000 for cursor, times in seen.items() for at in times
    )
    missing = crowd.count * CHANGES - len(late)
    print(f"{label:>10}: {_spread(late)}, {missing} missing")


def _spread(sorted_ms: list[float]) -> str:
    points = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    found = [f"{name} {sorted_ms[int(len(sorted_ms) * at)]:.0f}" for name, at in points.items()]
    return f"{', '.join(found)}, most {sorted_ms[-1]:.0f} ms"


def change() -> int:
    """A change of what is served by default; its cursor."""
    from django.db import transaction

    from fleet.release.models import Change, Served
    from fleet.stream.bell import ring_after_commit

    with transaction.atomic():
        served = Served.objects.filter(tenant_slug="", prompt_slug="support-triage")
        served.update(etag=os.urandom(16).hex())
        ring_after_commit()
    return Change.objects.order_by("-cursor").values_list("cursor", flat=True)[0]


def make_key() -> str:
    """One that may read everything."""
    from fleet.delivery.keys import create_api_key

    return create_api_key(name="bench", scopes=["prompts:read"])[1].bearer


def site() -> list[str]:
    """The product's own command line, but for the port."""
    from fleet.launch.programs import Programs

    return list(Programs(Path("."), "127.0.0.1", 0, None).web().command)


if __name__ == "__main__":
    main()
