"""Stages change here and nowhere else.

A staged model has a `stage` field and an `ARROWS` table. The database refuses a change
of `stage` that did not come through `move` or is not an arrow of the table
(`registry.immutable.staged`).
"""

from __future__ import annotations

from collections.abc import Sequence
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
        _keep_variant(row, fresh)
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


def move_all(
    moves: Sequence[tuple[Staged, str]], to: str, *, by: User | None, own: Sequence[str] = (),
    **changes: Any,
) -> None:  # fmt: skip
    """`move` several rows of one model, each with its why; nothing is moved if one may not.

    `own`: further fields, saved as each row has them. For many at once: a statement for the
    locks, one for the events, one for the history.
    """
    if not moves:
        return
    model = type(moves[0][0])
    rows = {row.pk: row for row, _ in moves}
    with transaction.atomic():
        locked = model._default_manager.select_for_update(no_key=True).filter(pk__in=rows)
        origins = dict(locked.order_by("pk").values_list("pk", "stage"))
        for row, _ in moves:
            _check(row, origins[row.pk], to)
            for name, value in {"stage": to, **changes}.items():
                setattr(row, name, value)
        _write(list(rows.values()), ["stage", *own, *changes])
        history = getattr(model, "history", None)
        if history is not None:
            history.bulk_history_create(list(rows.values()), update=True)
        plain = _plain(changes)
        events.record_all(
            f"{model._meta.model_name}.{to}",
            [
                (row, why, {"origin": origins[row.pk], **_plain(_values(row, own)), **plain})
                for row, why in moves
            ], by,
        )  # fmt: skip


def _values(row: models.Model, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _write(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Write those fields of rows, each change announced to the trigger right before it."""
    meta = rows[0]._meta
    fields = [meta.get_field(name) for name in names]
    columns = ", ".join(f'"{field.column}" = %s' for field in fields)  # type: ignore[union-attr]
    statement = (
        f'UPDATE "{meta.db_table}" SET {columns} '  # noqa: S608
        "FROM (SELECT set_config('fleet.move', %s, true) AS said) AS announced "
        f'WHERE "{meta.db_table}".id = %s AND announced.said IS NOT NULL'
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, [
            [
                *(
                    field.get_db_prep_save(getattr(row, field.attname), connection)  # type: ignore[union-attr]
                    for field in fields
                ),
                f"{meta.db_table}:{row.pk}:{row.stage}", row.pk,  # type: ignore[attr-defined]
            ]
            for row in rows
        ])  # fmt: skip


def _check(row: models.Model, origin: str, to: str) -> None:
    if to not in row.ARROWS[origin]:  # type: ignore[attr-defined]
        label = dict(row._meta.get_field("stage").flatchoices)  # type: ignore[union-attr]
        raise IllegalMove(
            f"{row} is “{label[origin]}”, so it cannot become “{label[to]}”. "
            "Reload the page: somebody may have acted on it."
        )


def _keep_variant(row: models.Model, fresh: models.Model) -> None:
    """A row's variant never changes: what the row was fetched with is not fetched again."""
    variant = row._state.fields_cache.get("variant")
    if variant is not None:
        fresh._state.fields_cache["variant"] = variant


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
