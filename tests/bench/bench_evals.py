"""47 runs of 100 calls at a model that takes 50 ms, 64 in flight, every result stored:
python -m tests.bench.bench_evals [ROUNDS].

A Celery worker with its usual two children does them; the same calls are made by a bare aiohttp
loop in the same run, turn about. The calls' span is read at the model: from the first one's
arrival to the last one's answer. Aims: span <= 1.10x that of the bare loop, <= 0.6 ms CPU a call,
peak RSS <= 180 MiB (the process that asks), promptfoo takes >= 4x as long. promptfoo makes the
same calls once at the end, where it is installed (`promptfoo_calls`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench import promptfoo_calls  # noqa: E402
from tests.bench.database import throwaway_database  # noqa: E402

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
VARIANTS, CASES, IN_FLIGHT = 47, 100, 64
CALLS = VARIANTS * CASES


def main() -> None:
    """Turn about, so often."""
    with throwaway_database(), model() as port:
        from evals.models import CaseResult
        from tests.builders import build_fleet

        os.environ |= {
            "FLEET_SIMULATOR_URL": f"http://127.0.0.1:{port}/v1",
            "FLEET_SIMULATOR_CONCURRENCY": str(IN_FLIGHT),
        }
        fleet = build_fleet(tenants=VARIANTS, cases=CASES)
        with worker() as children:
            warm_up(fleet, port)
            spans = []
            for _ in range(ROUNDS):
                bare = bare_loop(port)
                before = {pid: cpu_of(pid) for pid in children()}
                began = time.monotonic()
                start(fleet)
                wait_for_verdicts()
                took = time.monotonic() - began
                ours = counted(port)
                spans.append(ours["span"])
                spent = {pid: cpu_of(pid) - before.get(pid, 0) for pid in children()}
                print(
                    f"bare loop: {bare['span']:.2f} s, {bare['cpu'] * 1000 / CALLS:.2f} ms CPU a "
                    f"call | ours: {ours['span']:.2f} s ({ours['span'] / bare['span']:.3f}x), "
                    f"{sum(spent.values()) * 1000 / CALLS:.2f} ms CPU a call "
                    f"({max(spent.values()) * 1000 / CALLS:.2f} in the process that asks), "
                    f"{ours['most_in_flight']} in flight, {ours['calls']} calls, all "
                    f"{VARIANTS} verdicts after {took:.2f} s",
                    flush=True,
                )
            most = max(peak_of(pid) for pid in children())
            print(
                f"peak RSS of a worker process: {most:.0f} MiB; {CaseResult.objects.count()} rows",
                flush=True,
            )
        print(against_promptfoo(port, sum(spans) / len(spans)))


def warm_up(fleet: Any, port: int) -> None:
    """One run, so that every module is loaded and every connection stands."""
    begin(fleet.variants[:2])
    wait_for_verdicts()
    counted(port)


def start(fleet: Any) -> None:
    """The 47 runs; one commit, as a campaign's, so that the calls begin with all of them there."""
    from django.db import transaction

    with transaction.atomic():
        begin(fleet.variants)


def begin(variants: Any) -> None:
    """A run a variant, of what is live."""
    from evals.actions import start_run

    for variant in variants:
        start_run(variant.revisions.get(), baseline=None, by=None, afresh=True)


def wait_for_verdicts() -> None:
    """Until no run is under way."""
    from evals.models import EvalRun

    while EvalRun.objects.filter(stage="running").exists():
        time.sleep(0.2)


def bare_loop(port: int) -> dict[str, float]:
    """The same calls, by a process that does nothing else."""
    from evals.models import Case, EvalRun

    run = EvalRun.objects.first()
    assert run is not None
    cases = Case.objects.filter(suite_version__in=run.suite_versions.all())
    bodies = [
        json.dumps({
            "model": run.revision.model_target.snapshot, "seed": 0, "temperature": 0,
            "messages": [{"role": "system", "content": run.revision.text}, *case.messages],
        }).encode()
        for case in cases
    ] * VARIANTS  # fmt: skip
    said = subprocess.run(
        [sys.executable, "-m", "tests.bench.bare_calls",
         f"http://127.0.0.1:{port}/v1/chat/completions", str(IN_FLIGHT)],
        input=b"\n".join(bodies), capture_output=True, cwd=ROOT, check=True,
    ).stdout  # fmt: skip
    return json.loads(said) | counted(port)


def against_promptfoo(port: int, ours: float) -> str:
    """How long promptfoo takes for the same calls; `ours` is the mean span of ours, in seconds."""
    command = promptfoo_calls.promptfoo()
    if command is None:
        return "promptfoo not found"
    from evals.models import Case, EvalRun

    runs = list(EvalRun.objects.select_related("revision__model_target")[:VARIANTS])
    cases = Case.objects.filter(suite_version__in=runs[0].suite_versions.all())
    counted(port)
    version = promptfoo_calls.run(
        command, port=port, in_flight=IN_FLIGHT, snapshot=runs[0].revision.model_target.snapshot,
        texts=[run.revision.text for run in runs],
        cases=[(case.question, case.expectations[0]["values"]) for case in cases],
    )  # fmt: skip
    theirs = counted(port)
    return (
        f"promptfoo {version}: {theirs['span']:.2f} s for {theirs['calls']} calls, "
        f"{theirs['most_in_flight']} in flight ({theirs['span'] / ours:.1f}x ours)"
    )


@contextmanager
def model() -> Iterator[int]:
    """The model in its own process; its port."""
    from tests.live import free_port, until

    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.model_at_50ms", str(port)], cwd=ROOT
    )
    try:
        until(lambda: reachable(port), what="the model answers")
        yield port
    finally:
        process.kill()
        process.wait()


def reachable(port: int) -> bool:
    """Whether it is up."""
    try:
        counted(port)
    except OSError:
        return False
    return True


def counted(port: int) -> dict[str, Any]:
    """What the model counted since it was last asked."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as response:
        found: dict[str, Any] = json.load(response)
        return found


@contextmanager
def worker() -> Iterator[Any]:
    """A Celery worker; what gives the ids of its children."""
    from tests.live import database_url

    env = {**os.environ, "DATABASE_URL": database_url(), "FLEET_RECONCILE_SECONDS": "5"}
    command = [sys.executable, "-m", "celery", "-A", "fleet.celery", "worker", "-c", "2"]
    log = subprocess.DEVNULL
    process = subprocess.Popen([*command, "-l", "ERROR"], cwd=ROOT, env=env, stdout=log, stderr=log)

    def children() -> list[int]:
        found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        return [int(pid) for pid in found.split()]

    try:
        yield children
    finally:
        process.terminate()
        process.wait(20)


def cpu_of(pid: int) -> float:
    """Seconds that a process has had of a processor, its threads among them."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def peak_of(pid: int) -> float:
    """The most memory a process ever held, MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
