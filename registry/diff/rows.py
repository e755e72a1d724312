"""Rows of a side-by-side comparison, their summary and their one-column form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from registry.diff.align import Work, gaps, matches, numbered, split_lines
from registry.diff.pairs import pair_lines
from registry.diff.words import Span, visible, word_spans

RowKind = Literal["same", "changed", "added", "removed", "skip"]
Only = Literal["", "line_end", "blanks", "invisible"]


class DiffRow(NamedTuple):
    """One line beside the line it became. Numbers count from 1; None where a side has no line.

    `only` says that a changed row reads the same: its sides differ in the line end, in
    blanks, or in characters that cannot be seen. A `skip` row stands for the same rows
    in `hidden`, so that a page can unfold them.
    """

    kind: RowKind
    old_no: int | None
    new_no: int | None
    old: tuple[Span, ...]
    new: tuple[Span, ...]
    only: Only = ""
    hidden: tuple[DiffRow, ...] = ()


class Summary(NamedTuple):
    """Lines added, removed and changed."""

    added: int
    removed: int
    changed: int


class UnifiedRow(NamedTuple):
    """One line of the one-column form: sign is "+", "-", " " or "…" for skipped rows."""

    sign: str
    old_no: int | None
    new_no: int | None
    spans: tuple[Span, ...]
    hidden: tuple[DiffRow, ...] = ()


def side_by_side(
    old: str, new: str, context: int | None = None, *, work: Work | None = None
) -> list[DiffRow]:
    """Compare two texts line by line and, in lines that became others, word by word.

    With `context`, same rows further than that from a change are folded into `skip` rows.
    Lines end at "\\n", and the end belongs to the line. Hostile input is bounded by `work`:
    past the allowance lines stay unpaired and long lines are marked from their first to
    their last difference.
    """
    rows = list(_rows(split_lines(old), split_lines(new), work or Work()))
    return rows if context is None else list(_fold(rows, context))


def summary(rows: Iterable[DiffRow]) -> Summary:
    """Count the rows by kind."""
    kinds = [row.kind for row in rows]
    return Summary(kinds.count("added"), kinds.count("removed"), kinds.count("changed"))


def unified(rows: Iterable[DiffRow]) -> Iterator[UnifiedRow]:
    """The same rows in one column: of each changed block first what went, then what came."""
    came: list[UnifiedRow] = []
    for row in rows:
        if row.kind in ("same", "skip"):
            yield from came
            came.clear()
            sign = " " if row.kind == "same" else "…"
            yield UnifiedRow(sign, row.old_no, row.new_no, row.old, row.hidden)
            continue
        if row.old_no is not None:
            yield UnifiedRow("-", row.old_no, None, row.old)
        if row.new_no is not None:
            came.append(UnifiedRow("+", None, row.new_no, row.new))
    yield from came


def _rows(old: Sequence[str], new: Sequence[str], work: Work) -> Iterator[DiffRow]:
    found = matches(*numbered(old, new), work)
    here = there = 0
    for gap in gaps(found, len(old), len(new)):
        yield from _same(old, here, gap.old_from, there)
        yield from _replaced(
            old[gap.old_from : gap.old_to], new[gap.new_from : gap.new_to], gap[0], gap[2], work
        )
        here, there = gap.old_to, gap.new_to
    yield from _same(old, here, len(old), there)


def _same(lines: Sequence[str], start: int, end: int, other: int) -> list[DiffRow]:
    shift = other - start
    spans = [(Span("same", line),) for line in lines[start:end]]
    return [
        DiffRow("same", number, number + shift, span, span)
        for number, span in enumerate(spans, start + 1)
    ]


def _replaced(
    old: Sequence[str], new: Sequence[str], old_base: int, new_base: int, work: Work
) -> Iterator[DiffRow]:
    """Rows of one replaced block; the numbers before it are `old_base` and `new_base`."""
    here = there = 0
    for at, to in (*pair_lines(old, new, work), (len(old), len(new))):
        for line in range(here, at):
            yield DiffRow("removed", old_base + line + 1, None, (Span("removed", old[line]),), ())
        for line in range(there, to):
            yield DiffRow("added", None, new_base + line + 1, (), (Span("added", new[line]),))
        if at < len(old):
            yield DiffRow(
                "changed",
                old_base + at + 1,
                new_base + to + 1,
                *word_spans(old[at], new[to], work),
                _only(old[at], new[to]),
            )
        here, there = at + 1, to + 1


def _only(old: str, new: str) -> Only:
    """Why two lines that read the same are marked; "" where they read differently."""
    if old.rstrip("\r\n") == new.rstrip("\r\n"):
        return "line_end"
    if old.split() == new.split() or "".join(old.split()) == "".join(new.split()):
        return "blanks"
    return "invisible" if visible(old) == visible(new) else ""


def _fold(rows: list[DiffRow], context: int) -> Iterator[DiffRow]:
    """Fold runs of same rows away, but for `context` rows beside a change and lone rows."""
    start = 0
    while start < len(rows):
        end = start
        while end < len(rows) and rows[end].kind == "same":
            end += 1
        first = start + context if start else 0
        last = end - context if end < len(rows) else end
        if last - first > 1:
            yield from rows[start:first]
            hidden = tuple(rows[first:last])
            yield DiffRow("skip", hidden[0].old_no, hidden[0].new_no, (), (), "", hidden)
            yield from rows[last:end]
        else:
            yield from rows[start:end]
        yield from rows[end : end + 1]
        start = end + 1
