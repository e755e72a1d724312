"""A model that answers every chat completion after 50 ms, as lean as may be, in its own process.

`python -m tests.bench.model_at_50ms PORT` answers POST at any path; GET gives, as JSON, how many
calls there were, the seconds from the first one's arrival to the last one's answer, and the
most that were in flight; and counts from nothing again.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

LATENCY = 0.05
SAID = json.dumps({
    "id": "c", "object": "chat.completion",
    "choices": [{
        "index": 0, "finish_reason": "stop",
        "message": {"role": "assistant", "content": "Gladly. Your order is on its way. " * 10},
    }],
    "usage": {"prompt_tokens": 700, "completion_tokens": 80, "total_tokens": 780},
}).encode()  # fmt: skip


def response(body: bytes) -> bytes:
    """A whole response."""
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


ANSWER = response(SAID)


class Count:
    """Of all connections together."""

    def __init__(self) -> None:
        self.calls = self.in_flight = self.most = 0
        self.first = self.last = 0.0

    def take(self) -> bytes:
        """What was counted; from nothing again."""
        span = self.last - self.first
        found = {"calls": self.calls, "span": span, "most_in_flight": self.most}
        self.__init__()  # type: ignore[misc]
        return json.dumps(found).encode()


COUNT = Count()


class Connection(asyncio.Protocol):
    """One connection; a request at a time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.read = b""

    def data_received(self, data: bytes) -> None:
        self.read += data
        head, found, rest = self.read.partition(b"\r\n\r\n")
        if not found:
            return
        if head.startswith(b"GET"):
            self.read = b""
            self.transport.write(response(COUNT.take()))
            return
        lower = head.lower()
        at = lower.index(b"content-length:") + 15
        if len(rest) < int(lower[at:].split(b"\r\n", 1)[0]):
            return
        self.read = b""
        COUNT.calls += 1
        COUNT.in_flight += 1
        COUNT.most = max(COUNT.most, COUNT.in_flight)
        COUNT.first = COUNT.first or time.monotonic()
        asyncio.get_running_loop().call_later(LATENCY, self.answer)

    def answer(self) -> None:
        """The call is over."""
        COUNT.in_flight -= 1
        COUNT.last = time.monotonic()
        self.transport.write(ANSWER)


async def main(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(
        Connection, "127.0.0.1", port, backlog=512
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
