"""Who asks, and whether they may: a request's key against what is kept of it."""

from __future__ import annotations

import hmac
from http import HTTPStatus
from typing import Protocol

from fleet.delivery.keys import ASK_FOR_KEY, UNKNOWN_KEY, hash_of, parse
from fleet.delivery.lookup import Key
from fleet.delivery.models import Scope
from fleet.delivery.problems import Problem


class Headers(Protocol):
    """Request headers, found by their lower-case names."""

    def get(self, name: str, /) -> str | None: ...


def credentials(headers: Headers) -> tuple[str, str]:
    """(prefix, secret) of the key a request is sent with; a 401 Problem without one."""
    header = headers.get("authorization") or ""
    pair = parse(header)
    if pair is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, UNKNOWN_KEY if header else ASK_FOR_KEY)
    return pair


def admit(key: Key | None, secret: str, scope: Scope, tenant: str) -> Key:
    """The key, if it is right, in force, and reaches this tenant; a 401 or 403 Problem if not."""
    if key is None or key.revoked or not hmac.compare_digest(key.secret_sha256, hash_of(secret)):
        raise Problem(HTTPStatus.UNAUTHORIZED, UNKNOWN_KEY)
    if scope not in key.scopes:
        raise Problem(HTTPStatus.FORBIDDEN, f"This API key lacks the scope {scope.value}.")
    if key.tenant and tenant != key.tenant:
        raise Problem(
            HTTPStatus.FORBIDDEN, f"This API key reads only the prompts of tenant={key.tenant}."
        )
    return key
