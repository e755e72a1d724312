"""A request as WSGI wants it."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from typing import Any

from fleet.stream.environ import environ_of


class Headers:
    """As the server gives them."""

    def __init__(self, *items: tuple[str, str]) -> None:
        self._items = list(items)

    def items(self) -> list[tuple[str, str]]:
        return self._items


@dataclass
class Request:
    """As the server gives it."""

    http_version: str = "1.1"
    server: str = "127.0.0.1:8000"
    client: str = "127.0.0.9:51330"
    scheme: str = "http"
    method: str = "GET"
    path: str = "/"
    query_string: str = ""
    authority: str | None = None
    headers: Headers = field(default_factory=Headers)


PLAIN = Request()


def environ(length: int | None = None, **changes: Any) -> dict[str, Any]:
    """The environ of a request that differs from the plain one."""
    return environ_of(replace(PLAIN, **changes), io.BytesIO(), length)


def test_the_request_line_and_both_ends_are_told() -> None:
    found = environ(method="HEAD", path="/a b", query_string="q=%41")
    told = {name: found[name] for name in ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING")}
    assert told == {"REQUEST_METHOD": "HEAD", "PATH_INFO": "/a b", "QUERY_STRING": "q=%41"}
    assert (found["SERVER_NAME"], found["SERVER_PORT"]) == ("127.0.0.1", "8000")
    assert (found["REMOTE_ADDR"], found["SERVER_PROTOCOL"]) == ("127.0.0.9", "HTTP/1.1")
    assert found["wsgi.url_scheme"] == "http" and found["SCRIPT_NAME"] == ""


def test_text_beyond_ascii_is_its_bytes_as_characters() -> None:
    found = environ(path="/é/€", query_string="q=é")
    assert found["PATH_INFO"].encode("latin-1").decode() == "/é/€"
    assert found["QUERY_STRING"].encode("latin-1").decode() == "q=é"


def test_repeated_headers_are_joined_and_cookies_by_a_semicolon() -> None:
    headers = Headers(
        ("host", "site"), ("x-a", "1"), ("x-a", "2"), ("cookie", "a=1"), ("cookie", "b=2"),
        ("content-type", "text/plain"), ("content-length", "5"),
    )  # fmt: skip
    found = environ(headers=headers)
    assert found["HTTP_X_A"] == "1,2" and found["HTTP_COOKIE"] == "a=1;b=2"
    assert found["CONTENT_TYPE"] == "text/plain" and found["CONTENT_LENGTH"] == "5"
    assert "HTTP_CONTENT_LENGTH" not in found and found["HTTP_HOST"] == "site"


def test_a_header_with_an_underscore_cannot_pass_for_one_with_a_dash() -> None:
    headers = Headers(("x-forwarded-proto", "http"), ("x_forwarded_proto", "https"))
    assert environ(headers=headers)["HTTP_X_FORWARDED_PROTO"] == "http"


def test_without_a_host_header_the_authority_of_http_2_counts() -> None:
    assert environ(authority="site.example", http_version="2")["HTTP_HOST"] == "site.example"
    assert environ()["HTTP_HOST"] == ""


def test_the_length_of_a_body_in_chunks_is_told_and_the_environment_is_not() -> None:
    found = environ(7)
    assert found["CONTENT_LENGTH"] == "7"
    assert "PATH" not in found and "DATABASE_URL" not in found
