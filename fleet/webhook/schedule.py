"""When a delivery is tried again. Pure."""

from __future__ import annotations

import datetime as dt

DELAYS = tuple(
    dt.timedelta(seconds=seconds) for seconds in (10, 60, 5 * 60, 30 * 60, 2 * 3600, 8 * 3600)
)
"""After the first failure, the second … A receiver's restart is over at the second or third, a
broken deploy by the fifth, a night by the last; after that it is given up, 10.6 h in all."""


def delay_after(attempts: int) -> dt.timedelta | None:
    """How long to wait after so many failed attempts (from 1); None: give up."""
    return DELAYS[attempts - 1] if attempts <= len(DELAYS) else None
