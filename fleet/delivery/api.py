"""The documented API below `/api/v1/`: what needs a described body, and the description itself.

`GET prompts` and `prompts/{slug}` are answered by plain views, which are several times faster; they
stand here too so that the OpenAPI document tells of it. Errors are problem documents throughout.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI, Query, Schema
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from pydantic import Field, WithJsonSchema

from fleet.delivery import views
from fleet.delivery.keys import authenticate
from fleet.delivery.linting import Asked, lint_request
from fleet.delivery.models import ApiKey, Scope
from fleet.delivery.page import MOST, USUAL
from fleet.delivery.problems import Problem, problem_response
from fleet.delivery.wanted import LONGEST_SESSION

# Checked where it is read, not by pydantic: half of a broken emoji is a finding, not an error.
Text = Annotated[Any, WithJsonSchema({"type": "string"})]
Texts = Annotated[
    Any, WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}})
]


class ProblemDocument(Schema):
    """RFC 9457: what went wrong and how to mend it."""

    type: str
    title: str
    status: int
    detail: str


class LintBody(Schema):
    """Either `text`, or `prompt` with `slots`; `tenant` says for whom."""

    text: Text = Field(None, description="One free text.")
    slots: Texts = Field(None, description="Slot name -> the overlay's text.")
    prompt: str | None = None
    tenant: str | None = None
    locale: str | None = None
    segment: str | None = Field(None, description="Line of business, where no tenant tells it.")


class FixShape(Schema):
    """A replacement for the span."""

    label: str
    replacement: str


class FindingShape(Schema):
    """One thing a rule has to say. `span`: code points, half-open, in the text as given."""

    rule: str
    severity: str
    slot: str | None
    span: list[int] | None
    quote: str
    message: str
    hint: str
    fix: FixShape | None


class LintAnswer(Schema):
    """`decision` is accept, review or reject."""

    decision: str
    findings: list[FindingShape]


class PromptQuery(Schema):
    """Whose prompt is asked for."""

    tenant: str | None = Field(None, description="None: the platform default.")
    locale: str | None = Field(
        None, description="Falls back from de-AT to de, then to the tenant's own."
    )
    lane: str | None = Field(None, description="None: the router chooses.")
    session: str | None = Field(
        None, max_length=LONGEST_SESSION, description="The same one gets the same arm of a canary."
    )
    task_tier: str | None = Field(None, description="What the router may choose a lane by.")
    stage: Literal["staging", "shadow"] | None = Field(
        None, description="What does not serve yet; staging needs the scope prompts:staging."
    )


class PromptsQuery(Schema):
    """Which page of everything active."""

    tenant: str | None = Field(
        None, description="None: the key's tenant; of an unbound key, everybody's own variants."
    )
    limit: int = Field(USUAL, ge=1, le=MOST, description="Entries of a page.")
    cursor: str | None = Field(None, description="The “next” of the page before.")


class ChangesQuery(Schema):
    """From where to listen."""

    since: str | None = Field(None, description="The last cursor heard; None: from now on.")


class PromptsAnswer(Schema):
    """Each entry is what a fetch of that prompt, tenant, locale and lane answers."""

    prompts: list[dict[str, Any]]
    next: str | None = Field(description="The cursor of the next page; null at the end.")


def bearer(scope: Scope) -> Any:
    """What ninja asks before an operation: a key that holds `scope`, as `request.auth`."""

    def check(request: HttpRequest) -> ApiKey:
        return authenticate(request, scope)

    check.openapi_security_schema = {"type": "http", "scheme": "bearer"}  # type: ignore[attr-defined]
    return check


class Described(NinjaAPI):
    """A NinjaAPI whose document gives problem documents the media type they are sent with."""

    def get_openapi_schema(self, **where: Any) -> OpenAPISchema:
        """The OpenAPI document."""
        document = super().get_openapi_schema(**where)
        for methods in document["paths"].values():
            for operation in methods.values():
                for answer in operation["responses"].values():
                    content = answer.get("content", {})
                    shape = content.get("application/json", {}).get("schema", {})
                    if shape.get("$ref", "").endswith(f"/{ProblemDocument.__name__}"):
                        content["application/problem+json"] = content.pop("application/json")
        return document


NOT_MODIFIED = {304: None}
PROBLEMS = dict.fromkeys((400, 401, 403, 404, 413, 422, 503), ProblemDocument)

api = Described(
    title="Prompt fleet", version="1", urls_namespace="api", docs_url=None,
    description="Send the API key as “Authorization: Bearer KEY”.",
)  # fmt: skip


@api.get(
    "/prompts/{slug}", auth=bearer(Scope.PROMPTS_READ), operation_id="getPrompt",
    response={200: dict[str, Any], **NOT_MODIFIED, 410: ProblemDocument, **PROBLEMS},
)  # fmt: skip
def prompt(request: HttpRequest, slug: str, asked: Query[PromptQuery]) -> HttpResponse:
    """The text a variant serves now, with its ETag; 410 when it was withdrawn.

    Without PostgreSQL the last good answer, with `X-Fleet-Stale: 1` and `"stale": true`.
    """
    return views.prompt(request, slug)


@api.get(
    "/prompts", auth=bearer(Scope.PROMPTS_READ), operation_id="listPrompts",
    response={200: PromptsAnswer, **NOT_MODIFIED, **PROBLEMS},
)  # fmt: skip
def prompts(request: HttpRequest, asked: Query[PromptsQuery]) -> HttpResponse:
    """Everything active, to warm a client: a tenant's own variants and, of every other prompt,
    the platform default with the tenant's name in it. `X-Fleet-Cursor` is where to open the
    change stream.
    """
    return views.prompts(request)


@api.get(
    "/changes", auth=bearer(Scope.PROMPTS_READ), operation_id="streamChanges",
    response=PROBLEMS,
    openapi_extra={"responses": {200: {
        "description": "Events without end; a comment every 15 s.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }}},
)  # fmt: skip
def changes(request: HttpRequest, asked: Query[ChangesQuery]) -> HttpResponse:
    """Each change of what is served, as server-sent events, in commit order, none skipped.

    `data` is `{"cursor", "prompt", "tenant", "locale", "lane"}`. `event: cursor` says where a
    stream without `since` begins; `event: reset` that changes may be missing: fetch all again.
    """
    # The server answers it before Django is asked (fleet.rsgi); a caller polls where it does not.
    raise Problem(HTTPStatus.NOT_FOUND, "This server has no change stream. Fetch again after ttl.")


@api.post(
    "/lint", auth=bearer(Scope.LINT_RUN), response={200: LintAnswer, **PROBLEMS},
    operation_id="lint",
)  # fmt: skip
def lint(request: HttpRequest, body: LintBody) -> dict[str, Any]:
    """What the current policy says about a text, or about the slots of an overlay."""
    asked = Asked(body.text, body.slots, body.prompt, body.tenant, body.locale, body.segment)
    return lint_request(asked, request.auth)  # type: ignore[attr-defined]


@api.exception_handler(Problem)
def on_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    """A problem we raised ourselves."""
    return problem_response(problem)


@api.exception_handler(RequestDataTooBig)
def on_too_big(request: HttpRequest, error: Exception) -> HttpResponse:
    """A body beyond DATA_UPLOAD_MAX_MEMORY_SIZE."""
    return problem_response(
        Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large. Send less at once.")
    )


@api.exception_handler(ValidationError)
def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A body that has not the described shape: every field with what is wrong with it."""
    wrong = [{"field": ".".join(map(str, e["loc"][1:])), "error": e["msg"]} for e in error.errors]
    told = "; ".join(f"{row['field'] or 'body'}: {row['error']}" for row in wrong)
    return problem_response(Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{told}.", errors=wrong))


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """A body that is no JSON, and the like."""
    return problem_response(Problem(HTTPStatus(error.status_code), str(error)))


@api.exception_handler(Http404)
def on_missing(request: HttpRequest, error: Http404) -> HttpResponse:
    """An address that does not exist."""
    return problem_response(Problem(HTTPStatus.NOT_FOUND, "There is no such thing."))


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def on_database_away(request: HttpRequest, error: Exception) -> HttpResponse:
    """PostgreSQL cannot be reached: nothing was done."""
    told = "The registry cannot be reached and nothing was done. Try again."
    return problem_response(Problem(HTTPStatus.SERVICE_UNAVAILABLE, told, retry_after=5))


# By its place: what acts is described with what stands above here.
api.add_router("", "fleet.delivery.acting.router")
api.add_router("", "fleet.delivery.measuring.router")


def urlpatterns() -> tuple[list[URLResolver | URLPattern], str, str]:
    """The API's addresses for `path()`, opened to callers with a key but without a session."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            login_not_required(pattern.callback)
    return patterns, app, namespace
