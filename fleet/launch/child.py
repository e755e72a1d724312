"""The parent's side of a guard: start a command so that it cannot outlive us."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

GUARD = Path(__file__).with_name("guard.py")
STOP_MARGIN_SECONDS = 6.0
"""What a guard may take beyond its grace to kill and reap leftovers."""


class Child:
    """One command under a guard; it ends when `stop` is called or this process is gone."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        polite: str = "TERM",
        grace: float = 4.0,
        keep_open: Sequence[int] = (),
    ) -> None:
        """Start `command`, its output appended to `log`.

        `polite` names the signal that asks it to end and `grace` the seconds it then has.
        `keep_open` are descriptors the guard (not the command) holds as long as it lives.
        """
        self.log = log
        self.grace = grace
        read_end, self._pipe = os.pipe()
        guard = [sys.executable, "-I", "-S", str(GUARD), "--pipe", str(read_end)]
        guard += ["--polite", polite, "--grace", str(grace), "--", *command]
        try:
            with log.open("ab") as output:
                self._log_start = output.tell()
                self._guard = subprocess.Popen(
                    guard,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=dict(env) if env is not None else None,
                    cwd=cwd,
                    pass_fds=[read_end, *keep_open],
                    start_new_session=True,
                )
        finally:
            os.close(read_end)

    @property
    def pid(self) -> int:
        """The guard's process id; the command is its only direct child."""
        return self._guard.pid

    def poll(self) -> int | None:
        """None while it runs, else its exit status (128 + n for signal n)."""
        status = self._guard.poll()
        if status is not None:
            self.release()
        return status

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the command to end by itself; subprocess.TimeoutExpired if it does not."""
        status = self._guard.wait(timeout)
        self.release()
        return status

    def release(self) -> None:
        """Let go: the guard begins to end the command. Returns at once."""
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1

    def stop(self) -> int:
        """End the command and all its descendants; return its exit status."""
        self.release()
        try:
            return self._guard.wait(self.grace + STOP_MARGIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._guard.kill()
            return self._guard.wait()

    def reason(self) -> str:
        """Why it ended, for one line on the screen: status and its last words in the log."""
        status = self._guard.returncode
        words = self.last_words()
        return describe(status) + (f": {words}" if words else "")

    def last_words(self, limit: int = 200) -> str:
        """The last line this command wrote, cut to `limit` characters."""
        with contextlib.suppress(OSError), self.log.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(self._log_start, end - 8192))
            lines = file.read().decode("utf-8", "replace").split("\n")
            written = [line.strip() for line in lines if line.strip()]
            return written[-1][:limit] if written else ""
        return ""


def describe(status: int | None) -> str:
    """An exit status in words."""
    if status is None:
        return "still running"
    number = status - 128 if status > 128 else -status
    if number in signal.valid_signals():
        return f"killed by {signal.Signals(number).name}"
    return f"ended with status {status}"
