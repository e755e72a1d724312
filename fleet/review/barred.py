"""Who may not approve a Revision: whoever wrote any part of what is new in it, or asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from fleet.review.models import Review
from registry.models import BaseVersion, OverlayVersion, PolicyVersion, Revision, User

LAYERS: tuple[tuple[str, str, Any], ...] = (
    ("overlay_version", "overlay_id", OverlayVersion),
    ("base_version", "base_id", BaseVersion),
    ("policy_version", "policy_id", PolicyVersion),
)
"""Pin of a Revision, the line its versions belong to, and their model."""


def contributors(revision: Revision) -> set[int]:
    """Ids of everybody who wrote something that the parent does not hold, or asks for its review.

    Without a parent everything is new. A batch repin's author is who opened the campaign.
    """
    return contributors_of([revision])[revision.pk]


def is_barred(revision: Revision, user: User) -> bool:
    """Whether this person's yes would be a yes to their own words."""
    return user.pk in contributors(revision)


def contributors_of(revisions: Sequence[Revision]) -> dict[UUID, set[int]]:
    """`contributors` of many Revisions; a query a layer, however many there are."""
    found = {revision.pk: {revision.author_id} for revision in revisions}
    for pk, asked in Review.objects.filter(revision__in=found).values_list("revision", "opened_by"):
        found[pk].add(asked)
    for pin, line, model in LAYERS:
        spans = [
            (revision.pk, *span) for revision in revisions if (span := _span(revision, pin, line))
        ]
        written = _written(model, line, {of for _, of, _, _ in spans})
        for pk, of, since, until in spans:
            found[pk].update(
                who for number, people in written.get(of, []) if since < number <= until
                for who in people
            )  # fmt: skip
    return found


def _span(revision: Revision, pin: str, line: str) -> tuple[int, int, int] | None:
    """The line and the numbers (after, up to) of the versions that are new in a Revision."""
    mine = getattr(revision, pin)
    if mine is None:
        return None
    old = getattr(revision.parent, pin) if revision.parent else None
    of = getattr(mine, line)
    same = old is not None and getattr(old, line) == of
    return of, old.number if old is not None and same else 0, mine.number


def _written(model: Any, line: str, of: Iterable[int]) -> dict[int, list[tuple[int, list[int]]]]:
    """Line -> its versions as (number, who wrote in it)."""
    rows = (
        model.objects.filter(**{f"{line}__in": list(of)})
        .order_by()
        .values_list(line, "number", "author_id", "contributor_ids")
    )
    found: dict[int, list[tuple[int, list[int]]]] = {}
    for of_line, number, author, typed in rows:
        found.setdefault(of_line, []).append((number, [author, *typed]))
    return found
