"""Days and moments as every page writes them: “5 Dec 2026”, never a leading nought. Pure.

Templates say the same by the format “j M Y”.
"""

from __future__ import annotations

import datetime as dt


def day(when: dt.date) -> str:
    """“5 Dec 2026”."""
    return f"{short_day(when)} {when:%Y}"


def short_day(when: dt.date) -> str:
    """“5 Dec”, where the year goes without saying."""
    return f"{when.day} {when:%b}"


def moment(when: dt.datetime) -> str:
    """“Sat 5 Dec 2026, 09:00 CET”, on the clock of its own zone."""
    return f"{when:%a} {day(when)}, {when:%H:%M} {when.tzname()}"


def stretch(first: dt.date, last: dt.date) -> str:
    """“5 Dec 2026 to 9 Dec 2026”; one day is named once."""
    return day(first) if first == last else f"{day(first)} to {day(last)}"
