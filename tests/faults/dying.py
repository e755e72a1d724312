"""A Celery worker that kills itself, all of it, at one boundary of one kind of work.

The file `FLEET_DIE_AT` names it: `KIND|before` (its effects stand in an open transaction) or
`KIND|after` (they are committed, nobody was told); a track's step is `track_step:NAME`. The
worker that comes to it first takes the file away, leaves the item's id and the time in the
file `FLEET_DIED`, and gets SIGKILL with all its children.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ARMED = Path(os.environ["FLEET_DIE_AT"])
NOTE = Path(os.environ["FLEET_DIED"])


def label_of(item: Any) -> str:
    """What a boundary calls an item."""
    step = item.payload.get("step")
    return f"{item.kind}:{step}" if step else str(item.kind)


def pass_by(item: Any, when: str) -> None:
    """Go on, unless this is the boundary that is armed now: the first to come takes it."""
    try:
        if ARMED.read_text() != f"{label_of(item)}|{when}":
            return
        ARMED.rename(ARMED.with_suffix(f".{os.getpid()}"))
    except FileNotFoundError:
        return
    die(item)


def die(item: Any) -> None:
    """Leave the note; nobody of this worker gets to clean up."""
    at = {"item": item.pk, "label": label_of(item), "at": time.time()}
    NOTE.with_suffix(".new").write_text(json.dumps(at))
    NOTE.with_suffix(".new").rename(NOTE)
    parent = os.getppid()
    siblings = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    os.kill(parent, signal.SIGKILL)
    for pid in siblings:
        if int(pid) != os.getpid():
            os.kill(int(pid), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def arm() -> None:
    """Put the boundaries into the way of the work."""
    from fleet import tasks
    from registry import work

    finish, finish_all = work.finish, work.finish_all

    def finish_one(item: Any) -> None:
        pass_by(item, "before")
        finish(item)

    def finish_many(items: Any) -> Any:
        for item in items:
            pass_by(item, "before")
        return finish_all(items)

    def after(handle: Callable[[Any], object]) -> Callable[[Any], object]:
        def dying(item: Any) -> object:
            done = handle(item)
            pass_by(item, "after")
            return done

        return dying

    after_verdicts = tasks.after_verdicts

    def after_many(items: Any) -> None:
        after_verdicts(items)
        for item in items:
            pass_by(item, "after")

    work.finish, work.finish_all = finish_one, finish_many
    tasks.after_verdicts = after_many
    for kind, handle in tasks.HANDLERS.items():
        tasks.HANDLERS[kind] = after(handle)


if __name__ == "__main__":
    from fleet.celery import app

    app.loader.import_default_modules()
    arm()
    alone = ["--without-gossip", "--without-mingle"]
    app.worker_main(["worker", "-c", "2", "-l", "INFO", *alone, *sys.argv[1:]])
