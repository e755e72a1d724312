"""`GET /api/v1/prompts/{slug}`, for whatever server asks: plain values in, an Answer out.

`respond` needs no Django request and no `request_started` signal: call it in any thread. It
uses that thread's own Django connection (`fleet.delivery.wire`) and replaces it when it broke
or grew too old, so a thread that only fetches needs no `close_old_connections` around it.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Protocol

from django.db import DatabaseError

from fleet.delivery.answer import Answer, found, matches, not_modified, refused, without_body
from fleet.delivery.choosing import lane_of, router_of, takes_canary
from fleet.delivery.keys import ASK_FOR_KEY, UNKNOWN_KEY, hash_of, parse
from fleet.delivery.lookup import Ground, Key, Row, look
from fleet.delivery.models import Scope
from fleet.delivery.problems import Problem
from fleet.delivery.splice import body_of, tag_of
from fleet.delivery.wanted import LONGEST_NAME, Wanted, read
from fleet.router.rules import Asked, fallbacks_for

RETRY_AFTER = 5
"""Seconds until a caller may hope that the registry can be read again."""


class Headers(Protocol):
    """Request headers, found by their lower-case names."""

    def get(self, name: str, /) -> str | None: ...


def respond(method: str, slug: str, query: Mapping[str, str] | str, headers: Headers) -> Answer:
    """The answer to one request; never raises for what a caller can send.

    `query` is the raw query string, or its parameters; `slug` is decoded already.
    """
    try:
        answer = _respond(method, slug, query, headers)
    except Problem as problem:
        answer = refused(problem)
    except DatabaseError:
        answer = refused(unreadable())
    return without_body(answer) if method == "HEAD" else answer


def unreadable() -> Problem:
    """Neither PostgreSQL nor the last good answer is there."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "The registry cannot be read. Try again.",
        retry_after=RETRY_AFTER,
    )  # fmt: skip


def _respond(method: str, slug: str, query: Mapping[str, str] | str, headers: Headers) -> Answer:
    if method not in ("GET", "HEAD"):
        raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, "Fetch prompts with GET.")
    wanted = read(slug, query)
    prefix, secret = credentials(headers)
    held = headers.get("if-none-match") or ""
    # Who holds a tag mostly holds the right one: then no text needs to leave the database.
    ground = look(prefix, wanted, wanted.lane, texts=not held)
    admit(ground.key, secret, Scope.PROMPTS_READ, wanted.tenant)
    return _answer(prefix, wanted, ground, held)


def credentials(headers: Headers) -> tuple[str, str]:
    """(prefix, secret) of the key a request is sent with; a 401 Problem without one."""
    header = headers.get("authorization") or ""
    pair = parse(header)
    if pair is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, UNKNOWN_KEY if header else ASK_FOR_KEY)
    return pair


def admit(key: Key | None, secret: str, scope: Scope, tenant: str) -> None:
    """A 401 or 403 Problem unless the key is right, in force, and reaches this tenant."""
    if key is None or key.revoked or not hmac.compare_digest(key.secret_sha256, hash_of(secret)):
        raise Problem(HTTPStatus.UNAUTHORIZED, UNKNOWN_KEY)
    if scope not in key.scopes:
        raise Problem(HTTPStatus.FORBIDDEN, f"This API key lacks the scope {scope.value}.")
    if key.tenant and tenant != key.tenant:
        raise Problem(
            HTTPStatus.FORBIDDEN, f"This API key reads only the prompts of tenant={key.tenant}."
        )


def _answer(prefix: str, wanted: Wanted, ground: Ground, held: str) -> Answer:
    lanes = {row.lane: row for row in ground.rows}
    refuse_unknown(wanted, ground)
    router = router_of(ground.rules, ground.fallbacks)
    row = _row(wanted, ground, lanes)
    behind = [
        lanes[name]
        for name in fallbacks_for(router[1], row.lane)
        if name in lanes and lanes[name].stands_behind and not lanes[name].gone
    ]
    echo = wanted.tenant if not row.tenant else ""
    canary = takes_canary(row, wanted.slug, wanted.session)
    tag = tag_of(row.canary_etag if canary else row.etag, echo, [one.etag for one in behind])
    if held and matches(held, tag):
        return not_modified(tag)
    stored = row.canary_body if canary else row.body
    entries = [one.as_fallback for one in behind if one.as_fallback is not None]
    if stored is None or len(entries) < len(behind):
        again = look(prefix, wanted, row.lane, texts=True)
        return _answer(prefix, replace(wanted, lane=row.lane), again, "")
    return found(body_of(stored, wanted.slug, echo, entries), tag)


def _row(wanted: Wanted, ground: Ground, lanes: Mapping[str, Row]) -> Row:
    """The row that answers; a Problem says what there is instead, or that it was withdrawn."""
    asked = Asked(
        segment=ground.segment or "", tenant=wanted.tenant,
        locale=wanted.locale or ground.home or "", task_tier=wanted.task_tier,
    )  # fmt: skip
    lane = lane_of(wanted.lane, router_of(ground.rules, ground.fallbacks), asked, lanes)
    if lane is None:
        named = (
            f"There is no lane {wanted.lane[:LONGEST_NAME]} here."
            if wanted.lane
            else ("The router finds no lane here.")
        )
        there = sorted(lanes)
        raise Problem(HTTPStatus.NOT_FOUND, f"{named} Lanes: {', '.join(there)}.", lanes=there)
    if lanes[lane].gone:
        raise Problem(
            HTTPStatus.GONE, "This prompt was withdrawn. Do not use a copy of it; ask its owner."
        )
    return lanes[lane]


def refuse_unknown(wanted: Wanted, ground: Ground) -> None:
    """A 404 Problem for a prompt or tenant nobody knows, and where nothing is live yet."""
    slug, tenant = wanted.slug[:LONGEST_NAME], wanted.tenant[:LONGEST_NAME]
    if not ground.prompt_known:
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no prompt called {slug}.")
    if tenant and ground.home is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no tenant called {tenant}.")
    if not ground.rows:
        raise Problem(HTTPStatus.NOT_FOUND, f"Nothing is live for {slug} yet.")
