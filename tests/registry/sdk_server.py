"""A registry for tests of the SDK: its answers and its change stream are what the test sets."""

from __future__ import annotations

import hashlib
import json
import queue
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fleet.release.traffic import Arm, choose

TTL = 30.0


class Clock:
    """The client's clock; `skip` lets time pass for it without waiting."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead

    def skip(self, seconds: float) -> None:
        self.ahead += seconds


class Registry:
    """Serves one text to all, counts what it was asked, and announces what it is told to.

    `everything` holds the pages of the bulk answer. `stream_status` other than 200 refuses
    change streams; `silent` opens them and says nothing.
    """

    def __init__(self) -> None:
        self.status = 200
        self.text = "Hello {{ user_name }}"
        self.ttl: float | None = TTL
        self.sha256: str | None = None
        self.arms: list[dict[str, Any]] = [{"release_id": "r1", "share": 1.0, "stage": "live"}]
        self.more: dict[str, Any] = {}
        self.everything: list[list[dict[str, Any]]] = []
        self.answer_headers: dict[str, str] = {}
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.asked: list[dict[str, list[str]]] = []
        self.headers: list[dict[str, str]] = []
        self.not_modified = 0
        self.stream_status = 404
        self.silent = False
        self.since: list[str | None] = []
        self.streams: list[queue.SimpleQueue[str | None]] = []
        self._server: ThreadingHTTPServer | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def up(self) -> None:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if urlsplit(self.path).path.endswith("/changes"):
                    registry.stream(self)
                else:
                    registry.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                pass  # a client that left in the middle is no news here

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def down(self) -> None:
        self.drop_streams()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def drop_streams(self) -> None:
        """End every open change stream."""
        streams, self.streams = self.streams, []
        for lines in streams:
            lines.put(None)

    def announce(self, cursor: int, prompt: str | None = "p", tenant: str | None = None) -> None:
        """Tell every open stream of a change."""
        data = {"cursor": cursor, "prompt": prompt, "tenant": tenant, "locale": "en"}
        self.tell(f"id: {cursor}\ndata: {json.dumps(data)}\n\n")

    def tell(self, text: str) -> None:
        for lines in self.streams:
            lines.put(text)

    def body(self, query: dict[str, list[str]]) -> dict[str, object]:
        session = query.get("session", [None])[0]
        arms = [Arm(row["release_id"], row["share"], row["stage"]) for row in self.arms]
        arm = choose(arms, "salt", session)
        text = self.text if arm.stage == "live" else f"{self.text} of {arm.release_id}"
        if query.get("stage") == ["shadow"]:
            text, arm = f"{text} in the shadow", Arm("s1", 1.0, "shadow")
        return {
            "prompt": "p", "text": text,
            "sha256": self.sha256 or hashlib.sha256(text.encode()).hexdigest(),
            "version": "2.3.1", "revision": 12, "prompt_id": "p12", "release_id": arm.release_id,
            "stage": arm.stage, "model": {"provider": "openai", "snapshot": "m-1"},
            "variables": [
                {"name": "user_name", "required": True},
                {"name": "note", "required": False},
            ],
            "layers": {"policy": 4}, "arms": self.arms, "salt": "salt", "ttl": self.ttl,
            **self.more,
        }  # fmt: skip

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        address = urlsplit(handler.path)
        query = parse_qs(address.query)
        self.asked.append({"path": [address.path], **query})
        self.headers.append(dict(handler.headers))
        if address.path.endswith("/prompts"):
            page = int(query.get("cursor", ["0"])[0])
            following = str(page + 1) if page + 1 < len(self.everything) else None
            found: dict[str, Any] = {"prompts": self.everything[page], "next": following}
        else:
            found = self.body(query)
        body = json.dumps(found).encode()  # as it was when the question came
        self.may_answer.wait(5)
        etag = f'"{hashlib.sha256(body).hexdigest()[:12]}"'
        status = self.status
        if status == 200 and handler.headers.get("If-None-Match") == etag:
            status, self.not_modified = 304, self.not_modified + 1
        if status == 302:
            body = b""
        elif status >= 400:
            body = json.dumps({"title": "no", "detail": "because"}).encode()
        handler.send_response(status)
        handler.send_header("ETag", etag)
        for name, value in self.answer_headers.items():
            handler.send_header(name, value)
        if status == 302:
            handler.send_header("Location", f"{self.url}/elsewhere")
        if status == 304:
            handler.end_headers()
            return
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def stream(self, handler: BaseHTTPRequestHandler) -> None:
        self.since.append(parse_qs(urlsplit(handler.path).query).get("since", [None])[0])
        handler.send_response(self.stream_status)
        if self.stream_status != 200:
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        handler.send_header("Content-Type", "text/event-stream; charset=utf-8")
        handler.end_headers()
        lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        if not self.silent:
            lines.put('event: cursor\nid: 7\ndata: {"cursor":"7"}\n\n')
        self.streams.append(lines)
        while (text := lines.get()) is not None:
            handler.wfile.write(text.encode())


def until(true: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for the background; fails where it never comes true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "never came true"
        time.sleep(0.005)
