"""The notice a running `up` leaves in its data directory, and the lock that keeps it alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from fleet.launch.failure import CannotStart
from fleet.launch.places import Lock, private_dir

NAME = "up.json"


@contextmanager
def only_one(data_dir: Path, notice: dict[str, Any]) -> Iterator[None]:
    """Hold the data directory for one `up`; CannotStart says who has it already."""
    path = private_dir(private_dir(data_dir) / "run") / NAME
    with closing(Lock(path)) as lock:
        if not lock.take(wait=False):
            raise CannotStart(
                f"this data directory is in use{_holder(path)}: open that one, stop it, or give "
                "this one its own with --data DIR --port N"
            )
        path.write_text(json.dumps({"pid": os.getpid(), **notice}), encoding="utf-8")
        try:
            yield
        finally:
            os.truncate(path, 0)


def running(data_dir: Path) -> dict[str, Any]:
    """What the `up` that runs on this data directory told about itself; empty if none does."""
    path = data_dir / "run" / NAME
    if not path.exists():
        return {}
    with closing(Lock(path)) as lock:
        return {} if lock.take(shared=True, wait=False) else _read(path)


def _holder(path: Path) -> str:
    found = _read(path)
    return f" by process {found.get('pid')} at {found.get('url')}" if found else ""


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
