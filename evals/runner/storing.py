"""Write results: many rows in one statement, each as it is in the model.

A model instance and its adaptation for each row cost five times as much time of the processor
as this, and that is time in which no answer is taken.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.utils import timezone

from evals.models import CaseResult

Row = dict[str, Any]
"""Column -> value, as JSON has it. What is left out is the field's default."""


def store(rows: Sequence[Row]) -> None:
    """Insert rows; one that is there already (a call is answered once) stays as it is."""
    if not rows:
        return
    columns, statement = _statement()
    now = timezone.now().isoformat()
    text = json.dumps([{**columns, **row, "created_at": now} for row in rows], default=str)
    with connection.cursor() as cursor:
        cursor.execute(statement, [text])


@cache
def _statement() -> tuple[Row, str]:
    """The defaults of all columns, and the statement that inserts an array of objects."""
    fields = [one for one in CaseResult._meta.concrete_fields if not one.primary_key]
    names = ", ".join(f'"{one.column}"' for one in fields)
    typed = ", ".join(f'"{one.column}" {one.db_type(connection)}' for one in fields)
    return {str(one.column): one.get_default() for one in fields}, (
        f'INSERT INTO "{CaseResult._meta.db_table}" ({names}) '  # noqa: S608
        f"SELECT {names} FROM json_to_recordset(%s::json) AS row({typed}) ON CONFLICT DO NOTHING"
    )
