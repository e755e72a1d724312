"""`manage.py test`: pytest over throwaway servers that share nothing with anybody's data."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

PREFIX = "pfleet-test-"
JUST_MADE_SECONDS = 60.0
"""Younger directories may not have their lock yet."""


def run_tests(arguments: Sequence[str], checkout: Path) -> int:
    """Run pytest with these arguments and return its exit status."""
    from fleet.launch import servers
    from fleet.launch.environment import name_servers

    with ExitStack() as stack:
        postgres, redis = "DATABASE_URL" not in os.environ, "REDIS_URL" not in os.environ
        if postgres or redis:
            place = stack.enter_context(throwaway_dir())
            started = servers.ensure(place, True, postgres=postgres, redis=redis)
            stack.callback(started.stop, at_once=True)
            name_servers(started.database_url, started.redis_url)
        os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
        os.environ["FLEET_LOCAL"] = "1"
        os.chdir(checkout)
        import pytest

        return int(pytest.main(list(arguments) or whole_suite(os.cpu_count() or 1)))


def whole_suite(processors: int) -> list[str]:
    """The arguments when none are given: everything but the long walks, on every processor.

    A file's tests stay together; `tests/sharing.py` says in what order they begin.
    """
    spread = ["-n", str(processors), "--dist", "loadfile"] if processors > 1 else []
    return [*spread, "-m", "not long"]


@contextmanager
def throwaway_dir() -> Iterator[Path]:
    """A data directory for one run; leftovers of killed runs of this user go as well."""
    from fleet.launch.places import Lock

    _sweep()
    place = Path(tempfile.mkdtemp(prefix=PREFIX))
    alive = Lock(place / "alive.lock")
    alive.take()
    try:
        yield place
    finally:
        alive.close()
        shutil.rmtree(place, ignore_errors=True)


def _sweep() -> None:
    from fleet.launch.places import Lock

    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            found = left.lstat()
            if found.st_uid != os.getuid() or time.time() - found.st_mtime < JUST_MADE_SECONDS:
                continue
            with closing(Lock(left / "alive.lock")) as alive:
                if alive.take(wait=False):
                    shutil.rmtree(left, ignore_errors=True)
