"""Lines that say what is going on and how long it has taken."""

from __future__ import annotations

import sys
import threading
import time

QUIET_SECONDS = 5.0
"""Where lines cannot be rewritten, a running step reports this often."""


class Progress:
    """Writes `[ 3.2 s] text` lines; the clock starts with the object."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    def say(self, text: str) -> None:
        """One line, at once."""
        print(f"[{self.seconds():5.1f} s] {text}", flush=True)


class Ticker:
    """A step whose text changes while it runs: rewritten on a terminal, else now and then."""

    def __init__(self, progress: Progress, text: str) -> None:
        self.text = text
        self._progress = progress
        self._rewrite = sys.stdout.isatty()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Ticker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        if self._rewrite:
            print("\r\x1b[K", end="", flush=True)

    def _tick(self) -> None:
        while not self._ended.wait(0.2 if self._rewrite else QUIET_SECONDS):
            if self._rewrite:
                line = f"[{self._progress.seconds():5.1f} s] {self.text}"
                print(f"\r\x1b[K{line[:100]}", end="", flush=True)
            else:
                self._progress.say(self.text)
