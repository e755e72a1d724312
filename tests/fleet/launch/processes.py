"""Looking at other processes, for tests that kill them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def wait_until(true: Callable[[], object], seconds: float = 15.0) -> bool:
    """Whether it becomes true in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.02)
    return bool(true())


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not collected does not."""
    asked = ["ps", "-o", "stat=", "-p", str(pid)]
    state = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return bool(state) and not state.startswith("Z")


def belonging_to(folder: Path) -> list[str]:
    """The command lines of all processes that name the folder there or in their environment."""
    asked = ["ps", "-eww", "-o", "pid=,stat=,command="]
    listed = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    found = []
    for line in listed.splitlines():
        pid, state, command = line.split(None, 2)
        if int(pid) == os.getpid() or state.startswith("Z"):
            continue
        if str(folder) in command or os.fsencode(folder) in _environment(int(pid)):
            found.append(f"{pid} {command}")
    return found


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""
