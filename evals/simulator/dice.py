"""The only source of chance: a hash of what was asked."""

from __future__ import annotations

import hashlib


def roll(*parts: str) -> float:
    """A number in [0, 1) that depends on nothing but ``parts``: same request, same throw."""
    joined = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(joined, digest_size=8).digest(), "big") / 2**64


def digest(text: str, length: int = 24) -> str:
    """A short hexadecimal name for ``text``, used for ids and as a part of later rolls."""
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=16).hexdigest()[:length]
