"""RFC 9457 problem documents: what went wrong, in words, for a program to read."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse


class Problem(Exception):
    """An answer other than 2xx. `extra` are further members of the problem document.

    `retry_after`: seconds, for what passes by itself.
    """

    def __init__(
        self, status: HTTPStatus, detail: str, *, retry_after: int | None = None, **extra: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.retry_after = retry_after
        self.extra = extra


def document_of(problem: Problem) -> dict[str, Any]:
    """The problem document."""
    return {
        "type": "about:blank",
        "title": problem.status.phrase,
        "status": problem.status.value,
        "detail": problem.detail,
        **problem.extra,
    }


def headers_of(problem: Problem) -> dict[str, str]:
    """Its headers: what it is, that nobody keeps it, and what the caller may do next."""
    headers = {"Content-Type": "application/problem+json", "Cache-Control": "no-store"}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    if problem.status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = "GET, HEAD"
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="prompt fleet"'
    return headers


def problem_response(problem: Problem) -> HttpResponse:
    """The problem as `application/problem+json`."""
    body = json.dumps(document_of(problem), ensure_ascii=False).encode("utf-8", "replace")
    return HttpResponse(body, status=problem.status.value, headers=headers_of(problem))
