"""`GET /api/v1/prompts/{slug}`, for whatever server asks: plain values in, an Answer out.

`respond` needs no Django request and no `request_started` signal: call it in any thread. It
uses that thread's own Django connection (`fleet.delivery.wire`) and replaces it when it broke
or grew too old, so a thread that only fetches needs no `close_old_connections` around it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from django.db import DatabaseError

from fleet.delivery.admission import Headers, admit, credentials
from fleet.delivery.answer import (
    Answer,
    found,
    matches,
    not_modified,
    refused,
    uncached,
    without_body,
)
from fleet.delivery.choosing import takes_canary
from fleet.delivery.degraded import known_key, last_good
from fleet.delivery.keeping import Noted, keeper
from fleet.delivery.lastgood import Kept
from fleet.delivery.lookup import Ground, Key, look
from fleet.delivery.models import Scope
from fleet.delivery.outage import outage
from fleet.delivery.problems import Problem, document_of
from fleet.delivery.resolving import resolve
from fleet.delivery.splice import body_of, tag_of
from fleet.delivery.staged import staged
from fleet.delivery.wanted import Wanted, read
from fleet.delivery.wire import UNREACHABLE

log = logging.getLogger(__name__)

RETRY_AFTER = 5
"""Seconds until a caller may hope that the registry can be read again."""


@dataclass(slots=True)
class _Asked:
    """One request on its way to its answer."""

    wanted: Wanted
    prefix: str
    secret: str
    held: str
    key: Key | None = None


def respond(method: str, slug: str, query: Mapping[str, str] | str, headers: Headers) -> Answer:
    """The answer to one request; never raises, whatever a caller sends.

    `query` is the raw query string, or its parameters; `slug` is decoded already.
    """
    try:
        answer = _respond(method, slug, query, headers)
    except Problem as problem:
        answer = refused(problem)
    except DatabaseError:
        log.exception("The registry cannot be read.")
        answer = refused(unreadable())
    except Exception:
        log.exception("A fetch failed.")
        failed = "The registry failed. Its log tells why."
        answer = refused(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, failed))
    return without_body(answer) if method == "HEAD" else answer


def _respond(method: str, slug: str, query: Mapping[str, str] | str, headers: Headers) -> Answer:
    if method not in ("GET", "HEAD"):
        raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, "Fetch prompts with GET.")
    wanted = read(slug, query)
    asked = _Asked(wanted, *credentials(headers), headers.get("if-none-match") or "")
    if not outage.lasts():
        try:
            return _staged(asked) if wanted.stage else _from_database(asked)
        except UNREACHABLE:
            outage.begin()
    return _from_cache(asked)


def _from_database(asked: _Asked) -> Answer:
    # Who holds a tag mostly holds the right one: then no text needs to leave the database.
    ground = look(asked.prefix, asked.wanted, asked.wanted.lane, texts=not asked.held)
    asked.key = admit(ground.key, asked.secret, Scope.PROMPTS_READ, asked.wanted.tenant)
    try:
        return _answer(asked, ground)
    except Problem as problem:
        _keep_refusal(asked, ground, problem)
        raise


def _from_cache(asked: _Asked) -> Answer:
    key = known_key(asked.prefix)
    if key is None or asked.wanted.stage:
        raise unreadable()
    admit(key, asked.secret, Scope.PROMPTS_READ, asked.wanted.tenant)
    answer = last_good(asked.wanted)
    if answer is None:
        raise unreadable()
    return answer


def _staged(asked: _Asked) -> Answer:
    """What is on staging or in the shadow: read as it is, kept by nobody."""
    return uncached(staged(asked.prefix, asked.secret, asked.wanted))


def _answer(asked: _Asked, ground: Ground) -> Answer:
    wanted, prefix = asked.wanted, asked.prefix
    row, behind = resolve(wanted, ground)
    echo = wanted.tenant if not row.tenant else ""
    canary = takes_canary(row, wanted.slug, wanted.session)
    arm = "canary" if canary else "live"
    tag = tag_of(row.canary_etag if canary else row.etag, echo, [one.etag for one in behind])
    same, known = matches(asked.held, tag), keeper.knows(wanted, arm, tag, prefix)
    if same and known:
        return not_modified(tag)
    stored = row.canary_body if canary else row.body
    entries = [one.as_fallback for one in behind if one.as_fallback is not None]
    if stored is None or len(entries) < len(behind):
        return _answer(asked, look(prefix, wanted, row.lane, texts=True))
    body = body_of(stored, wanted.slug, echo, entries)
    if not known and asked.key is not None:
        places = [one.place for one in (row, *behind)]
        kept = Kept(ground.cursor, HTTPStatus.OK, places, body)
        keeper.note(Noted(wanted, arm, tag, kept, prefix, asked.key))
    return not_modified(tag) if same else found(body, tag)


def _keep_refusal(asked: _Asked, ground: Ground, problem: Problem) -> None:
    """A 404 or 410 takes the place of the text that was kept before."""
    if asked.key is None:
        return
    body = json.dumps(document_of(problem), ensure_ascii=False).encode("utf-8", "replace")
    kept = Kept(ground.cursor, problem.status, (), body)
    tag = f"{problem.status.value}"
    if not keeper.knows(asked.wanted, "live", tag, asked.prefix):
        keeper.note(Noted(asked.wanted, "live", tag, kept, asked.prefix, asked.key))


def unreadable() -> Problem:
    """Neither PostgreSQL nor the last good answer is there."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "The registry cannot be read. Try again.",
        retry_after=RETRY_AFTER,
    )  # fmt: skip
