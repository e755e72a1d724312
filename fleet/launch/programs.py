"""The programs `up` runs beside the servers, each as one command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from fleet.launch.environment import CHECKOUT
from fleet.launch.supervisor import Program

WEB_WORKERS = 2
"""Server processes: a fault in one leaves the other one answering."""

WEB_OPEN = 2_048
"""Requests a server process may have open at once. Every change stream is one for as long as
it lasts, so this is how many applications listen; past it, callers wait to be accepted."""

WEB_BACKLOG = 4_096
"""Connections that wait to be accepted: after a restart every application comes at once."""

TASK_PROCESSES = 2


class Programs:
    """Command lines and environment for one data directory and port."""

    def __init__(self, data_dir: Path, host: str, port: int, simulator_port: int | None) -> None:
        """`simulator_port` is None where no demo is wanted."""
        self._data_dir = data_dir
        self._host, self._port, self._simulator_port = host, port, simulator_port
        self.demo = simulator_port is not None
        self._env = dict(os.environ, PYTHONUNBUFFERED="1", SITE_URL=f"http://{host}:{port}")

    def web(self) -> Program:
        """The site and its change stream: granian running `fleet.rsgi`."""
        command = ["granian", "fleet.rsgi:application", "--interface", "rsgi", "--no-ws"]
        command += ["--host", self._host, "--port", str(self._port)]
        command += ["--workers", str(WEB_WORKERS), "--backlog", str(WEB_BACKLOG)]
        command += ["--backpressure", str(WEB_OPEN)]
        command += ["--respawn-failed-workers", "--workers-kill-timeout", "2"]
        return self._python("web", *command)

    def worker(self) -> Program:
        """The Celery worker."""
        command = ["celery", "-A", "fleet.celery", "worker", "--pool", "prefork", "-l", "info"]
        command += ["--concurrency", str(TASK_PROCESSES), "--without-gossip", "--without-mingle"]
        return self._python("worker", *command)

    def beat(self) -> Program:
        """Celery's clock; its schedule file is a cache and lies in the data directory."""
        schedule = str(self._data_dir / "run" / "beat-schedule")
        command = ["celery", "-A", "fleet.celery", "beat", "-l", "warning", "-s", schedule]
        return self._python("beat", *command, "--pidfile=")

    def simulator(self) -> Program:
        """The simulated model server, for the demo only."""
        command = ["evals.simulator", "--host", self._host, "--port", str(self._simulator_port)]
        return self._python("simulator", *command)

    def _python(self, name: str, *arguments: str) -> Program:
        command = [sys.executable, "-m", *arguments]
        return Program(name, command, self._env, CHECKOUT)
