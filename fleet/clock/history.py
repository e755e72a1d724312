"""Who changed what is known of a model, field by field."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from fleet.clock.comparing import WORDS, in_words
from registry.models import ModelTarget, User

NAMES = {**WORDS, "retires_checked_on": "checked on"}

MOST = 30
"""Changes listed."""


@dataclass(frozen=True)
class Told:
    """One change: (word, old, new) of each field; empty text is unknown."""

    at: dt.datetime
    by: User | None
    fields: list[tuple[str, str, str]]


def changes_of(target: ModelTarget) -> list[Told]:
    """The newest changes first; the making of the row last. One query."""
    history: Any = target.history
    newest = history.select_related("history_user").order_by("-history_date", "-history_id")
    rows = list(newest[: MOST + 1])
    found = []
    for new, old in pairwise([*rows, None]):
        fields = [
            (word, getattr(old, name, None), getattr(new, name)) for name, word in NAMES.items()
        ]
        told = [
            (word, in_words(was), in_words(now))
            for word, was, now in fields
            if (was or None) != (now or None)
        ]
        if told or old is None:
            found.append(Told(new.history_date, new.history_user, told))
    return found[:MOST]
