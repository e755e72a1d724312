"""The programs `up` runs beside the servers, each as one command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from fleet.launch.environment import CHECKOUT
from fleet.launch.supervisor import Program

WEB_WORKERS = 2
WEB_THREADS = 4
"""Threads a web worker serves requests on; each holds at most one database connection."""

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
        """The site: granian serving WSGI, since a sync view under ASGI is ~10x slower."""
        command = ["granian", "fleet.wsgi:application", "--interface", "wsgi", "--no-ws"]
        command += ["--host", self._host, "--port", str(self._port)]
        command += ["--workers", str(WEB_WORKERS), "--blocking-threads", str(WEB_THREADS)]
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
