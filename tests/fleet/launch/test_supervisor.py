"""Supervised programs come back, at once the first time, and say why they died."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from fleet.launch.supervisor import BACKOFF_SECONDS, Program, Supervisor
from tests.fleet.launch.processes import alive, belonging_to, wait_until

SLEEPER = "import os, sys, time; print(os.getpid(), flush=True); time.sleep(99)"


def program(folder: Path, script: str) -> Program:
    command = [sys.executable, "-c", script, str(folder)]
    return Program("sleeper", command, dict(os.environ), folder, grace=1.0)


@pytest.mark.fault
def test_killed_program_runs_again_within_two_seconds(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(tmp_path, said.append)
    one = supervisor.add(program(tmp_path, SLEEPER))
    try:
        assert wait_until(lambda: one.log.read_text().strip())
        pid = int(one.log.read_text())
        began = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: supervisor.watch() or len(one.log.read_text().split()) == 2)
        assert time.monotonic() - began < 2
        assert not alive(pid)
        assert said == [f"sleeper killed by SIGKILL: {pid}; started again"]
    finally:
        supervisor.stop()
    assert not belonging_to(tmp_path)


def test_program_that_keeps_failing_is_tried_ever_more_rarely(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(tmp_path, said.append)
    supervisor.add(program(tmp_path, "import sys; sys.exit('no luck')"))
    try:
        assert wait_until(lambda: supervisor.watch() or len(said) >= 4, 10)
    finally:
        supervisor.stop()
    assert said[0] == "sleeper ended with status 1: no luck; started again"
    assert said[1].endswith(f"next try in {BACKOFF_SECONDS[1]} s")
    assert said[2] == "sleeper started again"
    assert said[3].endswith(f"next try in {BACKOFF_SECONDS[2]} s")


def test_stop_ends_all_programs_at_the_same_time(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, print)
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + SLEEPER
    all_of_them = [supervisor.add(program(tmp_path, stubborn)) for _ in range(3)]
    assert wait_until(lambda: len(all_of_them[0].log.read_text().split()) == 3)
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 2.5
    assert not belonging_to(tmp_path)
