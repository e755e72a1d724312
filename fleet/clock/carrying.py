"""Carry a list that was read from its preview to its taking over, in the page itself.

Signed, so that what is taken over is what was shown; nothing has to be kept or cleaned up.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.core import signing

from fleet.clock.comparing import Comparison
from fleet.clock.reading import Entry, Reading

SALT = "fleet.clock.list"
OLDEST_SECONDS = 3600
"""An hour to read a preview; after it the file is handed in again."""


class Stale(ValueError):
    """The preview is too old, or not ours."""


def pack(kind: str, found: Comparison, source: str) -> str:
    """What would be changed, added or confirmed, as one signed text."""
    kept = [*found.new, *found.changed, *found.unchanged]
    rows = [_plain(one.entry) for one in kept if one.fields or one.entry.retires_on]
    return signing.dumps([kind, source, rows], salt=SALT, compress=True)


def unpack(packed: str) -> tuple[Reading, str]:
    """The list and its source. Raises Stale."""
    try:
        kind, source, rows = signing.loads(packed, salt=SALT, max_age=OLDEST_SECONDS)
    except (signing.BadSignature, ValueError, UnicodeError):
        raise Stale("This preview is too old. Hand the file in again.") from None
    return Reading(kind, [_entry(row) for row in rows], []), source


def _plain(entry: Entry) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, Decimal | dt.date) else value
        for name, value in asdict(entry).items()
        if value not in (None, "")
    }


def _entry(row: dict[str, Any]) -> Entry:
    said = dict(row)
    for name in ("input_price", "output_price"):
        if name in said:
            said[name] = Decimal(said[name])
    if "retires_on" in said:
        said["retires_on"] = dt.date.fromisoformat(said["retires_on"])
    return Entry(**said)
