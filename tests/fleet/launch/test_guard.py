"""No death of a parent leaves a process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fleet.launch.child import Child
from tests.fleet.launch.processes import alive, wait_until

ROOT = Path(__file__).resolve().parents[3]

# Writes its own pid and those of three descendants: a plain child, one in a session of its
# own, and one whose parent ended at once (a daemon). All ignore SIGTERM.
FAMILY = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def note():
    with open(sys.argv[1], "a") as file:
        file.write(f"{os.getpid()}\\n")
def live():
    note()
    time.sleep(600)
if os.fork() == 0:
    live()
if os.fork() == 0:
    os.setsid()
    live()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        live()
    os._exit(0)
live()
"""

PARENT = """
import sys, time
from pathlib import Path
from fleet.launch.child import Child
child = Child([sys.executable, "-c", sys.argv[1], sys.argv[2]], log=Path(sys.argv[3]), grace=0.3)
time.sleep(600)
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a guard adopt these")


def pids(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def grown(file: Path) -> bool:
    return len(pids(file)) == 4


@linux
@pytest.mark.fault
def test_killed_parent_takes_the_whole_family_along(tmp_path: Path) -> None:
    noted = tmp_path / "pids"
    command = [sys.executable, "-c", PARENT, FAMILY, str(noted), str(tmp_path / "log")]
    parent = subprocess.Popen(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)})
    try:
        assert wait_until(lambda: grown(noted))
    finally:
        parent.kill()
        parent.wait()
    assert wait_until(lambda: not any(map(alive, pids(noted))))


@linux
def test_stopped_child_takes_daemons_along(tmp_path: Path) -> None:
    noted = tmp_path / "pids"
    family = [sys.executable, "-c", FAMILY, str(noted)]
    child = Child(family, log=tmp_path / "log", grace=0.3)
    assert wait_until(lambda: grown(noted))
    assert child.stop() == 128 + signal.SIGKILL
    assert not any(map(alive, pids(noted)))


@linux
@pytest.mark.fault
def test_killed_child_leaves_nothing_for_its_successor_to_meet(tmp_path: Path) -> None:
    noted = tmp_path / "pids"
    family = [sys.executable, "-c", FAMILY, str(noted)]
    child = Child(family, log=tmp_path / "log")
    assert wait_until(lambda: grown(noted))
    first = next(pid for pid in pids(noted) if parent_of(pid) == child.pid and leads(pid))
    os.kill(first, signal.SIGKILL)
    assert child.wait(10) == 128 + signal.SIGKILL
    assert not any(map(alive, pids(noted)))
    assert child.reason() == "killed by SIGKILL"


@linux
@pytest.mark.fault
def test_killed_guard_takes_its_child_along(tmp_path: Path) -> None:
    script = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(99)"
    noted = tmp_path / "pid"
    child = Child([sys.executable, "-c", script, str(noted)], log=tmp_path / "log")
    assert wait_until(lambda: noted.exists() and noted.read_text())
    os.kill(child.pid, signal.SIGKILL)
    assert wait_until(lambda: not alive(int(noted.read_text())))


def test_polite_child_ends_with_its_own_status_within_the_grace(tmp_path: Path) -> None:
    script = (
        "import signal, sys, time; signal.signal(signal.SIGINT, lambda *_: sys.exit(7));"
        "print('up', flush=True); time.sleep(99)"
    )
    child = Child([sys.executable, "-c", script], log=tmp_path / "log", polite="INT")
    assert wait_until(lambda: "up" in (tmp_path / "log").read_text())
    began = time.monotonic()
    assert child.stop() == 7
    assert time.monotonic() - began < 3


def test_failing_child_is_described_by_status_and_last_words(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("words of an earlier run\n")
    child = Child([sys.executable, "-c", "import sys; sys.exit('no such fleet')"], log=log)
    assert child.wait(10) == 1
    assert child.reason() == "ended with status 1: no such fleet"


def test_missing_command_is_an_ended_child_not_an_exception(tmp_path: Path) -> None:
    child = Child([str(tmp_path / "absent")], log=tmp_path / "log")
    assert child.wait(10) == 127
    assert "absent" in child.last_words()


def parent_of(pid: int) -> int:
    asked = ["ps", "-o", "ppid=", "-p", str(pid)]
    return int(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)


def leads(pid: int) -> bool:
    """Whether it is the guarded command itself: the only one that has children."""
    asked = ["ps", "-o", "pid=", "--ppid", str(pid)]
    return bool(subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip())
