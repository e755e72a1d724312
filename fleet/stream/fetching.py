"""`GET /api/v1/prompts/{slug}` past Django's middleware: no session, no cookie, no page in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.delivery import answer as answers
from fleet.delivery.fetch import respond, unreadable
from fleet.stream.pool import Crowded, Pool

if TYPE_CHECKING:
    from granian.rsgi import HTTPProtocol, Scope

PREFIX = "/api/v1/prompts/"


def slug_in(path: str) -> str:
    """The prompt's name in a path; empty where the path is another one."""
    slug = path.removeprefix(PREFIX)
    return slug if slug != path and "/" not in slug else ""


async def answer(scope: Scope, proto: HTTPProtocol, slug: str, pool: Pool) -> None:
    """Answer one request in a thread, which asks PostgreSQL."""

    def job() -> None:
        found = respond(scope.method, slug, scope.query_string, scope.headers)
        proto.response_bytes(*found)

    try:
        await pool.do(job)
    except Crowded:
        proto.response_bytes(*answers.refused(unreadable()))
