"""Which arm of a variant a session gets. Pure; the SDK holds the same few lines.

A session's place is a number in [0, 1) made from the variant's salt and the session's name,
so it stays the same while a canary grows: who has it at 5 % has it at 25 %.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Arm:
    """One release that takes traffic. `share`: of sessions, 0 to 1."""

    release_id: str
    share: float
    stage: str


def place_of(salt: str, session: str) -> float:
    """Where in [0, 1) a session stands: the first 8 bytes of SHA-256 over `salt:session`."""
    digest = hashlib.sha256(f"{salt}:{session}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def choose(arms: Sequence[Arm], salt: str, session: str | None) -> Arm:
    """The arm of a session; without one the live arm.

    Arms other than the live one take the low places in their order, the live one the rest.
    `arms` holds exactly one live arm (ValueError otherwise).
    """
    live = next((arm for arm in arms if arm.stage == "live"), None)
    if live is None:
        raise ValueError("no live arm")
    if not session:
        return live
    place, until = place_of(salt, session), 0.0
    for arm in arms:
        if arm is live:
            continue
        until += arm.share
        if place < until:
            return arm
    return live


def as_json(arms: Sequence[Arm]) -> list[Mapping[str, object]]:
    """The arms as the API shows them."""
    return [{"release_id": arm.release_id, "share": arm.share, "stage": arm.stage} for arm in arms]
