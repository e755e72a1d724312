"""The product's server on a free port, for tests: granian over the test database."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.live import Process, free_port, until

RSGI = ("--interface", "rsgi", "--backlog", "2048")
WSGI = ("--interface", "wsgi", "--blocking-threads", "4")
START_SECONDS = 60


class Server:
    """One that runs."""

    def __init__(
        self, mode: tuple[str, ...], env: dict[str, str], log: Path, port: int = 0
    ) -> None:
        """Start it; `answers` tells when it is up. One process, so that its state is one."""
        self.port = port or free_port()
        self.log = log
        app = f"tests.stream.app:{mode[1]}"
        command = ["-m", "granian", app, *mode, "--no-ws", "--workers-kill-timeout", "2"]
        self.process = Process(*command, "--port", str(self.port), env=env, log=log)

    def answers(self) -> bool:
        """Whether it is up."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2):
                return True
        except OSError:
            return False

    def stop(self) -> float:
        """Ask it to end, as Ctrl-C does; seconds until it has."""
        begun = time.monotonic()
        self.process.stop()
        return time.monotonic() - begun

    def wait(self) -> None:
        """Until it is up; its log where it is not."""
        try:
            until(self.answers, seconds=START_SECONDS)
        except AssertionError:
            raise AssertionError(self.log.read_text()[-2000:]) from None


@contextmanager
def servers(*modes: tuple[str, ...], env: dict[str, str], logs: Path) -> Iterator[list[Server]]:
    """One server a mode, all up; killed at the end."""
    with ExitStack() as stack:
        started = []
        for number, mode in enumerate(modes):
            one = Server(mode, env, logs / f"server-{number}.log")
            stack.callback(one.process.kill)
            started.append(one)
        for one in started:
            one.wait()
        yield started
