"""Who looks at a board: what they may do, for whom, and what they may not approve."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fleet.campaign.asides import JUDGED
from fleet.campaign.models import Cause
from fleet.campaign.needs import Person
from fleet.campaign.rows import Row
from fleet.review.barred import LAYERS, contributors_of
from registry.models import Revision, User
from registry.roles import CAPABILITIES


def person_of(user: User, rows: Sequence[Row] = ()) -> Person:
    """The person, with the Revisions among these rows that they wrote in."""
    may = frozenset(name for name in CAPABILITIES if user.has_perm(f"registry.{name}"))
    return Person(
        user.pk, may, user.own_tenant_ids, user.sees_own_tenants_only,
        _barred(user, rows) if "approve" in may else frozenset(),
    )  # fmt: skip


def _barred(user: User, rows: Sequence[Row]) -> frozenset[UUID]:
    """What they wrote in: read for texts of a variant's own, and once for what all share.

    In a repin nobody wrote for one variant: its author is who opened the campaign.
    """
    judged = [row.line for row in rows if row.line.stage in JUDGED]
    own = {line.revision_id for line in judged if line.has_own_words}
    shared = {line.revision_id for line in judged if not line.has_own_words}
    sample = set(list(shared)[:1]) if judged and judged[0].cause != Cause.MODEL else set()
    wrote = _written_by(user, own | sample)
    return frozenset((wrote & own) | (shared if wrote & sample else set()))


def _written_by(user: User, revisions: set[UUID]) -> set[UUID]:
    if not revisions:
        return set()
    pins = [pin for pin, _, _ in LAYERS]
    found = (
        Revision.objects.filter(pk__in=revisions)
        .select_related(*pins, *(f"parent__{pin}" for pin in pins))
        .defer("text", "segments", "parent__text", "parent__segments")
    )
    return {pk for pk, people in contributors_of(list(found)).items() if user.pk in people}
