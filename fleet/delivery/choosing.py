"""Which lane, which fallbacks and which arm answer a request. Pure: values in, names out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

from fleet.release.traffic import Arm, choose
from fleet.router.rules import DEFAULT_LANE, Asked, fallbacks_for, lane_for

Router = tuple[Sequence[Mapping[str, Any]], Mapping[str, Sequence[str]] | None]
"""Rules, and the table of fallbacks; None where no router is in force."""


class Armed(Protocol):
    """What a served row says of its arms."""

    @property
    def tenant(self) -> str: ...
    @property
    def locale(self) -> str: ...
    @property
    def lane(self) -> str: ...
    @property
    def canary_share(self) -> float: ...


@lru_cache(maxsize=256)
def router_of(rules: str | None, fallbacks: str | None) -> Router:
    """The router of two stored JSON texts; none in force: no rules and the usual fallbacks."""
    return json.loads(rules or "[]"), None if fallbacks is None else json.loads(fallbacks)


def lane_of(named: str, router: Router, asked: Asked, there: Iterable[str]) -> str | None:
    """The lane that answers, out of those `there`; None where nothing fits.

    A lane the caller named is taken or nothing. One the router chose gives way to the lanes
    behind it, and then to the primary one.
    """
    lanes = set(there)
    if named:
        return named if named in lanes else None
    chosen = lane_for(router[0], asked)
    behind = fallbacks_for(router[1], chosen)
    return next((lane for lane in (chosen, *behind, DEFAULT_LANE) if lane in lanes), None)


def takes_canary(row: Armed, slug: str, session: str) -> bool:
    """Whether this session's arm is the canary (`fleet.release.serve.salt_of` is the salt)."""
    if not row.canary_share or not session:
        return False
    salt = f"{slug}/{row.tenant}/{row.locale}/{row.lane}"
    arms = [Arm("", 1 - row.canary_share, "live"), Arm("", row.canary_share, "canary")]
    return choose(arms, salt, session).stage == "canary"
