"""What running applications call."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from fleet.delivery.keys import authenticate
from fleet.delivery.lookup import Found, Wanted, find
from fleet.delivery.models import ApiKey, Scope
from fleet.delivery.problems import Problem, problem_response
from fleet.delivery.readiness import checks as readiness_checks

CACHE_CONTROL = "private, max-age=30, stale-if-error=86400"


# A GET with a bearer key: no cookie is read, so there is nothing to forge.
@csrf_exempt
@login_not_required
def prompt(request: HttpRequest, slug: str) -> HttpResponse:
    """`GET /api/v1/prompts/{slug}`: the text a variant serves now."""
    try:
        if request.method not in ("GET", "HEAD"):
            raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, "Fetch prompts with GET.")
        key = authenticate(request, Scope.PROMPTS_READ)
        wanted = Wanted(slug, _tenant(request, key), *_names(request, "locale", "lane"))
        return _answer(request, find(wanted))
    except Problem as problem:
        return problem_response(problem)
    except DatabaseError:
        down = Problem(HTTPStatus.SERVICE_UNAVAILABLE, "The registry cannot be read. Try again.")
        response = problem_response(down)
        response["Retry-After"] = "5"
        return response


@csrf_exempt
@login_not_required
def nothing(request: HttpRequest, rest: str) -> HttpResponse:
    """Any other address of the API: a program gets a problem document, not a page."""
    return problem_response(Problem(HTTPStatus.NOT_FOUND, f"There is no /api/{rest}."))


def _names(request: HttpRequest, *names: str) -> list[str | None]:
    return [request.GET.get(name) or None for name in names]


def _tenant(request: HttpRequest, key: ApiKey) -> str | None:
    tenant = request.GET.get("tenant") or None
    if key.tenant is None or tenant == key.tenant.slug:
        return tenant
    raise Problem(
        HTTPStatus.FORBIDDEN, f"This API key reads only the prompts of tenant={key.tenant.slug}."
    )


def _answer(request: HttpRequest, found: Found) -> HttpResponse:
    tag = f'"{found.etag}"'
    known = [
        part.strip().removeprefix("W/")
        for part in request.headers.get("If-None-Match", "").split(",")
    ]
    if tag in known or known == ["*"]:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(found.body, content_type="application/json")
    response["ETag"] = tag
    response["Cache-Control"] = CACHE_CONTROL
    return response


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
