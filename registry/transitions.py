"""Stages change here and nowhere else.

A staged model has a `stage` field and an `ARROWS` table. The database refuses a change
of `stage` that did not come through `move` or is not an arrow of the table
(`registry.immutable.staged`).
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import connection, models, transaction

from registry import events
from registry.models import User

Staged = TypeVar("Staged", bound=models.Model)


class IllegalMove(Exception):
    """The stage the row is in has no arrow to the one asked for."""


def move(row: Staged, to: str, *, by: User | None, why: str = "", **changes: Any) -> Staged:
    """Move `row` to stage `to`, under row lock, recorded with who and why.

    `changes` are further fields saved in the same statement. Returns the fresh row;
    the caller's instance is brought up to date too. Raises IllegalMove when somebody
    else moved it first or the table has no such arrow.
    """
    model = type(row)
    with transaction.atomic():
        fresh = model._default_manager.select_for_update(no_key=True).get(pk=row.pk)
        origin = fresh.stage  # type: ignore[attr-defined]
        _check(fresh, origin, to)
        _announce(fresh, to)
        for name, value in {"stage": to, **changes}.items():
            setattr(fresh, name, value)
            setattr(row, name, value)
        fresh.save(update_fields=["stage", *changes])
        events.record(
            f"{model._meta.model_name}.{to}", fresh, by, why, origin=origin, **_plain(changes)
        )
    return fresh


def _check(row: models.Model, origin: str, to: str) -> None:
    if to not in row.ARROWS[origin]:  # type: ignore[attr-defined]
        label = dict(row._meta.get_field("stage").flatchoices)  # type: ignore[union-attr]
        raise IllegalMove(
            f"{row} is “{label[origin]}”, so it cannot become “{label[to]}”. "
            "Reload the page: somebody may have acted on it."
        )


def _announce(row: models.Model, to: str) -> None:
    """Tell the trigger which change is coming, for this transaction only."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('fleet.move', %s, true)", [f"{row._meta.db_table}:{row.pk}:{to}"]
        )


def _plain(changes: dict[str, Any]) -> dict[str, Any]:
    """Those of the changes that a JSON event can show as they are."""
    return {
        name: value
        for name, value in changes.items()
        if isinstance(value, str | int | float | bool) or value is None
    }
