"""“Is one of these” for hundreds of ids: one parameter instead of one for each.

Django's `__in` writes, checks and quotes every id by itself, which for 400 ids takes longer than
PostgreSQL takes to answer (measured: 6 ms against 0.5).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal
from uuid import UUID

from django.db.models import BooleanField, F, Func, Q, Value

Kind = Literal["uuid", "bigint"]


def among(column: str, ids: Collection[UUID | int], kind: Kind = "uuid") -> Func | Q:
    """A condition for `filter`: the column, of that type in PostgreSQL, is one of these ids.

    With no ids nothing is asked at all, as with `__in`.
    """
    if not ids:
        return Q(pk__in=[])
    wanted = Value("{" + ",".join(map(str, ids)) + "}")
    return Func(
        F(column), wanted, arg_joiner=" = ANY (", template=f"%(expressions)s::{kind}[])",
        output_field=BooleanField(),
    )  # fmt: skip
