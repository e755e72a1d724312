"""`manage.py up`: everything on one machine, in the order a person can follow on the screen.

Two halves around Django's own start: `prepare` runs before it (port, lock, servers, the
environment that settings read), `run` is the command itself.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from fleet.launch import ports, servers
from fleet.launch.environment import be_local, name_servers
from fleet.launch.failure import CannotStart, Stop
from fleet.launch.notice import only_one
from fleet.launch.programs import Programs
from fleet.launch.progress import Progress
from fleet.launch.ready import wait_for_web, wait_for_worker
from fleet.launch.secret import secret_of
from fleet.launch.supervisor import Supervisor

HOST = "127.0.0.1"
WATCH_SECONDS = 0.2
SERVER_RETRY_SECONDS = 2.0


@dataclass
class Prepared:
    """What stands when Django starts: the servers run, the environment names them."""

    programs: Programs
    data_dir: Path
    url: str
    port: int
    progress: Progress
    running: servers.Servers


_prepared: list[Prepared] = []


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `up`, for its own parser and for Django's `help up`."""
    parser.add_argument("--port", type=int, default=8000, help="where the site listens (8000)")
    parser.add_argument("--no-demo", action="store_true", help="no demo fleet, no simulator")


@contextmanager
def prepare(arguments: Sequence[str], data_dir: Path) -> Iterator[None]:
    """Check what can be checked, then start the servers; all of it ends with the block."""
    parser = argparse.ArgumentParser(prog="manage.py up")
    add_arguments(parser)
    options, _ = parser.parse_known_args(arguments)
    _listen_for_stop()
    ports.refuse_taken(HOST, options.port)
    url = f"http://{HOST}:{options.port}"
    simulator_port = None if options.no_demo else ports.free(HOST)
    simulator = f"http://{HOST}:{simulator_port}/v1" if simulator_port else ""
    with only_one(data_dir, {"url": url, "simulator": simulator}):
        progress = Progress()
        running = _start_servers(data_dir, progress)
        try:
            name_servers(running.database_url, running.redis_url)
            be_local(secret_of(data_dir))
            if simulator:
                os.environ["FLEET_SIMULATOR_URL"] = simulator
            programs = Programs(data_dir, HOST, options.port, simulator_port)
            _prepared[:] = [Prepared(programs, data_dir, url, options.port, progress, running)]
            yield
        finally:
            _deaf()
            running.stop(at_once=True)
            progress.say("stopped")


def run() -> None:
    """Migrate, load the demo, start the programs, say where the site is, and watch."""
    if not _prepared:
        raise CannotStart("`up` supervises a whole machine: start it as python3 manage.py up")
    here = _prepared[0]
    supervisor = Supervisor(here.data_dir / "logs", here.progress.say)
    try:
        _bring_up(here, supervisor)
        while True:
            time.sleep(WATCH_SECONDS)
            _watch_servers(here)
            supervisor.watch()
    finally:
        _deaf()
        here.progress.say("stopping")
        supervisor.stop()


def _start_servers(data_dir: Path, progress: Progress) -> servers.Servers:
    postgres, redis = "DATABASE_URL" not in os.environ, "REDIS_URL" not in os.environ
    wanted = [name for name, on in (("PostgreSQL", postgres), ("Redis", redis)) if on]
    progress.say(f"starting {' and '.join(wanted)}" if wanted else "using your servers")
    return servers.ensure(data_dir, postgres=postgres, redis=redis, join=False)


def _bring_up(here: Prepared, supervisor: Supervisor) -> None:
    from django.core.management import call_command
    from django.db import connections

    say, programs = here.progress.say, here.programs
    say("preparing the database")
    call_command("migrate", verbosity=0, interactive=False)
    # The worker gets ready while the demo loads; nobody is shown the site before it has.
    if programs.demo:
        supervisor.add(programs.simulator())
    worker = supervisor.add(programs.worker())
    supervisor.add(programs.beat())
    if programs.demo:
        _load_demo_once(here)
    connections.close_all()
    ports.refuse_taken(HOST, here.port)
    say("starting the site")
    web = supervisor.add(programs.web())
    wait_for_web(f"{here.url}/healthz", web, supervisor)
    say("waiting for the worker")
    wait_for_worker(worker, supervisor)
    _greet(here)


def _load_demo_once(here: Prepared) -> None:
    """Load the demo fleet on the first start; one that was cut short is completed."""
    from django.core.management import call_command

    from registry.models import Tenant

    complete = here.data_dir / "demo_loaded"
    if complete.exists() and Tenant.objects.exists():
        return
    here.progress.say("loading the demo fleet")
    call_command("seed_demo")
    complete.touch()


def _greet(here: Prepared) -> None:
    here.progress.say(f"ready: {here.url}/")
    if here.programs.demo:
        from fleet.demo import logins

        for role, username, password in logins():
            print(f"    {role:<26} {username:<16} {password}")
    print(f"Data and logs are in {here.data_dir}. Ctrl-C stops everything.", flush=True)


def _watch_servers(here: Prepared) -> None:
    try:
        for name, reason in here.running.revive():
            here.progress.say(f"{name} {reason}; started again")
    except CannotStart as problem:
        here.progress.say(f"{problem}; trying again")
        time.sleep(SERVER_RETRY_SECONDS)


def _listen_for_stop() -> None:
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, _stop_now)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup means it
        signal.signal(signal.SIGHUP, _stop_now)


def _stop_now(_sign: int, _frame: FrameType | None) -> NoReturn:
    raise Stop


def _deaf() -> None:
    """Stopping has begun: a second Ctrl-C must not cut it short."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
