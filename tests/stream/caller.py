"""An application that listens: raw sockets, every event as it came."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Event:
    """One event; `at` is when it was read (monotonic)."""

    kind: str
    id: str
    data: dict[str, Any]
    at: float

    @property
    def cursor(self) -> int:
        """As a number."""
        return int(self.data["cursor"])


@dataclass
class Caller:
    """One connection to the change stream. `last` is the cursor it would come back with."""

    port: int
    key: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "GET"

    def __post_init__(self) -> None:
        self.last = ""
        self.comments = 0
        self.ended = False
        self._buffer = b""
        self._queue: list[Event] = []
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        lines = [f"{self.method} /api/v1/changes{self.query} HTTP/1.1", "Host: localhost"]
        if self.key:
            lines.append(f"Authorization: Bearer {self.key}")
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        status, *rest = head.decode().split("\r\n")
        self.status = int(status.split()[1])
        self.answered = {n.lower(): v for n, v in (line.split(": ", 1) for line in rest)}
        self._text = ""

    def event(self, seconds: float = 5.0) -> Event:
        """The next event; TimeoutError where none comes, EOFError at the end of the stream."""
        until = time.monotonic() + seconds
        while not self._queue:
            if self.ended:
                raise EOFError
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.socket.settimeout(left)
            self._dechunk()
            self._split()
        return self._queue.pop(0)

    def events(self, count: int, seconds: float = 10.0) -> list[Event]:
        """So many, in the order they came."""
        return [self.event(seconds) for _ in range(count)]

    def silent(self, seconds: float = 0.3) -> bool:
        """Whether nothing comes for a while."""
        try:
            self.event(seconds)
        except TimeoutError:
            return True
        return False

    def problem(self) -> dict[str, Any]:
        """The problem document of an answer that is no stream."""
        assert self.answered["content-type"] == "application/problem+json"
        while len(self._buffer) < int(self.answered["content-length"]):
            self._more()
        document: dict[str, Any] = json.loads(self._buffer)
        return document

    def close(self) -> None:
        """Leave."""
        self.socket.close()

    def _more(self) -> None:
        got = self.socket.recv(65536)
        if not got:
            raise EOFError
        self._buffer += got

    def _dechunk(self) -> None:
        """One chunk of the transfer coding."""
        try:
            while b"\r\n" not in self._buffer:
                self._more()
            size = int(self._buffer.partition(b"\r\n")[0], 16)
            start = self._buffer.index(b"\r\n") + 2
            while len(self._buffer) < start + size + 2:
                self._more()
        except (EOFError, ConnectionError):
            self.ended = True
            return
        self.ended = size == 0
        self._text += self._buffer[start : start + size].decode()
        self._buffer = self._buffer[start + size + 2 :]

    def _split(self) -> None:
        *whole, self._text = self._text.split("\n\n")
        for block in whole:
            self._read(block)

    def _read(self, block: str) -> None:
        fields: dict[str, str] = {}
        for line in block.split("\n"):
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
            self.comments += not name
        self.last = fields.get("id", self.last)
        if "data" in fields:
            kind = fields.get("event", "message")
            found = Event(kind, self.last, json.loads(fields["data"]), time.monotonic())
            self._queue.append(found)
