"""What the unmodified Langfuse SDK calls to read prompts; everything else is refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from fleet.delivery import fetch
from fleet.delivery.answer import Answer
from fleet.delivery.keys import authenticate
from fleet.delivery.models import Scope
from fleet.delivery.problems import Problem, document_of, headers_of
from fleet.langfuse.shape import PROJECT, SERVER_VERSION, NotAVersion, Question, as_langfuse

READS_ONLY = (
    "Here a Langfuse client reads prompts by name, and no more: they are written, reviewed and "
    "released in Prompt fleet."
)

View = Callable[..., HttpResponse]


def _reading(view: View) -> View:
    """A view for GET with an API key of our own; what goes wrong is told as a problem document.

    No cookie is read, so there is nothing to forge.
    """

    @csrf_exempt
    @login_not_required
    @wraps(view)
    def answer(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        try:
            if request.method not in ("GET", "HEAD"):
                raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, READS_ONLY)
            return view(request, *args, **kwargs)
        except Problem as problem:
            return _refusal(problem)

    return answer


@_reading
def prompt(request: HttpRequest, slug: str) -> HttpResponse:
    """`GET /api/public/v2/prompts/{slug}?label=&version=`: the text that serves now."""
    if request.GET.get("type") == "chat":
        raise Problem(HTTPStatus.BAD_REQUEST, "Prompts here are texts; ask for type “text”.")
    try:
        question = Question.of(request.GET)
    except NotAVersion as wrong:
        raise Problem(HTTPStatus.BAD_REQUEST, str(wrong)) from None
    headers = {"authorization": request.headers.get("Authorization", "")}
    answer = fetch.respond("GET", slug, question.parameters, headers)
    if answer.status != HTTPStatus.OK:
        return _passed_on(answer)
    served = json.loads(answer.body)
    _refuse_another(question, served["revision"], served["stage"])
    response = JsonResponse(as_langfuse(slug, served, question.labels))
    response["Cache-Control"] = "no-store"
    for header, value in answer.headers:
        if header.startswith("x-fleet-"):
            response[header] = value
    return response


@_reading
def projects(request: HttpRequest) -> HttpResponse:
    """`GET /api/public/projects`: what `auth_check` asks to see whether its key is good."""
    authenticate(request, Scope.PROMPTS_READ)
    return JsonResponse({"data": [PROJECT]})


@_reading
def health(request: HttpRequest) -> HttpResponse:
    """`GET /api/public/health`: alive. Asks nobody else and nobody for a key."""
    return JsonResponse({"status": "OK", "version": SERVER_VERSION})


@_reading
def unsupported(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Any other address of Langfuse's API."""
    raise Problem(HTTPStatus.NOT_FOUND, f"There is no /api/public/{rest}. {READS_ONLY}")


def _refuse_another(question: Question, revision: int, stage: str) -> None:
    """A 404 Problem where what serves is not what was asked for.

    A pinned version is answered only while it serves: a pin must not bring back a text that was
    revoked, nor one that nobody watches any more.
    """
    if question.staging and stage != "staging":
        raise Problem(HTTPStatus.NOT_FOUND, "Nothing is on staging here.")
    if question.version is not None and question.version != revision:
        raise Problem(
            HTTPStatus.NOT_FOUND,
            f"Version {question.version} does not serve; version {revision} does. Only what is "
            "live is given out. To go back, roll back in Prompt fleet.",
        )


def _passed_on(answer: Answer) -> HttpResponse:
    """A refusal of the fetch, said so that Langfuse's SDK heeds it.

    A withdrawn prompt is "not found" here: on a 404 alone the SDK drops its own copy of the
    text; after a 410 it would go on serving it.
    """
    told = json.loads(answer.body)
    status = HTTPStatus(answer.status)
    if status == HTTPStatus.GONE:
        status = HTTPStatus.NOT_FOUND
    retry = next((int(value) for name, value in answer.headers if name == "retry-after"), None)
    return _refusal(Problem(status, told["detail"], retry_after=retry))


def _refusal(problem: Problem) -> HttpResponse:
    """The problem document, with Langfuse's own two words for what went wrong."""
    document = document_of(problem)
    document |= {"error": document["title"], "message": document["detail"]}
    headers = headers_of(problem)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Basic realm="prompt fleet"'
    return HttpResponse(json.dumps(document), status=problem.status.value, headers=headers)
