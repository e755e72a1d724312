"""API keys: made once, shown once, checked on every call."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from fleet.delivery.models import ApiKey, Scope
from fleet.delivery.problems import Problem
from registry import events
from registry.models import Tenant, User
from registry.roles import require


class UnknownScope(ValueError):
    """A scope that does not exist; the message lists those that do."""


@dataclass(frozen=True)
class Secret:
    """A fresh key in its two forms; nothing of it can be read again later."""

    prefix: str
    secret: str

    @property
    def bearer(self) -> str:
        """For `Authorization: Bearer`."""
        return f"pf_{self.prefix}_{self.secret}"

    @property
    def pair(self) -> str:
        """`public:secret`, for Basic auth."""
        return f"pk-{self.prefix}:sk-{self.secret}"


@transaction.atomic
def create_api_key(
    *, name: str, scopes: Sequence[str], tenant: Tenant | None = None, by: User | None = None
) -> tuple[ApiKey, Secret]:
    """Make a key; the secret is returned once and only its hash is stored.

    `by` None: an operator at the shell. Raises UnknownScope.
    """
    if by is not None:
        require(by, "manage_keys")
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        raise UnknownScope(
            f"Unknown scope: {', '.join(unknown) or 'none given'}. "
            f"There are: {', '.join(Scope.values)}."
        )
    secret = Secret(secrets.token_hex(6), secrets.token_urlsafe(32).replace("_", "-"))
    key = ApiKey.objects.create(
        name=name, prefix=secret.prefix, secret_sha256=_hash(secret.secret), tenant=tenant,
        scopes=sorted(set(scopes)), created_by=by,
    )  # fmt: skip
    events.record("apikey.created", key, by, scopes=key.scopes)
    return key, secret


@transaction.atomic
def revoke_api_key(key: ApiKey, *, by: User) -> ApiKey:
    """Refuse the key from now on."""
    require(by, "manage_keys")
    key = ApiKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    key.revoked_at = key.revoked_at or timezone.now()
    key.save(update_fields=["revoked_at"])
    events.record("apikey.revoked", key, by)
    return key


def authenticate(request: HttpRequest, scope: Scope) -> ApiKey:
    """The key of `Authorization: Bearer`, which must hold `scope`; else a 401 or 403 Problem."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem(HTTPStatus.UNAUTHORIZED, "Send the API key as “Authorization: Bearer KEY”.")
    key = _find(token.strip())
    if key is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, "This API key is unknown or was revoked.")
    if scope not in key.scopes:
        raise Problem(HTTPStatus.FORBIDDEN, f"This API key lacks the scope {scope.value}.")
    return key


def _find(token: str) -> ApiKey | None:
    head, _, rest = token.partition("_")
    prefix, _, secret = rest.partition("_")
    if head != "pf" or not secret or not token.isascii() or not token.isprintable():
        return None
    key = (
        ApiKey.objects.select_related("tenant")
        .filter(prefix=prefix, revoked_at__isnull=True)
        .first()
    )
    if key is None or not hmac.compare_digest(key.secret_sha256, _hash(secret)):
        return None
    return key


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
