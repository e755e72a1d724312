"""What an application sees, second by second: it fetches all the time, and listens."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass

from tests.stream.caller import Caller, Event

EVERY_SECONDS = 0.1


@dataclass(frozen=True)
class Seen:
    """One thing a client saw."""

    at: float
    what: str
    revision: int | None = None


class Watch:
    """Two threads: one that fetches, one that listens and comes back with its cursor."""

    def __init__(self, port: int, key: str, path: str) -> None:
        self._port, self._key, self._path = port, key, path
        self._over = threading.Event()
        self._begun = time.monotonic()
        self.fetches: list[Seen] = []
        self.stream: list[Seen] = []
        self.heard: list[Event] = []
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._fetch, self._listen)
        ]
        for thread in self._threads:
            thread.start()

    def note(self, what: str) -> float:
        """Write down what was done to the product; when that was."""
        self.stream.append(Seen(time.monotonic(), what.upper()))
        return self.stream[-1].at

    def stop(self) -> None:
        """End both threads."""
        self._over.set()
        for thread in self._threads:
            thread.join(10)

    def table(self) -> str:
        """One line a second: the answers to the fetches, and what the stream did."""
        last = max(seen.at for seen in (*self.fetches, *self.stream))
        lines = []
        for second in range(int(last - self._begun) + 1):
            fetched = Counter(seen.what for seen in self._within(self.fetches, second))
            told = [seen.what for seen in self._within(self.stream, second)]
            counts = ", ".join(f"{count}x {what}" for what, count in fetched.items())
            lines.append(f"{second:>3} s  {counts:<44} {'; '.join(told)}")
        return "\n".join(lines)

    def _within(self, seen: list[Seen], second: int) -> list[Seen]:
        return [one for one in seen if second <= one.at - self._begun < second + 1]

    def _fetch(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            self.fetches.append(fetch(self._port, self._key, self._path))

    def _listen(self) -> None:
        cursor = ""
        while not self._over.is_set():
            try:
                caller = Caller(
                    self._port, self._key, headers={"Last-Event-ID": cursor} if cursor else {}
                )
                if caller.status != 200:
                    raise ConnectionError(f"refused with {caller.status}")
                self.note_stream("stream opened")
                while not self._over.is_set():
                    cursor = self._hear(caller) or cursor
            except (OSError, EOFError) as lost:
                self.note_stream(f"stream: {lost or 'ended'}")
                self._over.wait(0.3)

    def _hear(self, caller: Caller) -> str:
        try:
            event = caller.event(0.2)
        except TimeoutError:
            return caller.last
        if event.kind == "message":
            self.heard.append(event)
        self.note_stream(f"heard {event.kind} {event.id}")
        return event.id

    def note_stream(self, what: str) -> None:
        """Something happened to the stream; not the same thing again and again."""
        if not self.stream or self.stream[-1].what != what:
            self.stream.append(Seen(time.monotonic(), what))


def fetch(port: int, key: str, path: str) -> Seen:
    """One fetch; a connection of its own, as after any restart."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    at = time.monotonic()
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as lost:
        return Seen(at, type(lost).__name__)
    finally:
        connection.close()
    if answer.status != 200:
        return Seen(at, f"{answer.status}")
    revision = json.loads(body)["revision"]
    stale = " stale" if answer.getheader("x-fleet-stale") else ""
    return Seen(at, f"200 revision {revision}{stale}", revision)
