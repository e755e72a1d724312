"""`GET /api/v1/prompts`: everything active that a key may read, in pages, to warm a client.

Each entry is, byte for byte, what a fetch of that prompt, tenant, locale and lane answers
without a session. A tenant's pages hold the platform default, with the tenant's name in it, of
every prompt it has no variant of. Without `tenant` a key that is bound to one gets that tenant's;
any other key gets every tenant's own variants and the platform defaults (`tenant` null).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus

from django.db import DatabaseError

from fleet.delivery.admission import Headers, admit, credentials
from fleet.delivery.answer import Answer, found, matches, not_modified, refused, without_body
from fleet.delivery.fetch import unreadable
from fleet.delivery.models import Scope
from fleet.delivery.outage import outage
from fleet.delivery.page import Entry, Head, entries_of, head_of, read_page
from fleet.delivery.problems import Problem
from fleet.delivery.splice import tag_of
from fleet.delivery.wanted import LONGEST_NAME
from fleet.delivery.wire import UNREACHABLE

log = logging.getLogger(__name__)


def respond_all(method: str, query: Mapping[str, str] | str, headers: Headers) -> Answer:
    """One page; as `fleet.delivery.fetch.respond` it never raises and needs no Django request."""
    try:
        answer = _respond(method, query, headers)
    except Problem as problem:
        answer = refused(problem)
    except DatabaseError as error:
        if isinstance(error, UNREACHABLE):
            outage.begin()
        else:
            log.exception("The registry cannot be read.")
        answer = refused(unreadable())
    return without_body(answer) if method == "HEAD" else answer


def _respond(method: str, query: Mapping[str, str] | str, headers: Headers) -> Answer:
    if method not in ("GET", "HEAD"):
        raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, "Fetch prompts with GET.")
    wanting = read_page(query)
    prefix, secret = credentials(headers)
    if outage.lasts():
        raise unreadable()
    head = head_of(prefix, wanting.tenant)
    bound = head.key.tenant if head.key else ""
    tenant = wanting.tenant or bound
    admit(head.key, secret, Scope.PROMPTS_READ, tenant)
    if tenant and head.home is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no tenant called {tenant[:LONGEST_NAME]}.")
    held = headers.get("if-none-match") or ""
    if held:
        tag = _tag(*entries_of(tenant, wanting, head, texts=False))
        if matches(held, tag):
            return not_modified(tag)
    entries, following = entries_of(tenant, wanting, head, texts=True)
    return _page(entries, following, head)


def _page(entries: list[Entry], following: str, head: Head) -> Answer:
    end = f'],"next":"{following}"}}' if following else '],"next":null}'
    body = b"".join((b'{"prompts":[', b",".join(one.body for one in entries), end.encode()))
    answer = found(body, _tag(entries, following))
    # Where a client may open the change stream without missing anything after this page.
    answer.headers.append(("x-fleet-cursor", str(head.cursor)))
    return answer


def _tag(entries: list[Entry], following: str) -> str:
    return tag_of("page", following, [one.tag for one in entries])
