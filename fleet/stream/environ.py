"""A request as WSGI wants it, from what the server gives. Pure.

The same as the server's own WSGI mode makes, but for two things: header names with an
underscore are dropped, since `X_Forwarded_Proto` would pass for `X-Forwarded-Proto`, and the
process's environment stays out of it.
"""

from __future__ import annotations

import sys
from typing import IO, Any, Protocol


class Headers(Protocol):
    """Header names (lower case) with values, in the order they came; names may repeat."""

    def items(self) -> list[tuple[str, str]]: ...


class Request(Protocol):
    """What is needed of the server's request."""

    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None

    @property
    def headers(self) -> Headers: ...


ALWAYS: dict[str, Any] = {
    "GATEWAY_INTERFACE": "CGI/1.1",
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "Granian",
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multiprocess": False,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}

CONTENT = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


def environ_of(request: Request, body: IO[bytes], length: int | None) -> dict[str, Any]:
    """The WSGI environ; `length` is the body's where the request did not say it itself."""
    server, _, port = request.server.rpartition(":")
    environ = ALWAYS | {
        "SERVER_PROTOCOL": f"HTTP/{request.http_version}",
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "REMOTE_ADDR": request.client.rpartition(":")[0],
        "REQUEST_METHOD": request.method,
        "PATH_INFO": _latin(request.path),
        "QUERY_STRING": _latin(request.query_string),
        "HTTP_HOST": request.authority or "",
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": body,
    }
    environ.update(_headers(request.headers.items()))
    if length is not None:
        environ["CONTENT_LENGTH"] = str(length)
    return environ


def _headers(items: list[tuple[str, str]]) -> dict[str, str]:
    """Repeated headers joined: cookies by a semicolon, all others by a comma."""
    found: dict[str, str] = {}
    for name, value in items:
        if "_" in name:
            continue
        key = CONTENT.get(name) or "HTTP_" + name.upper().replace("-", "_")
        if key in found:
            value = f"{found[key]}{';' if name == 'cookie' else ','}{value}"
        found[key] = value
    return found


def _latin(text: str) -> str:
    """PEP 3333: the bytes of a text, each as one character."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")
