"""Embedded PostgreSQL and Redis of one data directory: joined if they run, started if not.

Who started a server holds it: it stops when `stop` is called or that process is gone.
Files in DIR/run: `start.lock` (one process at a time starts or stops), `users.lock` (shared
by everybody who uses the servers), `postgres.lock`, `redis.lock` (held by the guard of the
running server, so "does it run" never rests on a pid file) and `postgres.starter`,
`redis.starter` (held by the process that started it: without one the server is about to end).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from fleet.launch.broker import Redis
from fleet.launch.child import Child
from fleet.launch.failure import CannotStart
from fleet.launch.places import Lock, private_dir
from fleet.launch.postgres import Postgres

COMING_OR_GOING_SECONDS = 20.0
"""How long a server that neither answers nor has ended may take to do one of the two."""


class Embedded:
    """One server of the data directory, running as long as this object or its starter lives."""

    def __init__(self, server: Postgres | Redis, run: Path) -> None:
        self.server = server
        self.child: Child | None = None
        self._running = run / f"{server.name}.lock"
        self._starter = Lock(run / f"{server.name}.starter")

    def join_or_start(self) -> bool:
        """Use the running server or start it; True if it was started here."""
        until = time.monotonic() + COMING_OR_GOING_SECONDS
        lock = Lock(self._running)
        while not lock.take(wait=False):
            if self._has_starter() and self.server.answers():
                lock.close()
                return False
            if time.monotonic() > until:
                raise CannotStart(f"{self.server.name} hangs; see {self.server.log}")
            time.sleep(0.05)
        try:
            self._starter.take()
            self.child = self.server.start([lock.descriptor])
        finally:
            lock.close()
        return True

    def _has_starter(self) -> bool:
        if not self._starter.take(wait=False):
            return True
        self._starter.free()
        return False

    def revive(self) -> str | None:
        """Start a server of ours again if it ended; the reason it had, or None if it runs."""
        if self.child is None or self.child.poll() is None:
            return None
        reason = self.child.reason()
        lock = Lock(self._running)
        lock.take()
        try:
            if isinstance(self.server, Redis):
                self.child = self.server.start([lock.descriptor], same_url=True)
            else:
                self.child = self.server.start([lock.descriptor])
        finally:
            lock.close()
        return reason

    def stop(self) -> None:
        """Stop it if it was started here."""
        if self.child is not None:
            self.child.stop()
            self.child = None
        self._starter.close()


class Servers:
    """The servers one process uses, with their URLs; a context manager that stops its own."""

    def __init__(self, data_dir: Path, run: Path, embedded: list[Embedded]) -> None:
        self.data_dir = data_dir
        self.embedded = embedded
        self.started: list[str] = []
        self._mutex_path = run / "start.lock"
        self._users = Lock(run / "users.lock")

    def begin(self, *, join: bool = True) -> None:
        """Join or start every server, one process of this data directory at a time."""
        with Lock(self._mutex_path) as mutex:
            if not join:
                self._be_first(mutex)
            self._users.take(shared=True)
            try:
                for one in self.embedded:
                    if one.join_or_start():
                        self.started.append(one.server.name)
            except BaseException:
                self._stop_own()
                raise

    @property
    def database_url(self) -> str | None:
        """DATABASE_URL of the embedded PostgreSQL; None if it was not asked for."""
        return self._url(Postgres)

    @property
    def redis_url(self) -> str | None:
        """REDIS_URL of the embedded Redis; None if it was not asked for."""
        return self._url(Redis)

    def revive(self) -> list[tuple[str, str]]:
        """Start again what ended of our own; (server, reason) for each."""
        found = [(one.server.name, one.revive()) for one in self.embedded]
        return [(name, reason) for name, reason in found if reason is not None]

    def stop(self, *, at_once: bool = False) -> None:
        """Stop what was started here, after the last other user left unless `at_once`."""
        told = False
        while self._users.descriptor >= 0:
            with Lock(self._mutex_path):
                if at_once or not self.started or self._users.take(wait=False):
                    self._stop_own()
                    return
                self._users.take(shared=True)  # a refused change of mode may have freed it
            if not told:
                print("waiting for another command that uses this database", file=sys.stderr)
                told = True
            time.sleep(0.2)

    def _be_first(self, mutex: Lock) -> None:
        """Wait for short commands that hold the servers; what joined them would end with them."""
        until = time.monotonic() + COMING_OR_GOING_SECONDS
        while not self._users.take(wait=False):
            if time.monotonic() > until:
                raise CannotStart(
                    f"another command still uses {self.data_dir}: wait for it to end, or choose "
                    "another folder with --data DIR"
                )
            mutex.free()  # they need it to stop
            time.sleep(0.1)
            mutex.take()

    def _stop_own(self) -> None:
        for one in self.embedded:
            if one.child is not None:
                one.child.release()
        for one in self.embedded:
            one.stop()
        self.started = []
        self._users.close()

    def _url(self, kind: type[Postgres] | type[Redis]) -> str | None:
        for one in self.embedded:
            if isinstance(one.server, kind):
                return one.server.url()
        return None

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def ensure(
    data_dir: Path,
    throwaway: bool = False,
    *,
    postgres: bool = True,
    redis: bool = True,
    join: bool = True,
) -> Servers:
    """Have the servers of `data_dir` running: join or start those asked for.

    `throwaway` trades safety of the data for speed, for tests. Without `join` they are
    started here and by nobody else. CannotStart says in one line what is in the way.
    """
    data_dir = private_dir(data_dir.resolve())
    private_dir(data_dir / "logs")
    run = private_dir(data_dir / "run")
    wanted: list[Embedded] = []
    if postgres:
        wanted.append(Embedded(Postgres(data_dir, throwaway=throwaway), run))
    if redis:
        wanted.append(Embedded(Redis(data_dir), run))
    servers = Servers(data_dir, run, wanted)
    servers.begin(join=join)
    return servers
