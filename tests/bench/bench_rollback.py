"""From the click to the SDK: python -m tests.bench.bench_rollback [ROLLBACKS] [CLIENTS].

Rolls one variant to and fro. CLIENTS SDKs in another process hold it; counted is the time from
before the rollback until `get` returns it. Aims: p95 <= 1 s, p99 <= 2 s; without the change
stream <= 30 s.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.database import throwaway_database  # noqa: E402

ROLLBACKS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
CLIENTS = int(sys.argv[2]) if len(sys.argv) > 2 else 50
BLOCKED_ROLLBACKS = 3


def main() -> None:
    """With the stream, then without."""
    with throwaway_database():
        from tests.bench.bench_fetch import server
        from tests.bench.bench_streams import make_key, site
        from tests.builders import build_fleet
        from tests.live import database_url
        from tests.release.test_invariants import published

        fleet = build_fleet(tenants=2)
        published(fleet, fleet.variants[0])
        key = make_key()
        os.environ["DATABASE_URL"] = database_url()
        with server("healthz", *site()) as port:
            with clients(port, key, stream=True) as held:
                measure("change stream", held, ROLLBACKS, pause=0.1, wait=3.0)
            with clients(port, key, stream=False) as held:
                measure("polling only", held, BLOCKED_ROLLBACKS, pause=31.0, wait=1.0)


@contextmanager
def clients(port: int, key: str, *, stream: bool) -> Iterator[subprocess.Popen[str]]:
    """The applications' process, ready."""
    command = [sys.executable, "-m", "tests.bench.sdk_clients", str(port), key, str(CLIENTS)]
    process = subprocess.Popen(
        [*command, "1" if stream else "0"], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        answer(process)
        yield process
    finally:
        process.kill()
        process.wait()


def answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The next line it says."""
    assert process.stdout is not None
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


def measure(
    label: str, process: subprocess.Popen[str], count: int, *, pause: float, wait: float
) -> None:
    """Roll back so often, and print how long the clients held the text before."""
    clicked = {}
    for _ in range(count):
        at = time.time()
        clicked[roll()] = at
        time.sleep(pause)
    time.sleep(wait)
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    seen = answer(process)
    late = sorted(at - clicked[release] for release, times in seen.items() for at in times)
    points = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    told = ", ".join(f"{name} {late[int(len(late) * at)]:.2f}" for name, at in points.items())
    # A client that was still fetching the one before may pass over a release: it is not late.
    first = sum(len(times) for times in seen.values())
    print(f"{label}: {told}, most {late[-1]:.2f} s; {first} of {count * CLIENTS} seen one by one; "
          f"{len(seen.get(list(clicked)[-1], []))} of {CLIENTS} hold the last")  # fmt: skip


def roll() -> str:
    """The click: the release it made."""
    from fleet.release.actions import roll_back
    from fleet.release.models import Release, Stage
    from registry.models import Revision, User, Variant
    from tests.bench.sdk_clients import TENANT

    variant = Variant.objects.get(tenant__slug=TENANT)
    live = Release.objects.get(variant=variant, stage=Stage.LIVE)
    other = Revision.objects.filter(variant=variant).exclude(pk=live.revision_id).get()
    by = User.objects.get(username="prompt_engineer")
    return str(roll_back(variant, by=by, reason="To and fro.", to=other).pk)


if __name__ == "__main__":
    main()
