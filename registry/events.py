"""The one append-only trail of what was done. Written in the transaction of the deed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Model

from registry.models import Event, User, Variant

Told = Sequence[tuple[Event, Model]]
"""Events of one verb, each with its subject."""

Observer = Callable[[Told], None]
"""Hears of events, in the transaction of the deed."""

OBSERVERS: list[Observer] = []
"""Who hears every event: filled once, in `FleetConfig.ready`, so that the list can be read there.

An observer only writes rows; what it raises undoes the deed.
"""


def record(
    verb: str,
    subject: Model,
    by: User | None,
    why: str = "",
    variant: Variant | None = None,
    **data: Any,
) -> Event:
    """Append one event. `verb` is namespaced by its noun: `review.approved`.

    `by` None means the product itself did it. `data` must be plain JSON values.
    """
    event = Event.objects.create(**_row(verb, subject, by, why, variant, data))
    _tell([(event, subject)])
    return event


def record_all(
    verb: str, told: Sequence[tuple[Model, str, dict[str, Any]]], by: User | None
) -> None:
    """`record` the same of several subjects, each with its why and its data; one statement."""
    written = Event.objects.bulk_create(
        [Event(**_row(verb, subject, by, why, None, data)) for subject, why, data in told]
    )
    _tell([(event, subject) for event, (subject, _, _) in zip(written, told, strict=True)])


def _tell(told: Told) -> None:
    for observe in OBSERVERS if told else ():
        observe(told)


def _row(
    verb: str, subject: Model, by: User | None, why: str, variant: Variant | None,
    data: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    return {
        "verb": verb,
        "subject_type": subject._meta.model_name,
        "subject_id": str(subject.pk),
        "actor": by,
        "why": why,
        "variant": variant or _variant_of(subject),
        "data": data,
    }


def _variant_of(subject: Model) -> Variant | None:
    """The variant on whose timeline the event shows, where the subject is or has one."""
    return subject if isinstance(subject, Variant) else getattr(subject, "variant", None)
