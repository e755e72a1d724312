"""One page of everything active: which rows, and each as its own fetch would answer it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fleet.delivery.lookup import Key, key_of, text_of
from fleet.delivery.problems import Problem
from fleet.delivery.splice import body_of, tag_of
from fleet.delivery.wanted import parameters, preferences, refuse_unstorable
from fleet.delivery.wire import Statement, execute
from fleet.router.rules import fallbacks_for

MOST = 500
USUAL = 200
"""Entries of a page, some kilobytes each."""

Names = tuple[str, str, str, str]
"""Prompt, tenant, locale, lane: where a page ends."""

FIRST: Names = ("", "", "", "")


@dataclass(frozen=True, slots=True)
class Wanting:
    """What a caller asks for; `after` is where the page before it ended."""

    tenant: str
    limit: int
    after: Names


@dataclass(frozen=True, slots=True)
class Head:
    """Who asks, for whom, and what holds for the whole page.

    `routers`: prompt -> table of fallbacks, under "" the one of all other prompts.
    """

    key: Key | None
    home: str | None
    routers: Mapping[str, Mapping[str, Sequence[str]]]
    cursor: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer, and its entity tag."""

    tag: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Row:
    prompt: str
    tenant: str
    locale: str
    lane: str
    etag: str
    home: str
    usable: bool
    text: bytes


HEAD = Statement(
    b"fleet_page_head",
    b"""
SELECT k.secret_sha256, array_to_string(k.scopes, ' '), k.revoked_at IS NOT NULL, b.slug,
       t.locale, (SELECT max(cursor) FROM fleet_change),
       (SELECT jsonb_object_agg(coalesce(p.slug, ''), v.fallbacks) FROM fleet_routerrelease f
        JOIN fleet_routerversion v ON v.id = f.version_id
        LEFT JOIN registry_prompt p ON p.id = f.prompt_id WHERE f.stage = 'live')
FROM (SELECT) AS nothing
LEFT JOIN fleet_apikey k ON k.prefix = $1::text
LEFT JOIN registry_tenant b ON b.id = k.tenant_id
LEFT JOIN registry_tenant t ON t.slug = coalesce(nullif($2::text, ''), b.slug)
""",
)

_COLUMNS = b"""s.prompt_slug, s.tenant_slug, s.locale, s.lane, s.etag, t.locale,
       NOT s.gone AND s.as_fallback <> ''"""

OF_ALL = Statement(
    b"fleet_page_of_all",
    b"SELECT "
    + _COLUMNS
    + b""", CASE WHEN $6::bool THEN s.body END
FROM fleet_served s LEFT JOIN registry_tenant t ON t.slug = s.tenant_slug
WHERE (s.prompt_slug, s.tenant_slug, s.locale, s.lane) > ($1::text, $2::text, $3::text, $4::text)
AND NOT s.gone
ORDER BY s.prompt_slug, s.tenant_slug, s.locale, s.lane LIMIT $5::int
""",
)

OF_TENANT = Statement(
    b"fleet_page_of_tenant",
    b"SELECT "
    + _COLUMNS
    + b""", CASE WHEN $6::bool THEN s.body END
FROM registry_prompt p
CROSS JOIN LATERAL (SELECT CASE WHEN EXISTS (
    SELECT FROM fleet_served WHERE prompt_slug = p.slug AND tenant_slug = $7::text
) THEN $7::text ELSE '' END AS tenant) w
JOIN fleet_served s ON s.prompt_slug = p.slug AND s.tenant_slug = w.tenant
JOIN registry_tenant t ON t.slug = $7::text
WHERE (s.prompt_slug, s.tenant_slug, s.locale, s.lane) > ($1::text, $2::text, $3::text, $4::text)
AND NOT s.gone
ORDER BY s.prompt_slug, s.tenant_slug, s.locale, s.lane LIMIT $5::int
""",
)

BEHIND = Statement(
    b"fleet_page_behind",
    b"SELECT "
    + _COLUMNS
    + b""", CASE WHEN $4::bool THEN s.as_fallback END
FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS n(prompt, tenant)) n
JOIN fleet_served s ON s.prompt_slug = n.prompt AND s.tenant_slug = n.tenant
LEFT JOIN registry_tenant t ON t.slug = coalesce(nullif($3::text, ''), s.tenant_slug)
WHERE EXISTS (SELECT FROM fleet_served o WHERE o.prompt_slug = n.prompt
              AND o.tenant_slug = n.tenant AND o.lane <> s.lane)
""",
)
"""Every row of the prompts and tenants on a page that have more than one lane."""


