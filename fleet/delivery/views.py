"""What running applications call, under Django."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from fleet.delivery import bulk, fetch
from fleet.delivery.answer import Answer
from fleet.delivery.problems import Problem, problem_response
from fleet.delivery.readiness import checks as readiness_checks


# A GET with a bearer key: no cookie is read, so there is nothing to forge.
@csrf_exempt
@login_not_required
def prompt(request: HttpRequest, slug: str) -> HttpResponse:
    """`GET /api/v1/prompts/{slug}`: the text a variant serves now."""
    query = request.META.get("QUERY_STRING", "")
    return as_response(fetch.respond(request.method or "", slug, query, request.headers))


@csrf_exempt
@login_not_required
def prompts(request: HttpRequest) -> HttpResponse:
    """`GET /api/v1/prompts`: everything active, in pages."""
    query = request.META.get("QUERY_STRING", "")
    return as_response(bulk.respond_all(request.method or "", query, request.headers))


def as_response(answer: Answer) -> HttpResponse:
    """The answer as Django's, with no header of Django's own."""
    response = HttpResponse(answer.body, status=answer.status)
    del response["Content-Type"]
    for name, value in answer.headers:
        response[name] = value
    return response


@csrf_exempt
@login_not_required
def nothing(request: HttpRequest, rest: str) -> HttpResponse:
    """Any other address of the API: a program gets a problem document, not a page."""
    return problem_response(Problem(HTTPStatus.NOT_FOUND, f"There is no /api/{rest}."))


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: this process answers. Asks nobody else."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready: database, Redis, worker heartbeat and outbox lag, one by one."""
    found = readiness_checks()
    ready = all(check["ok"] for check in found.values())
    return JsonResponse(
        {"status": "ok" if ready else "not ready", "checks": found}, status=200 if ready else 503
    )
