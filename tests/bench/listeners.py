"""Many callers of the change stream in one process: python -m tests.bench.listeners PORT KEY COUNT.

Prints `ready` when all are connected; at each line on standard input it prints one JSON line
with what came since: cursor -> times (time.time()) at which the callers had it.
"""

from __future__ import annotations

import json
import re
import select
import socket
import sys
import time
from collections import defaultdict

from fleet.stream.limits import raise_file_limit

CHANGE = re.compile(rb'data: \{"cursor":"(\d+)","prompt"')


def connect(port: int, key: str) -> socket.socket:
    """One caller from now on; it is connected when its cursor event came."""
    link = socket.create_connection(("127.0.0.1", port))
    lines = ["GET /api/v1/changes HTTP/1.1", "Host: localhost", f"Authorization: Bearer {key}"]
    link.sendall("\r\n".join([*lines, "", ""]).encode())
    return link


def main(port: int, key: str, count: int) -> None:
    """Connect, say so, then collect and report."""
    raise_file_limit()
    poll, links = select.epoll(), {}
    begun = time.time()
    for _ in range(count):
        link = connect(port, key)
        links[link.fileno()] = link
        poll.register(link.fileno(), select.EPOLLIN)
    waiting = set(links)
    while waiting:
        for fd, _ in poll.poll(60):
            if b"event: cursor" in links[fd].recv(65536):
                waiting.discard(fd)
    print(json.dumps({"ready": count, "seconds": time.time() - begun}), flush=True)
    poll.register(sys.stdin.fileno(), select.EPOLLIN)
    seen: dict[str, list[float]] = defaultdict(list)
    ended = 0
    while True:
        for fd, _ in poll.poll():
            if fd == sys.stdin.fileno():
                if not sys.stdin.readline():
                    return
                print(json.dumps({"seen": seen, "ended": ended}), flush=True)
                seen.clear()
                continue
            got = links[fd].recv(65536)
            now = time.time()
            for cursor in CHANGE.findall(got):
                seen[cursor.decode()].append(now)
            if not got:
                poll.unregister(fd)
                ended += 1


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
