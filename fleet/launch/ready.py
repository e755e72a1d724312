"""Waiting until a started program really does its work, not merely exists."""

from __future__ import annotations

import time
from collections.abc import Callable
from http.client import HTTPException
from urllib.request import ProxyHandler, build_opener

from fleet.launch.failure import CannotStart
from fleet.launch.supervisor import Supervised, Supervisor

READY_SECONDS = 120.0


def wait_for_web(url: str, web: Supervised, supervisor: Supervisor) -> None:
    """Wait until the health page answers 200; CannotStart if it never does."""
    ask = build_opener(ProxyHandler({}))  # a proxy of the user's must not be asked for loopback

    def answers() -> bool:
        try:
            with ask.open(url, timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, HTTPException):
            return False

    _wait(answers, web, supervisor)


def wait_for_worker(worker: Supervised, supervisor: Supervisor) -> None:
    """Wait until a worker answers a ping through the broker; CannotStart if none ever does."""
    from fleet.celery import app

    _wait(lambda: bool(app.control.ping(timeout=0.3)), worker, supervisor)
    app.pool.force_close_all()


def _wait(answers: Callable[[], bool], one: Supervised, supervisor: Supervisor) -> None:
    until = time.monotonic() + READY_SECONDS
    while not answers():
        supervisor.watch()
        failing = supervisor.hopeless() or (one if time.monotonic() > until else None)
        if failing is not None:
            raise CannotStart(
                f"{failing.program.name} does not start: its log {failing.log} says why"
            )
        time.sleep(0.05)
