"""RFC 9457 problem documents: what went wrong, in words, for a program to read."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse


class Problem(Exception):
    """An answer other than 2xx. `extra` are further members of the problem document."""

    def __init__(self, status: HTTPStatus, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.extra = extra


def problem_response(problem: Problem) -> HttpResponse:
    """The problem as `application/problem+json`."""
    document = {
        "type": "about:blank",
        "title": problem.status.phrase,
        "status": problem.status.value,
        "detail": problem.detail,
        **problem.extra,
    }
    response = HttpResponse(
        json.dumps(document, ensure_ascii=False),
        status=problem.status.value,
        content_type="application/problem+json",
    )
    response["Cache-Control"] = "no-store"
    if problem.status == HTTPStatus.METHOD_NOT_ALLOWED:
        response["Allow"] = "GET, HEAD"
    if problem.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="prompt fleet"'
    return response
