"""A load client that costs little: raw sockets, kept open, requests made beforehand."""

from __future__ import annotations

import random
import select
import socket
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Load:
    """What came back in one run. Times in seconds; `sizes` in bytes of head and of body."""

    seconds: float
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    head_bytes: int = 0
    body_bytes: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        return sorted(self.times)[min(len(self.times) - 1, int(len(self.times) * share))] * 1000

    def __str__(self) -> str:
        return (
            f"{self.rate:8,.0f}/s  p50 {statistics.median(self.times) * 1000:6.2f} ms  "
            f"p99 {self.percentile(0.99):6.2f} ms  {dict(self.statuses)}  "
            f"head {self.head_bytes} B, body {self.body_bytes} B"
        )


def request(path: str, headers: dict[str, str]) -> bytes:
    """One GET as it goes over the wire."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def run(port: int, requests: Sequence[bytes], *, clients: int, seconds: float) -> Load:
    """Keep `clients` connections busy, each with one request at a time, at random of those."""
    random.seed(1)
    poll, by_fd = select.epoll(), {}
    for _ in range(clients):
        one = _Client(port, requests)
        by_fd[one.fd] = one
        poll.register(one.fd, select.EPOLLIN)
        one.send()
    begun = time.perf_counter()
    load, until = Load(0.0), begun + seconds
    while time.perf_counter() < until:
        for fd, _ in poll.poll(1.0):
            one = by_fd[fd]
            if one.received(load):
                one.send()
    load.seconds = time.perf_counter() - begun
    for one in by_fd.values():
        one.socket.close()
    return load


class _Client:
    """One connection."""

    def __init__(self, port: int, requests: Sequence[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.fd = self.socket.fileno()
        self.requests = requests
        self.buffer, self.begun = b"", 0.0

    def send(self) -> None:
        self.begun = time.perf_counter()
        self.socket.sendall(random.choice(self.requests))

    def received(self, load: Load) -> bool:
        """Read what is there; whether the answer is whole (and counted)."""
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionError("the server closed a connection")
        self.buffer += part
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return False
        load.times.append(time.perf_counter() - self.begun)
        load.statuses[int(head[9:12])] += 1
        load.head_bytes, load.body_bytes = len(head) + 4, len(body)
        self.buffer = b""
        return True


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r", 1)[0]) if at >= 0 else 0
