"""The secret of an endpoint and the signature of a delivery. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac

SCHEME = "v1"
"""Of the signature; a receiver ignores schemes it does not know."""


def secret_of(key: str, endpoint: str, generation: int) -> str:
    """The endpoint's secret in base64url, derived from the site's key, so never stored.

    Another `generation` gives another secret; so does another site key.
    """
    name = f"fleet-webhook:{endpoint}:{generation}".encode()
    digest = hmac.new(key.encode(), name, hashlib.sha256).digest()
    return "whsec_" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The header's value: HMAC-SHA256 over `timestamp.body`, in hex.

    `timestamp` in Unix seconds is signed too, so that an old delivery cannot be played again.
    """
    signed = f"{timestamp}.".encode() + body
    return f"{SCHEME}={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
