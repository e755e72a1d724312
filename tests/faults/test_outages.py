"""PostgreSQL, Redis, the web server and a switching process fail: what callers see of it.

`pytest -s` prints it second by second. Servers and database of its own, nobody else's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import redis

from fleet.launch.broker import Redis
from fleet.launch.servers import Servers, ensure
from tests.faults.watching import Watch, fetch
from tests.live import ROOT, until
from tests.stream.caller import Caller
from tests.stream.serving import RSGI, Server

pytestmark = pytest.mark.fault

OUTAGE_SECONDS = 3.0
POLL_SECONDS = 5.0
ON_TIME_SECONDS = 2.0
"""A rollback must be heard within a second on a quiet machine; these tests share theirs."""

STOP_SECONDS = 3.0


class Switching:
    """The process that switches; started again when it died."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env
        self._process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.faults.switching"], cwd=ROOT, env=self._env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def do(self, verb: str) -> dict[str, Any]:
        """What it says; nothing where it died."""
        if self._process.poll() is not None:
            self._process = self._start()
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{verb}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self._process.wait(10)
            return {}
        found: dict[str, Any] = json.loads(line)
        return found

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait(10)


class Ground:
    """Everything that can fail, and one application watching."""

    def __init__(self, place: Path) -> None:
        self.servers: Servers = ensure(place, throwaway=True)
        names = {"DATABASE_URL": self.servers.database_url, "REDIS_URL": self.servers.redis_url}
        self.env = {name: value for name, value in names.items() if value} | {
            "FLEET_LOCAL": "1", "SECRET_KEY": "fault", "DJANGO_SETTINGS_MODULE": "fleet.settings",
        }  # fmt: skip
        self.switching = Switching({**os.environ, **self.env})
        self.log = place / "web.log"
        begun = self.switching.do("begin")
        self.key, self.path = begun["key"], begun["path"]
        self.web = Server(RSGI, self.env, self.log)
        self.web.wait()
        fetch(self.web.port, self.key, self.path)

    def end(self, name: str) -> None:
        """Stop PostgreSQL or Redis."""
        for one in self.servers.embedded:
            if one.server.name == name and one.child is not None:
                one.child.stop()

    def begin(self) -> None:
        """Start what was stopped."""
        self.servers.revive()

    def stop(self) -> None:
        """End all of it."""
        self.web.process.kill()
        self.switching.stop()
        self.servers.stop(at_once=True)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Servers, a fleet and the web, of this module alone."""
    one = Ground(tmp_path_factory.mktemp("outage"))
    yield one
    one.stop()


@pytest.fixture
def watch(ground: Ground) -> Iterator[Watch]:
    """An application that fetches and listens while the test goes on."""
    one = Watch(ground.web.port, ground.key, ground.path)
    until(lambda: one.fetches and any("opened" in seen.what for seen in one.stream), seconds=10)
    yield one
    one.stop()
    print(f"\n{one.table()}")


def heard_after(watch: Watch, act: Callable[[], dict[str, Any]]) -> float:
    """Seconds from a switch to the event that tells of it."""
    done = act()
    at = time.monotonic()
    until(lambda: [e for e in watch.heard if e.cursor == done["cursor"]], seconds=15, what="heard")
    return max(0.0, next(e.at for e in watch.heard if e.cursor == done["cursor"]) - at)


def assert_no_gap(watch: Watch) -> None:
    """Every cursor once and in order: the trigger leaves none out."""
    cursors = [event.cursor for event in watch.heard]
    assert cursors == list(range(cursors[0], cursors[0] + len(cursors)))


def test_with_postgresql_away_callers_get_the_last_good_text_and_then_the_new_one(
    ground: Ground, watch: Watch
) -> None:
    assert heard_after(watch, lambda: ground.switching.do("switch")) < ON_TIME_SECONDS
    time.sleep(0.5)
    began = watch.note("PostgreSQL stops")
    ground.end("postgres")
    time.sleep(OUTAGE_SECONDS)
    back = watch.note("PostgreSQL starts")
    ground.begin()
    switched: dict[str, Any] = {}

    def switch() -> dict[str, Any]:
        switched.update(ground.switching.do("switch"))
        return switched

    assert heard_after(watch, switch) < ON_TIME_SECONDS
    time.sleep(0.5)
    answers = {seen.what.split(" revision")[0] for seen in watch.fetches}
    assert answers <= {"200", "503"}
    during = [seen for seen in watch.fetches if began + 0.5 < seen.at < back - 0.3]
    assert during and all("stale" in seen.what for seen in during)
    assert watch.fetches[-1].what == f"200 revision {switched['revision']}"
    assert_no_gap(watch)
    assert [seen.what for seen in watch.stream].count("stream opened") == 1


def test_with_redis_away_changes_arrive_by_polling_and_fetches_stay_fresh(
    ground: Ground, watch: Watch
) -> None:
    watch.note("Redis stops")
    ground.end("redis")
    time.sleep(1.5)
    late = [heard_after(watch, lambda: ground.switching.do("switch")) for _ in range(2)]
    watch.note("Redis starts")
    ground.begin()
    time.sleep(2.5)
    soon = heard_after(watch, lambda: ground.switching.do("switch"))
    redis_server = next(s.server for s in ground.servers.embedded if isinstance(s.server, Redis))
    redis.Redis.from_url(redis_server.url()).flushall()
    watch.note("Redis flushed")
    flushed = heard_after(watch, lambda: ground.switching.do("switch"))
    time.sleep(0.3)
    assert max(late) < ON_TIME_SECONDS + 1.0 and max(soon, flushed) < ON_TIME_SECONDS
    assert {seen.what.split(" revision")[0] for seen in watch.fetches} == {"200"}
    assert not any("stale" in seen.what for seen in watch.fetches)
    assert_no_gap(watch)


def test_with_the_web_killed_callers_come_back_with_their_cursor_and_miss_nothing(
    ground: Ground, watch: Watch
) -> None:
    heard_after(watch, lambda: ground.switching.do("switch"))
    watch.note("web killed")
    ground.web.process.kill()
    missed = [ground.switching.do("switch")["cursor"] for _ in range(3)]
    ground.web = Server(RSGI, ground.env, ground.log, port=ground.web.port)
    ground.web.wait()
    watch.note("web is back")
    heard_after(watch, lambda: ground.switching.do("switch"))
    assert set(missed) <= {event.cursor for event in watch.heard}
    assert_no_gap(watch)
    assert [seen.what for seen in watch.stream].count("stream opened") == 2


def test_a_switch_whose_process_died_before_it_could_tell_is_heard_by_the_poll(
    ground: Ground, watch: Watch
) -> None:
    before = len(watch.heard)
    watch.note("killed between commit and publish")
    killed = time.monotonic()
    with suppress(BrokenPipeError):
        assert ground.switching.do("die") == {}
    until(lambda: len(watch.heard) > before, seconds=POLL_SECONDS + 3, what="the poll")
    assert watch.heard[-1].at - killed < POLL_SECONDS + ON_TIME_SECONDS
    time.sleep(0.3)
    assert watch.fetches[-1].revision != watch.fetches[0].revision
    assert_no_gap(watch)


def test_with_a_hundred_streams_open_the_web_still_stops_at_once(ground: Ground) -> None:
    callers = [Caller(ground.web.port, ground.key) for _ in range(100)]
    for caller in callers:
        assert caller.event().kind == "cursor"
    assert ground.web.stop() < STOP_SECONDS
    for caller in callers:
        with pytest.raises(EOFError):
            caller.event()
