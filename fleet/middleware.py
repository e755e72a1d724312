"""What PostgreSQL text cannot hold is refused at the door, in words."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, QueryDict

from fleet.delivery.problems import Problem, problem_response


class CleanInputMiddleware:
    """Answers 400 to a NUL byte or a lone surrogate in the path, query, form or a cookie.

    A form that is too large is answered 413, with how much fits.
    PostgreSQL's `text` cannot store either; without this they surface as a 500 from
    deep inside a query. So does a request in an encoding that is none of text. JSON
    bodies are checked where they are read.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            unusable = any(_unstorable(text) for text in _fields(request))
        except RequestDataTooBig:
            return _refused(request, TOO_LARGE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        except (LookupError, UnicodeError):
            unusable = True
        return _refused(request, UNSTORABLE) if unusable else self.get_response(request)


def _fields(request: HttpRequest) -> list[str]:
    fields = [request.path_info, *request.COOKIES.values(), *_texts(request.GET)]
    if request.method == "POST" and request.content_type in FORM_TYPES:
        fields.extend(_texts(request.POST))
    return fields


def _refused(
    request: HttpRequest, why: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST
) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return problem_response(Problem(status, why))
    return HttpResponse(why, content_type="text/plain; charset=utf-8", status=status)


UNSTORABLE = (
    "The request holds a NUL byte or a broken Unicode character. "
    "Remove it (it usually comes from copying out of a PDF) and send it again."
)


TOO_LARGE = (
    f"This is too long to be saved: at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1e6:.1f} "
    "million characters fit into one form. Shorten it and send it again."
)


FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


def _texts(data: QueryDict) -> list[str]:
    return [
        text for key, values in data.lists() for text in (key, *values) if isinstance(text, str)
    ]


def _unstorable(text: str) -> bool:
    if "\x00" in text:
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
