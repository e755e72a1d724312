"""Keeps a set of processes running: starts them, watches them, restarts what dies."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fleet.launch.child import Child

BACKOFF_SECONDS = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Wait before the first, second, ... restart in a row; the last one repeats."""

STEADY_SECONDS = 20.0
"""A process that ran this long starts again at the first step of the backoff."""

HOPELESS_DEATHS = 4
"""A program that dies this often in a row has a fault, not an accident."""

LARGEST_LOG = 5_000_000
"""Bytes; a longer log is set aside as NAME.log.1 when its process starts."""


@dataclass(frozen=True)
class Program:
    """What to run: a name for people, the command, and what it needs to end well."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    grace: float = 4.0


@dataclass
class Supervised:
    """One program and its present process."""

    program: Program
    log: Path
    child: Child | None = None
    started: float = 0.0
    deaths: int = 0
    due: float = field(default=0.0)
    """When (monotonic) the next start is due while there is no process."""

    def start(self) -> None:
        """Start the process now."""
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_name(self.log.name + ".1"))
        program = self.program
        self.child = Child(
            program.command, log=self.log, env=program.env, cwd=program.cwd, grace=program.grace
        )
        self.started = time.monotonic()

    def watch(self) -> str | None:
        """Restart a dead process when it is due; a line for people when something happened."""
        now = time.monotonic()
        if self.child is None:
            if now < self.due:
                return None
            self.start()
            return f"{self.program.name} started again"
        if self.child.poll() is None:
            return None
        reason = self.child.reason()
        self.deaths = 0 if now - self.started > STEADY_SECONDS else self.deaths
        pause = BACKOFF_SECONDS[min(self.deaths, len(BACKOFF_SECONDS) - 1)]
        self.deaths += 1
        self.child, self.due = None, now + pause
        if pause == 0.0:
            self.start()
            return f"{self.program.name} {reason}; started again"
        return f"{self.program.name} {reason}; next try in {pause:.1f} s"


class Supervisor:
    """Several programs, started in order and stopped together."""

    def __init__(self, logs: Path, say: Callable[[str], None]) -> None:
        self.logs = logs
        self._say = say
        self._all: list[Supervised] = []

    def add(self, program: Program) -> Supervised:
        """Start a program and keep it running from now on."""
        one = Supervised(program, self.logs / f"{program.name}.log")
        self._all.append(one)
        one.start()
        return one

    def watch(self) -> None:
        """Look at every process once and say what happened."""
        for one in self._all:
            if line := one.watch():
                self._say(line)

    def hopeless(self) -> Supervised | None:
        """A program that only ever dies, if there is one."""
        return next((one for one in self._all if one.deaths >= HOPELESS_DEATHS), None)

    def stop(self) -> None:
        """End everything, all at the same time."""
        running = [one.child for one in self._all if one.child is not None]
        for child in running:
            child.release()
        for child in running:
            child.stop()
        self._all = []
