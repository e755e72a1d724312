"""Which tracks need a person: whoever may do the next act, and is not barred from it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

OF_THE_ACCOUNT = {"author_overlay", "record_sign_off"}
"""Acts that somebody does for a customer: they need the account's owners, not everybody."""


@dataclass(frozen=True)
class Person:
    """Who asks. `tenants`: their own accounts; `limited`: they see no other.

    `barred`: Revisions they wrote in or asked a review for.
    """

    pk: int
    capabilities: frozenset[str]
    tenants: frozenset[int]
    limited: bool = False
    barred: frozenset[UUID] = frozenset()


class Need(NamedTuple):
    """What is known of a track for this. `asks`: capability of the next act, or empty.

    `owner`: who brings the track home, before the account's `owners`. `lacks_approval`: our own
    yes is still missing, which may be given beside whatever else is waited for.
    """

    asks: str
    tenant: int | None
    revision: UUID
    opened_by: int
    owner: int | None = None
    owners: Collection[int] = ()
    lacks_approval: bool = False


def needs(need: Need, person: Person) -> bool:
    """Whether this track needs that person now."""
    return _to_approve(need, person) or _next_act(need, person)


def _to_approve(need: Need, person: Person) -> bool:
    if not need.lacks_approval or "approve" not in person.capabilities:
        return False
    return person.pk != need.opened_by and need.revision not in person.barred


def _next_act(need: Need, person: Person) -> bool:
    if need.asks in ("", "approve") or need.asks not in person.capabilities:
        return False if need.asks != "record_sign_off" else _orphaned_sign_off(need, person)
    if need.owner is not None and need.asks in OF_THE_ACCOUNT | {"run_evals"}:
        return need.owner == person.pk
    if need.asks in OF_THE_ACCOUNT:
        return need.tenant in person.tenants or _orphaned(need, person)
    if need.asks == "run_evals" and person.limited:
        return need.tenant in person.tenants
    return True


def _orphaned_sign_off(need: Need, person: Person) -> bool:
    """Where the account has no manager, who may release records the answer."""
    return not need.owners and need.owner is None and "release" in person.capabilities


def _orphaned(need: Need, person: Person) -> bool:
    """Nobody looks after the account: whoever steers the migration does."""
    return not need.owners and "run_campaign" in person.capabilities
