"""A board as a file for a spreadsheet: every column, the rows that the address asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fleet.campaign.rows import Row
from fleet.spreadsheet import lines

HEADINGS = (
    "Variant", "Customer", "Prompt", "Locale", "Lane", "State", "Paused", "Turn",
    "What it waits for", "Verdict", "Old pass rate", "New pass rate", "Broken cases", "Sentence",
    "Approved", "Wave", "Owner", "Revenue share", "Old model", "New model", "Old revision",
    "New revision", "Time of its stage", "Deferred until", "Cut over at", "Sign-off waived",
    "Last change", "Address",
)  # fmt: skip


def as_csv(rows: Iterable[Row], site: str) -> Iterator[str]:
    """Heading and rows, one CSV line at a time; shares and rates in proportion, times in UTC."""
    return lines(HEADINGS, (_cells(row, site) for row in rows))


def _cells(row: Row, site: str) -> list[Any]:
    line = row.line
    return [
        row.name, line.customer, line.prompt, line.locale, line.lane, line.stage_label,
        row.facts.paused, row.turn.label, row.turn.words, line.verdict or "",
        line.baseline_pass_rate, line.pass_rate, line.broken, row.sentence,
        "yes" if row.approved else "no", line.wave, ", ".join(row.owners),
        None if row.share is None else round(row.share, 6), line.old_model, line.new_model,
        line.baseline_number, line.revision_number, _utc(line.moment), line.deferred_until,
        _utc(line.cut_over_at), line.exempt_why, _utc(line.changed_at), f"{site}{line.url}",
    ]  # fmt: skip


def _utc(when: Any) -> str:
    return when.isoformat(timespec="seconds") if when is not None else ""
