"""An HTTP answer as plain values, for any server: Django's view and the RSGI server alike."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, NamedTuple

from fleet.delivery.problems import Problem, document_of, headers_of

CACHE_CONTROL = "private, max-age=30, stale-if-error=86400"


class Answer(NamedTuple):
    """Status, header lines (lower-case names) and body; of HEAD the body is empty."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def found(body: bytes, etag: str) -> Answer:
    """200 with a document that may be kept for 30 s."""
    headers = [
        ("content-type", "application/json"), ("etag", f'"{etag}"'),
        ("cache-control", CACHE_CONTROL),
    ]  # fmt: skip
    return Answer(HTTPStatus.OK, headers, body)


def not_modified(etag: str) -> Answer:
    """304: what the caller holds is still right.

    Without Cache-Control, which the cache keeps from the 200 (RFC 9111, 3.2): with what the
    server adds by itself, it would not fit into 150 bytes.
    """
    return Answer(HTTPStatus.NOT_MODIFIED, [("etag", f'"{etag}"')], b"")


def uncached(document: dict[str, Any]) -> Answer:
    """200 with a document nobody may keep."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    headers = [("content-type", "application/json"), ("cache-control", "no-store")]
    return Answer(HTTPStatus.OK, headers, body)


def refused(problem: Problem) -> Answer:
    """The problem document and its headers."""
    headers = [(name.lower(), value) for name, value in headers_of(problem).items()]
    body = json.dumps(document_of(problem), ensure_ascii=False).encode("utf-8", "replace")
    return Answer(problem.status.value, headers, body)


def without_body(answer: Answer) -> Answer:
    """What HEAD answers: the headers of GET with the length its body would have."""
    length = ("content-length", str(len(answer.body)))
    headers = [*answer.headers, length] if answer.body else answer.headers
    return Answer(answer.status, headers, b"")


def matches(if_none_match: str, etag: str) -> bool:
    """Whether If-None-Match names this entity tag (weakly compared, as RFC 9110 wants)."""
    tag = f'"{etag}"'
    if if_none_match == tag:
        return True
    known = [part.strip().removeprefix("W/") for part in if_none_match.split(",")]
    return tag in known or known == ["*"]
