"""A small process between a parent and one child, so that no parent's death orphans anything.

Run as a script on the bare interpreter (standard library only):

    python -I -S guard.py --pipe FD [--polite TERM] [--grace 4] -- COMMAND...

The parent holds the write end of the pipe. When it closes, by intent or because the parent
died in whatever way (SIGKILL included), the guard asks the child to stop with the polite
signal, waits the grace (seconds), then kills what is left, grandchildren included. When the
child ends by itself the guard kills what it left behind and ends with its status (128 + n
for signal n), so that a restart never meets survivors.

On Linux the guard is the reaper of all its descendants, those in sessions of their own
included, and a killed guard takes its child along. Elsewhere it reaches the child's
process group.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time

LINUX = sys.platform.startswith("linux")
PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36
LEFTOVER_SECONDS = 0.5
"""How long grandchildren without a parent may take to end on SIGTERM."""


def main(argv: list[str]) -> int:
    """Guard one command until it or the parent ends; return its exit status."""
    options = _options(argv)
    polite = signal.Signals[f"SIG{options.polite}"]
    if LINUX:
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
    woken = _wake_on_signals()
    try:
        child = _start(options.command, polite)
    except (OSError, subprocess.SubprocessError) as problem:
        print(f"cannot run {options.command[0]}: {problem}", file=sys.stderr, flush=True)
        return 127
    guard = _Guard(child.pid)
    while guard.status is None:
        ready, _, _ = select.select([options.pipe, woken], [], [])
        if options.pipe in ready or signal.SIGTERM in _drain(woken, ready):
            guard.stop(polite, options.grace)
        guard.reap()
    guard.end_leftovers()
    return guard.status


class _Guard:
    """One child, what it leaves behind, and its exit status once it has ended."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.status: int | None = None

    def reap(self) -> None:
        """Collect every ended descendant; note the status when it is the child."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self.pid:
                    code = os.waitstatus_to_exitcode(status)
                    self.status = code if code >= 0 else 128 - code

    def stop(self, polite: signal.Signals, grace: float) -> None:
        """Ask the child to end, wait `grace` seconds, then kill it."""
        _send(self.pid, polite)
        self._wait(grace)
        if self.status is None:
            _send(self.pid, signal.SIGKILL)
            self._wait(grace)
        if self.status is None:  # stuck in the kernel; nothing more can be done from here
            self.status = 128 + signal.SIGKILL

    def end_leftovers(self) -> None:
        """End every descendant that outlived the child, politely for a moment, then surely."""
        for sign, seconds in ((signal.SIGTERM, LEFTOVER_SECONDS), (signal.SIGKILL, 5.0)):
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                self.reap()
                if not _signal_leftovers(self.pid, sign):
                    return
                time.sleep(0.02)

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self.status is None and time.monotonic() < until:
            time.sleep(0.01)
            self.reap()


def _start(command: list[str], death_signal: signal.Signals) -> subprocess.Popen[bytes]:
    """Start the command as leader of its own session, tied to this guard's life on Linux."""
    guard_pid = os.getpid()

    def tie() -> None:
        _prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != guard_pid:
            os._exit(1)

    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=tie if LINUX else None,
    )


def _signal_leftovers(child_pid: int, sign: signal.Signals) -> bool:
    """Signal what is left of the child's family; False when nothing is."""
    if LINUX:
        left = _descendants(os.getpid())
        for pid in left:
            _send(pid, sign)
        return bool(left)
    try:
        os.killpg(child_pid, sign)
    except OSError:
        return False
    return True


def _descendants(root: int) -> list[int]:
    """All living processes under `root`, read from /proc."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError, ValueError, IndexError):
            with open(f"/proc/{name}/stat", "rb") as file:
                after_name = file.read().rpartition(b")")[2].split()
            if after_name[0] != b"Z":
                children.setdefault(int(after_name[1]), []).append(int(name))
    found, queue = [], [root]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found


def _wake_on_signals() -> int:
    """Turn SIGCHLD and SIGTERM into bytes on a pipe; a terminal's Ctrl-C is the parent's matter."""
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    for sign in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(sign, lambda *_: None)
    return read_end


def _drain(woken: int, ready: list[int]) -> bytes:
    return os.read(woken, 4096) if woken in ready else b""


def _send(pid: int, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, sign)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, ctypes.c_ulong(value), 0, 0, 0)


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="guard")
    parser.add_argument("--pipe", type=int, required=True)
    parser.add_argument("--polite", default="TERM")
    parser.add_argument("--grace", type=float, default=4.0)
    parser.add_argument("command", nargs="+")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
