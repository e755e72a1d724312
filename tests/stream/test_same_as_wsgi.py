"""The site behind our own front door answers as it does behind the server's WSGI mode."""

from __future__ import annotations

import http.client
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.test import Client

from fleet.delivery.keys import create_api_key
from fleet.stream.fetching import PREFIX
from tests import live
from tests.builders import PASSWORD, build_fleet
from tests.stream.serving import RSGI, WSGI, Server, servers

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Asked:
    """One request."""

    path: str
    method: str = "GET"
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    chunked: bool = False


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LINT = {"Content-Type": "application/json"}

LONG_FROM_NOW = "Fri, 01 Jan 2100 00:00:00 GMT"

PAGES = [
    "/", "/login/", "/bases/", "/reviews/", "/drift/", "/drift.csv", "/models/", "/policies/",
    "/migrations/", "/un-forks/", "/compare/", "/reviews",
    "/admin/", "/admin/registry/tenant/", "/healthz", "/nowhere/", "/prompts", "/%C3%A9/%2F//x",
    "/?q=%FF&q=2", "/api/v1/openapi.json", "/api/v1/nothing", "/api/v1/prompts/support-triage",
    "/api/v1/prompts/support-triage?tenant=tenant-0", "/api/v1/prompts/a%2Fb",
    "/api/v1/prompts/unknown?tenant=%FF", "/static/css/app.css", "/static/nothing.css",
    "/static/vendor/../css/app.css", "//login/", "/jsi18n/",
]  # fmt: skip


def requests(key: str) -> list[Asked]:
    """What people and programs send, well-formed and not."""
    bearer = {"Authorization": f"Bearer {key}"}
    api = "/api/v1/prompts/support-triage?tenant=tenant-0"
    lint = b'{"text": "Always promise a full refund."}'
    return [
        *(Asked(path) for path in PAGES),
        *(Asked(path, "HEAD") for path in ("/", "/login/", "/static/css/app.css", api)),
        Asked(api, headers=bearer), Asked(api, "HEAD", headers=bearer),
        Asked(api, "DELETE", headers=bearer), Asked(api, "POST", b"{}", bearer),
        Asked(api, headers={**bearer, "If-None-Match": "*"}),
        Asked("/login/", "POST", b"username=a&password=b", FORM),
        Asked("/login/", "OPTIONS"), Asked("/login/", "PUT", b"x" * 300_000),
        Asked("/static/css/app.css", headers={"Range": "bytes=0-9"}),
        Asked("/static/css/app.css", headers={"Accept-Encoding": "gzip"}),
        Asked("/static/css/app.css", headers={"If-Modified-Since": LONG_FROM_NOW}),
        Asked("/static/vendor/tabler/tabler.min.css"),
        Asked("/api/v1/lint", "POST", lint, {**bearer, **LINT}),
        Asked("/api/v1/lint", "POST", b"{", {**bearer, **LINT}),
        Asked("/api/v1/lint", "POST", b" " * 2_600_000, {**bearer, **LINT}),
        Asked("/api/v1/lint", "POST", b" " * 300_000 + lint, {**bearer, **LINT}),
        Asked("/login/", headers={"Host": "evil.example"}),
        Asked("/login/", headers={"X-Forwarded-Proto": "https", "Accept-Language": "de;q=x"}),
    ]  # fmt: skip


@pytest.fixture
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """The same product behind both doors; hashes in one order, since headers come from sets."""
    env = {
        "DATABASE_URL": live.database_url(), "REDIS_URL": os.environ["REDIS_URL"],
        "PYTHONHASHSEED": "1",
    }  # fmt: skip
    with servers(WSGI, RSGI, env=env, logs=tmp_path_factory.mktemp("both")) as found:
        yield found


def test_both_doors_give_the_same_answers(both: list[Server]) -> None:
    fleet = build_fleet(tenants=2)
    browser = Client()
    assert browser.login(username=fleet.operator.username, password=PASSWORD)
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    key = create_api_key(name="both", scopes=["prompts:read", "lint:run"])[1].bearer
    for asked in requests(key):
        signed_in = Asked(
            asked.path, asked.method, asked.body, {"Cookie": cookies, **asked.headers}
        )
        for one in (asked, signed_in):
            by_wsgi, by_us = (ask(server.port, one) for server in both)
            assert by_us == by_wsgi, one
    _chunks_are_read(both[1], key)
    _a_large_upload_reaches_the_page(both, cookies)


def _chunks_are_read(server: Server, key: str) -> None:
    """The one thing done better: the WSGI mode takes a body without a length for empty."""
    headers = {"Authorization": f"Bearer {key}", **LINT}
    text = b'{"text": "Always promise a full refund."}'
    asked = Asked("/api/v1/lint", "POST", text, headers, chunked=True)
    status, _, body = ask(server.port, asked)
    assert status == 200 and b'"decision"' in body
    large = Asked("/api/v1/lint", "POST", b" " * 2_600_000, headers, chunked=True)
    assert ask(server.port, large)[0] == 413


def _a_large_upload_reaches_the_page(both: list[Server], cookies: str) -> None:
    """A file of megabytes is streamed to Django, with the token that every form needs."""
    token = "t" * 32
    lines = [
        b"--cut", b'Content-Disposition: form-data; name="csrfmiddlewaretoken"', b"",
        token.encode(), b"--cut",
        b'Content-Disposition: form-data; name="forks"; filename="forks.zip"', b"",
        b"no zip" * 600_000, b"--cut--", b"",
    ]  # fmt: skip
    name = next(
        part.partition("=")[0] for part in cookies.split("; ") if "session" in part
    ).replace("session", "csrf")
    headers = {
        "Cookie": f"{cookies}; {name}={token}",
        "Content-Type": "multipart/form-data; boundary=cut",
    }
    asked = Asked("/un-forks/open/", "POST", b"\r\n".join(lines), headers)
    by_wsgi, by_us = (ask(server.port, asked) for server in both)
    assert by_us == by_wsgi


# How long a body is may be told by its length or by its end; the bodies are compared.
VOLATILE = {"date", "server", "expires", "content-length", "transfer-encoding"}

OF_PAGES = {
    "content-security-policy", "cross-origin-opener-policy", "referrer-policy", "vary",
    "x-content-type-options", "x-frame-options",
}  # fmt: skip
"""What Django's middleware adds for browsers: the fetch goes past it."""

TOKENS = re.compile(rb"[A-Za-z0-9]{64}|nonce-[\w+/=-]+")


def ask(port: int, asked: Asked) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body, without what differs at every answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = io.BytesIO(asked.body) if asked.chunked and asked.body else asked.body
    headers = {"Connection": "close", **asked.headers}
    connection.request(
        asked.method, asked.path, body=body, headers=headers, encode_chunked=asked.chunked
    )
    answer = connection.getresponse()
    left_out = VOLATILE | (OF_PAGES if asked.path.startswith(PREFIX) else set())
    told = sorted(
        (name.lower(), _plain(value, port))
        for name, value in answer.getheaders()
        if name.lower() not in left_out
    )
    text = TOKENS.sub(b"TOKEN", answer.read()).replace(str(port).encode(), b"PORT")
    connection.close()
    return answer.status, told, text


def _plain(value: str, port: int) -> str:
    value = re.sub(r"(fleet_csrf\w*)=[^;]+; expires=[^;]+", r"\1=TOKEN", value)
    return value.replace(str(port), "PORT")
