"""The ledger for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fleet.ledger.lines import Line
from fleet.spreadsheet import lines as csv_lines

HEADINGS = (
    "tenant", "name", "prompt", "locale", "lane", "segment", "owners",
    "customer's revenue (EUR a year)", "forks of the customer", "hours", "hours' cost (EUR)",
    "eval runs", "eval calls", "eval cost (USD)", "calls without a price", "sign-off days",
    "waiting for sign-off", "taken back", "break-glass", "revoked", "complaints",
    "drift (share of words)", "base versions behind", "own slice suite", "first revision",
    "newest revision",
)  # fmt: skip


def as_csv(found: Iterable[Line]) -> Iterator[str]:
    """Every row, one line at a time; amounts with a point, dates as ISO 8601."""
    return csv_lines(HEADINGS, (_cells(line) for line in found))


def _cells(line: Line) -> tuple[object, ...]:
    return (
        line.slug, line.customer, line.prompt, line.locale, line.lane, line.segment, line.owner,
        f"{line.revenue:.2f}", line.forks, f"{line.hours:.2f}", f"{line.euros:.2f}",
        line.spent.runs, line.spent.calls, f"{line.spent.usd:.8f}", line.spent.unpriced,
        f"{line.waited.days:.2f}", line.waited.waiting, *line.incidents,
        f"{line.drift.share:.4f}" if line.drift else "", line.behind,
        "yes" if line.has_slice else "no",
        line.began.date().isoformat() if line.began else "",
        line.changed.date().isoformat() if line.changed else "",
    )  # fmt: skip