def read_page(query: Mapping[str, str] | str) -> Wanting:
    """The request; a 400 Problem for what it cannot be."""
    asked = parameters(query) if isinstance(query, str) else query
    refuse_unstorable(*asked.values())
    limit = asked.get("limit") or str(USUAL)
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= MOST):
        raise Problem(HTTPStatus.BAD_REQUEST, f"“limit” is a number from 1 to {MOST}.")
    after = asked.get("cursor") or ""
    return Wanting(asked.get("tenant") or "", int(limit), _names(after) if after else FIRST)


def head_of(prefix: str, tenant: str) -> Head:
    """Who asks, in one round trip. Raises django.db's DatabaseError."""
    result = execute(HEAD, [prefix.encode(), tenant.encode()])
    *key, home, cursor, routers = (text_of(result.get_value(0, n)) for n in range(7))
    return Head(key_of(*key), home, json.loads(routers or "{}"), int(cursor or 0))


def entries_of(
    tenant: str, wanting: Wanting, head: Head, *, texts: bool
) -> tuple[list[Entry], str]:
    """The page's entries, and the cursor of the next one; empty at the end.

    Without `texts` only the entity tags are read, the bodies are empty.
    """
    flag = b"t" if texts else b"f"
    values = [*(name.encode() for name in wanting.after), str(wanting.limit + 1).encode(), flag]
    rows = _rows(OF_TENANT, [*values, tenant.encode()]) if tenant else _rows(OF_ALL, values)
    page, more = rows[: wanting.limit], len(rows) > wanting.limit
    lanes = _lanes(page, tenant, flag)
    entries = [_entry(row, tenant, head, lanes) for row in page]
    return entries, _cursor(page[-1]) if more else ""


def _rows(statement: Statement, values: Sequence[bytes]) -> list[_Row]:
    result = execute(statement, values)
    return [_row([result.get_value(n, c) for c in range(8)]) for n in range(result.ntuples)]


def _row(cells: list[bytes | None]) -> _Row:
    prompt, tenant, locale, lane, etag, home, usable = (text_of(cell) or "" for cell in cells[:7])
    return _Row(prompt, tenant, locale, lane, etag, home or "en", usable == "t", cells[7] or b"")


Lanes = dict[tuple[str, str, str], list[_Row]]


def _lanes(page: Sequence[_Row], tenant: str, flag: bytes) -> Lanes:
    """(prompt, tenant, lane) -> its rows, of all that may stand behind another lane."""
    pairs = sorted({(row.prompt, row.tenant) for row in page})
    names = [_array([pair[n] for pair in pairs]) for n in (0, 1)]
    found: Lanes = {}
    for row in _rows(BEHIND, [*names, tenant.encode(), flag]) if pairs else ():
        found.setdefault((row.prompt, row.tenant, row.lane), []).append(row)
    return found


def _entry(row: _Row, tenant: str, head: Head, lanes: Lanes) -> Entry:
    table = head.routers.get(row.prompt, head.routers.get(""))
    order = [*preferences(row.locale), *preferences(row.home), "en"]
    behind = [
        _best(order, lanes[row.prompt, row.tenant, lane])
        for lane in fallbacks_for(table, row.lane)
        if (row.prompt, row.tenant, lane) in lanes
    ]
    usable = [one for one in behind if one.usable]
    echo = tenant if not row.tenant else ""
    tag = tag_of(row.etag, echo, [one.etag for one in usable])
    if not row.text:
        return Entry(tag, b"")
    return Entry(tag, body_of(row.text, row.prompt, echo, [one.text for one in usable]))


def _best(order: Sequence[str], rows: Sequence[_Row]) -> _Row:
    by_locale = {row.locale: row for row in rows}
    return by_locale[next((one for one in order if one in by_locale), min(by_locale))]


def _array(names: Sequence[str]) -> bytes:
    """A PostgreSQL array of slugs, which hold nothing that needs more than quotes."""
    return ("{" + ",".join(f'"{name}"' for name in names) + "}").encode()


def _cursor(row: _Row) -> str:
    names = json.dumps([row.prompt, row.tenant, row.locale, row.lane], separators=(",", ":"))
    return urlsafe_b64encode(names.encode()).decode().rstrip("=")


def _names(cursor: str) -> Names:
    try:
        found: Any = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        found = None
    if not (isinstance(found, list) and len(found) == 4 and all(_is_name(n) for n in found)):
        raise Problem(HTTPStatus.BAD_REQUEST, "“cursor” is not one that a page gave as “next”.")
    return found[0], found[1], found[2], found[3]


def _is_name(found: object) -> bool:
    return isinstance(found, str) and len(found) <= 80 and found.isascii() and "\x00" not in found
