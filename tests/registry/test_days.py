"""One way of writing a day, on every page and in every mail."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

from registry.days import day, moment, short_day, stretch

ROOT = Path(__file__).parents[2]

READS = {"fleet/clock/reading/entries.py"}
"""Reads days as others write them."""

DOCUMENTS = {"templates/evals/report/page.html"}
"""Handed to a customer as a letter is: months are written out."""


def test_days_have_no_leading_nought_and_moments_name_their_zone() -> None:
    fifth = dt.date(2026, 12, 5)
    assert (day(fifth), short_day(fifth)) == ("5 Dec 2026", "5 Dec")
    assert moment(dt.datetime(2026, 12, 5, 9, tzinfo=dt.UTC)) == "Sat 5 Dec 2026, 09:00 UTC"


def test_stretch_of_one_day_names_it_once() -> None:
    fifth, ninth = dt.date(2026, 12, 5), dt.date(2026, 12, 9)
    assert stretch(fifth, ninth) == "5 Dec 2026 to 9 Dec 2026"
    assert stretch(fifth, fifth) == "5 Dec 2026"


def test_no_page_writes_a_day_in_a_way_of_its_own() -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for part, name, way in (
            ("registry", "*.py", r"%-?d %[bB]"),
            ("evals", "*.py", r"%-?d %[bB]"),
            ("fleet", "*.py", r"%-?d %[bB]"),
            ("templates", "*.html", r"""date:["'][^"']*(?:\bd [MFN]|\bj [FN])"""),
        )
        for path in (ROOT / part).rglob(name)
        if re.search(way, path.read_text())
    ]  # fmt: skip
    assert set(found) == READS | DOCUMENTS
