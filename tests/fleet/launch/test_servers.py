"""The embedded servers: started once, joined, found again, and never in two minds."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from fleet.launch import servers
from fleet.launch.failure import CannotStart
from fleet.launch.places import LONGEST_SOCKET_PATH
from fleet.launch.postgres import SOCKET_NAME
from tests.fleet.launch.processes import belonging_to, wait_until

ROOT = Path(__file__).resolve().parents[3]

HOLDER = """
import sys, time
from pathlib import Path
from fleet.launch import servers
running = servers.ensure(Path(sys.argv[1]), throwaway=True)
print(",".join(running.started), flush=True)
sys.stdin.read()
running.stop()
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose servers ran once; tests copy nothing, they share it in turn."""
    place = tmp_path_factory.mktemp("made once") / "Data"
    servers.ensure(place, throwaway=True).stop()
    return place


@pytest.fixture
def running(made: Path) -> Iterator[servers.Servers]:
    with servers.ensure(made, throwaway=True) as found:
        yield found


def connect(found: servers.Servers) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(str(found.database_url), autocommit=True)


def ask(found: servers.Servers, query: str) -> object:
    with connect(found) as link:
        cursor = link.execute(query)  # type: ignore[call-overload]
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def hold(place: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLDER, str(place)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, env=env, text=True, **pipes)  # type: ignore[call-overload]


def test_started_servers_answer_at_their_urls(running: servers.Servers) -> None:
    assert running.started == ["postgres", "redis"]
    assert ask(running, "show server_encoding") == "UTF8"
    assert ask(running, "show listen_addresses") == ""
    assert redis.from_url(running.redis_url).ping()


def test_redis_without_the_password_is_refused(running: servers.Servers) -> None:
    port = str(running.redis_url).rpartition(":")[2].partition("/")[0]
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=int(port), retry=Retry(NoBackoff(), 0)).get("anything")


def test_data_directory_is_for_its_owner_alone(running: servers.Servers) -> None:
    for name in ("", "run", "postgres", "redis"):
        mode = stat.S_IMODE((running.data_dir / name).stat().st_mode)
        assert mode == 0o700, name
    assert stat.S_IMODE((running.data_dir / "redis" / "access.json").stat().st_mode) == 0o600


def test_second_user_joins_and_leaves_them_running(running: servers.Servers) -> None:
    with servers.ensure(running.data_dir) as joined:
        assert joined.started == []
        assert joined.database_url == running.database_url
    assert ask(running, "select 1") == 1


def test_data_survive_a_restart(made: Path) -> None:
    with servers.ensure(made, throwaway=True) as first:
        ask(first, "create table kept as select 42 as n")
    with servers.ensure(made, throwaway=True) as second:
        assert second.started
        assert ask(second, "select n from kept") == 42


def test_only_what_is_asked_for_is_started(made: Path) -> None:
    with servers.ensure(made, postgres=False) as found:
        assert found.started == ["redis"]
        assert found.database_url is None


def test_starter_waits_for_whoever_joined(made: Path) -> None:
    holder = hold(made)
    assert holder.stdout is not None and holder.stdout.readline().strip() == "postgres,redis"
    with servers.ensure(made) as joined:
        holder.stdin.close()  # type: ignore[union-attr]
        with pytest.raises(subprocess.TimeoutExpired):
            holder.wait(1)
        assert ask(joined, "select 1") == 1
    assert holder.wait(15) == 0
    assert wait_until(lambda: not belonging_to(made))


def test_one_that_must_be_first_waits_for_a_short_command(made: Path) -> None:
    holder = hold(made)
    assert holder.stdout is not None and holder.stdout.readline()
    holder.stdin.close()  # type: ignore[union-attr]
    with servers.ensure(made, throwaway=True, join=False) as found:
        assert found.started == ["postgres", "redis"]
    holder.wait(15)


@pytest.mark.fault
def test_servers_of_a_killed_starter_end_and_start_again(made: Path) -> None:
    holder = hold(made)
    assert holder.stdout is not None and holder.stdout.readline()
    holder.kill()
    holder.wait()
    with servers.ensure(made, throwaway=True) as found:
        assert found.started == ["postgres", "redis"]
        assert ask(found, "select 1") == 1
    assert wait_until(lambda: not belonging_to(made))


@pytest.mark.fault
def test_stale_pid_file_of_somebody_elses_process_does_not_stop_a_start(made: Path) -> None:
    (made / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{made}/postgres\n")
    with servers.ensure(made, throwaway=True, redis=False) as found:
        assert ask(found, "select 1") == 1


@pytest.mark.fault
def test_killed_servers_are_revived_at_the_same_urls(running: servers.Servers) -> None:
    urls = running.database_url, running.redis_url
    pid = int((running.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    seen: list[str] = []
    assert wait_until(lambda: seen.extend(name for name, _ in running.revive()) or seen)
    assert seen == ["postgres"]
    assert (running.database_url, running.redis_url) == urls
    assert ask(running, "select 1") == 1


def test_two_at_once_agree_on_one_starter(made: Path) -> None:
    both = [hold(made), hold(made)]
    said = sorted(one.stdout.readline().strip() for one in both)  # type: ignore[union-attr]
    assert said == ["", "postgres,redis"]
    for one in both:
        one.stdin.close()  # type: ignore[union-attr]
    assert [one.wait(15) for one in both] == [0, 0]


def test_path_too_long_for_a_socket_gets_a_short_private_one(tmp_path: Path) -> None:
    place = tmp_path / ("deep " * 8) / ("deeper " * 8) / "data"
    with servers.ensure(place, throwaway=True, redis=False) as found:
        assert ask(found, "select 1") == 1
        folder = Path(str(ask(found, "show unix_socket_directories")).strip('"'))
        assert len(os.fsencode(folder / SOCKET_NAME)) <= LONGEST_SOCKET_PATH
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    shutil.rmtree(folder)


def test_cut_short_first_start_is_made_whole_by_the_next(tmp_path: Path) -> None:
    half = tmp_path / "data" / "postgres.new"
    half.mkdir(parents=True, mode=0o700)
    (half / "PG_VERSION").write_text("18\n")
    with servers.ensure(tmp_path / "data", throwaway=True, redis=False) as found:
        assert ask(found, "select 1") == 1


def test_data_of_another_postgres_version_says_so(tmp_path: Path) -> None:
    old = tmp_path / "postgres"
    old.mkdir(mode=0o700)
    (old / "PG_VERSION").write_text("12\n")
    with pytest.raises(CannotStart, match="made by PostgreSQL 12"):
        servers.ensure(tmp_path, redis=False)


def test_place_where_a_file_lies_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(CannotStart, match="--data DIR") as refused:
        servers.ensure(tmp_path / "taken" / "data")
    assert "\n" not in str(refused.value)
