"""Which key opens a change stream, and whether it still may."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from http import HTTPStatus

from fleet.delivery.keys import ASK_FOR_KEY, UNKNOWN_KEY, hash_of, parse
from fleet.delivery.models import Scope
from fleet.delivery.problems import Problem
from fleet.stream.feed import Feed


@dataclass(frozen=True)
class Admitted:
    """An API key's id, and the tenant it is bound to (None: it hears everything)."""

    key: int
    tenant: str | None


async def admit(feed: Feed, authorization: str) -> Admitted:
    """Who calls, by the Authorization header; a 401 or 403 Problem where nobody we know."""
    pair = parse(authorization)
    if pair is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, UNKNOWN_KEY if authorization else ASK_FOR_KEY)
    prefix, secret = pair
    rows = await feed.ask(
        "SELECT k.id, k.secret_sha256, k.scopes, t.slug FROM fleet_apikey k "
        "LEFT JOIN registry_tenant t ON t.id = k.tenant_id "
        "WHERE k.prefix = %s AND k.revoked_at IS NULL", prefix,
    )  # fmt: skip
    if not rows or not hmac.compare_digest(rows[0][1], hash_of(secret)):
        raise Problem(HTTPStatus.UNAUTHORIZED, UNKNOWN_KEY)
    key, _, scopes, tenant = rows[0]
    if Scope.PROMPTS_READ.value not in scopes:
        raise Problem(HTTPStatus.FORBIDDEN, f"This API key lacks the scope {Scope.PROMPTS_READ}.")
    return Admitted(key, tenant)


async def still_allowed(feed: Feed, keys: set[int]) -> set[int]:
    """Those of the keys that may still hear changes."""
    if not keys:
        return set()
    rows = await feed.ask(
        "SELECT id FROM fleet_apikey "
        "WHERE id = ANY(%s) AND revoked_at IS NULL AND %s = ANY(scopes)",
        sorted(keys), Scope.PROMPTS_READ.value,
    )  # fmt: skip
    return {key for (key,) in rows}
