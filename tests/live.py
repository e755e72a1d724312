"""Real processes for tests: the simulated model server, Celery workers, beat."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from django.db import connection

from fleet.launch.child import Child

ROOT = Path(__file__).resolve().parent.parent


def until(condition: Callable[[], object], *, seconds: float = 30, what: str = "") -> None:
    """Wait for a condition, polling; fails loudly when the time is up."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:g} s: {what or condition}")
        time.sleep(0.05)


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def database_url() -> str:
    """DATABASE_URL of the test database this process is connected to."""
    at = connection.settings_dict
    who = quote(at["USER"] or "") + (f":{quote(at['PASSWORD'])}" if at["PASSWORD"] else "")
    host, port = quote(at["HOST"] or "", safe=""), at["PORT"] or ""
    place = f"{host}:{port}" if port else host
    options = at.get("OPTIONS", {}).get("host")
    query = f"?host={quote(options, safe='')}" if options else ""
    return f"postgres://{who}{'@' if who else ''}{place}/{at['NAME']}{query}"


class Process:
    """A child under a guard: it ends with this process, however that ends."""

    def __init__(self, *arguments: str, env: dict[str, str], log: Path) -> None:
        self._child = Child(
            [sys.executable, *arguments], log=log, env={**os.environ, **env}, cwd=ROOT
        )

    def stop(self) -> int:
        """Ask the command to end, wait until it has; its exit status."""
        return self._child.stop()

    def kill(self) -> None:
        """SIGKILL the command and its children: nothing gets to clean up."""
        kill_below(self._child.pid)
        self._child.stop()


def kill_below(pid: int) -> None:
    """SIGKILL every descendant of a process."""
    for one in _below(pid):
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def _below(pid: int) -> list[int]:
    """Every descendant of a process, the nearest first."""
    linux = Path(f"/proc/{pid}/task/{pid}/children")
    if linux.exists():
        words = linux.read_text()
    else:
        words = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout
    children = [int(word) for word in words.split()]
    return [*children, *(one for child in children for one in _below(child))]


@contextmanager
def simulator(log: Path, *, latency_ms: int = 0) -> Iterator[str]:
    """The simulated model server; gives the base URL to ask. Each answer takes so long."""
    port = free_port()
    command = ["-m", "evals.simulator", "--port", str(port), "--latency-ms", str(latency_ms)]
    process = Process(*command, env={}, log=log)
    try:
        until(lambda: _answers(f"http://127.0.0.1:{port}/healthz"), what="the simulator answers")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()


@contextmanager
def crew() -> Iterator[list[Process]]:
    """A list of processes, all of them killed at the end whatever happened."""
    members: list[Process] = []
    try:
        yield members
    finally:
        for member in members:
            member.kill()


def start_worker(env: dict[str, str], log: Path) -> Process:
    """A Celery worker with two children."""
    command = ["-m", "celery", "-A", "fleet.celery", "worker", "-c", "2", "-l", "INFO"]
    return Process(*command, "--without-gossip", "--without-mingle", env=env, log=log)


def start_beat(env: dict[str, str], log: Path) -> Process:
    """Celery beat; its schedule lies beside its log."""
    schedule = str(log.with_suffix(".schedule"))
    return Process("-m", "celery", "-A", "fleet.celery", "beat", "-s", schedule, env=env, log=log)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as response:
            return bool(response.status == 200)
    except OSError:
        return False
