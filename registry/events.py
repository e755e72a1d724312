"""The one append-only trail of what was done. Written in the transaction of the deed."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from registry.models import Event, User, Variant


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
    return Event.objects.create(**_row(verb, subject, by, why, variant, data))


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
