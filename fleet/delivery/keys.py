"""API keys: made once, shown once, checked on every call."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from fleet.delivery.models import ACTS, ApiKey, KeyUser, Scope
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
        name=name, prefix=secret.prefix, secret_sha256=hash_of(secret.secret), tenant=tenant,
        scopes=sorted(set(scopes)), created_by=by,
    )  # fmt: skip
    if ACTS.keys() & set(key.scopes):
        acting_user(key)
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


def acting_user(key: ApiKey) -> KeyUser:
    """Who acts, and whom the trail names (“API key NAME”), for what is done with the key.

    Made with a key that may act, and otherwise the first time it is asked for. It passes
    `registry.roles.require` for what the key's scopes stand for and for the key's tenant only.
    """
    user = KeyUser.objects.filter(username=f"key-{key.prefix}").first()
    if user is None:
        user = KeyUser(username=f"key-{key.prefix}", first_name="API key", last_name=key.name)
        user.set_unusable_password()
        user.save()
    if key.user_id != user.pk:
        key.user = user
        key.save(update_fields=["user"])
    user.api_key = key
    return user


def authenticate(request: HttpRequest, scope: Scope) -> ApiKey:
    """The key a request is sent with, which must hold `scope`; else a 401 or 403 Problem."""
    header = request.headers.get("Authorization", "")
    pair = parse(header)
    if pair is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, ASK_FOR_KEY if not header else UNKNOWN_KEY)
    key = find(*pair)
    if key is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, UNKNOWN_KEY)
    if scope not in key.scopes:
        raise Problem(HTTPStatus.FORBIDDEN, f"This API key lacks the scope {scope.value}.")
    return key


ASK_FOR_KEY = "Send the API key as “Authorization: Bearer KEY”."
UNKNOWN_KEY = "This API key is unknown or was revoked."

LONGEST_HEADER = 400
"""Characters of an Authorization header that can be a key's: `pk-…:sk-…` in base64 has 90."""


def parse(header: str) -> tuple[str, str] | None:
    """(prefix, secret) of an Authorization header; None where it cannot be a key of ours.

    `Bearer pf_PREFIX_SECRET`, and `Basic` with the pair `pk-PREFIX:sk-SECRET`.
    """
    scheme, _, token = header.strip().partition(" ")
    token = token.strip()
    if len(header) > LONGEST_HEADER or not token.isascii() or not token.isprintable():
        return None
    if scheme.lower() == "bearer":
        head, _, rest = token.partition("_")
        prefix, _, secret = rest.partition("_")
        return (prefix, secret) if head == "pf" and prefix and secret else None
    if scheme.lower() == "basic":
        return _basic(token)
    return None


def find(prefix: str, secret: str) -> ApiKey | None:
    """The key of that pair, with its tenant; None where it is unknown, wrong or revoked."""
    key = (
        ApiKey.objects.select_related("tenant")
        .filter(prefix=prefix, revoked_at__isnull=True)
        .first()
    )
    if key is None or not hmac.compare_digest(key.secret_sha256, hash_of(secret)):
        return None
    return key


def _basic(token: str) -> tuple[str, str] | None:
    try:
        public, _, secret = base64.b64decode(token, validate=True).decode("ascii").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    prefix, secret = public.removeprefix("pk-"), secret.removeprefix("sk-")
    fits = public != prefix and prefix.isalnum() and secret.isprintable()
    return (prefix, secret) if fits and secret else None


def hash_of(secret: str) -> str:
    """What is kept of a secret of 256 random bits; a slow hash would protect nothing more."""
    return hashlib.sha256(secret.encode()).hexdigest()
