"""The bytes of an answer and its entity tag, from what `fleet.release.serve` stored.

Nothing is parsed: the tenant's name is put in at the front and the fallback lanes at the end.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence

from fleet.release.serve import TAIL, TTL_SECONDS

TAG_CHARS = 22
"""Of an entity tag: 128 bits. A 304 has to fit into 150 bytes with all that the server adds."""

_TAIL = TAIL.encode()
_END = f'],"ttl":{TTL_SECONDS}}}'.encode()


class UnknownShape(ValueError):
    """A stored body that does not begin or end as `fleet.release.serve` writes it."""


def body_of(stored: bytes, slug: str, echo: str, fallbacks: Sequence[bytes]) -> bytes:
    """The stored answer with the lanes behind it and, where `echo` is a name, that tenant."""
    body = _named(stored, slug, echo) if echo else stored
    if not fallbacks:
        return body
    if not body.endswith(_TAIL):
        raise UnknownShape("a stored answer ends in an unknown way")
    return b"".join((body[: -len(_TAIL)], b',"fallbacks":[', b",".join(fallbacks), _END))


def _named(stored: bytes, slug: str, tenant: str) -> bytes:
    head = f'{{"prompt":{json.dumps(slug)},"tenant":'.encode()
    if not stored.startswith(head + b"null,"):
        raise UnknownShape("a platform default begins in an unknown way")
    return b"".join((head, json.dumps(tenant).encode(), stored[len(head) + len(b"null") :]))


def tag_of(etag: str, echo: str, fallbacks: Sequence[str]) -> str:
    """A strong entity tag: of the arm's body, the tenant echoed, and the fallbacks' own tags."""
    parts = "\n".join((etag, echo, *fallbacks))
    return urlsafe_b64encode(hashlib.sha256(parts.encode()).digest())[:TAG_CHARS].decode()
