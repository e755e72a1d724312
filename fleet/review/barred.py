"""Who may not approve a Revision: whoever wrote any part of what is new in it, or asks for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q

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


def barred_from(reviews: Collection[int], user: User) -> set[int]:
    """Of these reviews (ids) those whose Revision this person may not approve.

    The same as `is_barred` of each, by numbers alone: for lists of thousands. Four queries.
    """
    wrote = [_numbers(model, line, user) for _, line, model in LAYERS]
    barred = set()
    rows = Review.objects.filter(pk__in=reviews).order_by()
    for pk, asked, author, *pins in rows.values_list("pk", "opened_by", *_PINS):
        spans = [_new(pins[at : at + 2], pins[at + 2 : at + 4]) for at in range(0, len(pins), 4)]
        new = any(map(_holds, spans, wrote))
        if new or user.pk in (asked, author):
            barred.add(pk)
    return barred


_PINS = (
    "revision__author",
    *(
        f"revision__{side}{pin}__{field}"
        for pin, line, _ in LAYERS
        for side in ("", "parent__")
        for field in (line, "number")
    ),
)
"""Author, then of each layer the pin's line and number and those of the parent's pin."""


def _holds(span: tuple[int, int, int] | None, numbers: Mapping[int, Sequence[int]]) -> bool:
    """Whether one of these versions of lines is among those that a span holds."""
    if span is None:
        return False
    of, since, until = span
    return any(since < number <= until for number in numbers.get(of, ()))


def _numbers(model: Any, line: str, user: User) -> dict[int, list[int]]:
    """Line -> numbers of its versions that this person wrote in."""
    mine = model.objects.filter(Q(author=user) | Q(contributor_ids__contains=[user.pk])).order_by()
    found: dict[int, list[int]] = {}
    for of, number in mine.values_list(line, "number"):
        found.setdefault(of, []).append(number)
    return found


def _span(revision: Revision, pin: str, line: str) -> tuple[int, int, int] | None:
    """The line and the numbers (after, up to) of the versions that are new in a Revision."""
    mine, old = getattr(revision, pin), getattr(revision.parent, pin) if revision.parent else None
    return _new(*((getattr(one, line, None), getattr(one, "number", None)) for one in (mine, old)))


def _new(mine: Sequence[Any], old: Sequence[Any]) -> tuple[int, int, int] | None:
    """The same from the (line, number) of a pin and of the parent's; None, None: there is none."""
    of, until = mine
    if of is None:
        return None
    return of, old[1] if old[0] == of else 0, until


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
