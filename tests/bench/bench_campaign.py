"""47 tracks from the start of a campaign until all wait for sign-off, 60 cases each:
python -m tests.bench.bench_campaign [ROUNDS].

A Celery worker with two children does what it does in production; the same calls are made by a
bare aiohttp loop against the same simulator right after. Aim: wall time <= 1.3x. A simulator
that answers at once leaves both without a pause, so that processor time is all that counts; one
that takes 50 ms is still quicker than any model.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.bench_evals import wait_for_verdicts, worker  # noqa: E402
from tests.bench.database import throwaway_database  # noqa: E402

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 2
VARIANTS, CASES, IN_FLIGHT = 47, 60, 64
LATENCIES_MS = (0, 50)


def main() -> None:
    """Against a simulator that answers at once, and against one that takes its time."""
    with throwaway_database():
        from tests.builders import build_fleet

        fleet = build_fleet(tenants=VARIANTS, cases=CASES)
        for latency_ms in LATENCIES_MS:
            at(latency_ms, fleet)


def at(latency_ms: int, fleet: Any) -> None:
    """A campaign, the same calls by hand, so often."""
    from tests.live import simulator

    log = Path(os.environ.get("TMPDIR", "/tmp")) / "bench-simulator.log"
    with simulator(log, latency_ms=latency_ms) as url:
        os.environ |= {
            "FLEET_SIMULATOR_URL": url, "FLEET_SIMULATOR_CONCURRENCY": str(IN_FLIGHT),
            "FLEET_ANSWERS_KEPT_DAYS": "0",
        }  # fmt: skip
        with worker():
            start_up(fleet.variants[0])
            for number in range(1, ROUNDS + 1):
                took, campaign = through(fleet)
                bodies = calls_of(campaign)
                bare = bare_loop(url, bodies)
                print(
                    f"{latency_ms} ms a call, round {number}: {campaign.tracks.count()} tracks "
                    f"after {took:.2f} s, bare loop {bare:.2f} s for the same {len(bodies)} calls: "
                    f"{took / bare:.2f}x",
                    flush=True,
                )
                over(campaign, fleet)


def start_up(variant: Any) -> None:
    """Wait until the worker is there: it has measured something."""
    from evals.actions import start_run

    revision = variant.revisions.order_by("number").first()
    start_run(revision, baseline=None, by=None, afresh=True)
    wait_for_verdicts()


def through(fleet: Any) -> tuple[float, Any]:
    """Seconds from the click until the last track waits for its sign-off."""
    from fleet.campaign.actions import open_campaign

    began = time.monotonic()
    campaign = open_campaign(source=fleet.old, target=fleet.new, name="Bench", by=fleet.engineer)
    while campaign.tracks.exclude(stage="awaiting_sign_off").exists():
        assert time.monotonic() - began < 300, "it does not get through"
        time.sleep(0.05)
    return time.monotonic() - began, campaign


def calls_of(campaign: Any) -> list[bytes]:
    """The requests that its evals made, as bodies."""
    from evals.models import CaseResult

    made = CaseResult.objects.filter(run__tracks__campaign=campaign, taken_from__isnull=True)
    found = []
    for row in made.select_related(
        "case", "run__revision__model_target", "run__baseline__model_target"
    ):
        revision = row.run.revision if row.arm == "candidate" else row.run.baseline
        found.append(
            json.dumps({
                "model": revision.model_target.snapshot, "seed": row.repeat, "temperature": 0,
                "messages": [{"role": "system", "content": revision.text}, *row.case.messages],
            }).encode()
        )  # fmt: skip
    return found


def bare_loop(url: str, bodies: list[bytes]) -> float:
    """Seconds that a process which does nothing else takes for them."""
    command = [sys.executable, "-m", "tests.bench.bare_calls", f"{url}/chat/completions"]
    began = time.monotonic()
    subprocess.run(
        [*command, str(IN_FLIGHT)], input=b"\n".join(bodies), capture_output=True, cwd=ROOT,
        check=True,
    )  # fmt: skip
    return time.monotonic() - began


def over(campaign: Any, fleet: Any) -> None:
    """Free the variants for the next round."""
    from fleet.campaign.actions import cancel_campaign

    cancel_campaign(campaign, by=fleet.engineer, reason="Measured.")


if __name__ == "__main__":
    main()
