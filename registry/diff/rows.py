"""Rows of a side-by-side comparison, their summary and their one-column form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, repeat
from typing import Literal, NamedTuple

from registry.diff.align import Gap, Work, gaps, matches, numbered, split_lines
from registry.diff.moves import Block, Lines
from registry.diff.partners import Partners, find_partners
from registry.diff.words import Marked, Only, Span, mark

RowKind = Literal["same", "changed", "added", "removed", "skip"]


class Move(NamedTuple):
    """Where a moved line's block stands on the other side; lines count from 1.

    `first` to `last` is the whole block there, `line` this line's partner, and `opens` says
    that this row is the first of its block.
    """

    first: int
    last: int
    line: int
    opens: bool


class DiffRow(NamedTuple):
    """One line beside the line it became. Numbers count from 1; None where a side has no line.

    `only` says that a changed row reads the same: its sides differ in the line end, in
    blanks, or in characters that cannot be seen. A `skip` row stands for the same rows
    in `hidden`, so that a page can unfold them. A removed or added row with a `move` was
    not lost or written: its line stands elsewhere on the other side, marked word by word
    where it was edited on the way.
    """

    kind: RowKind
    old_no: int | None
    new_no: int | None
    old: tuple[Span, ...]
    new: tuple[Span, ...]
    only: Only = ""
    hidden: tuple[DiffRow, ...] = ()
    move: Move | None = None


class Summary(NamedTuple):
    """Lines added, removed, changed, and moved (which then count as nothing else)."""

    added: int
    removed: int
    changed: int
    moved: int = 0


class UnifiedRow(NamedTuple):
    """One line of the one-column form: sign is "+", "-", " " or "…" for skipped rows.

    `only`, `hidden` and `move` are those of the DiffRow it comes from.
    """

    sign: str
    old_no: int | None
    new_no: int | None
    spans: tuple[Span, ...]
    only: Only = ""
    hidden: tuple[DiffRow, ...] = ()
    move: Move | None = None


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
    kinds = Counter((row.kind, row.move is not None) for row in rows)
    return Summary(
        kinds["added", False], kinds["removed", False], kinds["changed", False],
        kinds["added", True],
    )  # fmt: skip


def unified(rows: Iterable[DiffRow]) -> Iterator[UnifiedRow]:
    """The same rows in one column: of each changed block first what went, then what came."""
    came: list[UnifiedRow] = []
    for row in rows:
        if row.kind in ("same", "skip"):
            yield from came
            came.clear()
            sign = " " if row.kind == "same" else "…"
            yield UnifiedRow(sign, row.old_no, row.new_no, row.old, "", row.hidden)
            continue
        if row.old_no is not None:
            only = row.only if row.new_no is None else ""
            yield UnifiedRow("-", row.old_no, None, row.old, only, (), row.move)
        if row.new_no is not None:
            came.append(UnifiedRow("+", None, row.new_no, row.new, row.only, (), row.move))
    yield from came


def _rows(old: Sequence[str], new: Sequence[str], work: Work) -> Iterator[DiffRow]:
    lines = Lines(old, new, *numbered(old, new))
    found = matches(lines.old_numbers, lines.new_numbers, work)
    holes = gaps(found, len(old), len(new))
    partners = find_partners(lines, holes, work)
    here = there = 0
    for gap in holes:
        yield from _same(old, here, gap.old_from, there)
        yield from _replaced(lines, gap, partners, work)
        here, there = gap.old_to, gap.new_to
    yield from _same(old, here, len(old), there)


def _same(lines: Sequence[str], start: int, end: int, other: int) -> Iterator[DiffRow]:
    """Rows of lines both sides share; built in bulk, for they are most of any comparison."""
    spans = list(zip(map(Span._make, zip(repeat("same"), lines[start:end])), strict=False))
    old_numbers, new_numbers = count(start + 1), count(other + 1)
    rest = repeat(""), repeat(()), repeat(None)
    rows = zip(repeat("same"), old_numbers, new_numbers, spans, spans, *rest, strict=False)
    return map(DiffRow._make, rows)


def _replaced(lines: Lines, gap: Gap, partners: Partners, work: Work) -> Iterator[DiffRow]:
    """Rows of one replaced stretch: pairs beside each other, the rest on its own side."""
    here, there = gap.old_from, gap.new_from
    pairs = [(at, to) for at in range(here, gap.old_to) if (to := partners.pairs.get(at, -1)) >= 0]
    for at, to in (*pairs, (gap.old_to, gap.new_to)):
        yield from (_gone(lines, line, partners.went.get(line), work) for line in range(here, at))
        yield from (_come(lines, line, partners.came.get(line), work) for line in range(there, to))
        if at < gap.old_to:
            marked = mark(lines.old[at], lines.new[to], work)
            yield DiffRow("changed", at + 1, to + 1, *marked)
        here, there = at + 1, to + 1


def _gone(lines: Lines, at: int, moved: tuple[Block, int] | None, work: Work) -> DiffRow:
    if moved is None:
        return DiffRow("removed", at + 1, None, (Span("removed", lines.old[at]),), ())
    block, step = moved
    marked = _moved(lines, block, step, work)
    move = Move(block.new + 1, block.new + block.size, block.new + step + 1, step == 0)
    return DiffRow("removed", at + 1, None, marked.old, (), marked.only, (), move)


def _come(lines: Lines, at: int, moved: tuple[Block, int] | None, work: Work) -> DiffRow:
    if moved is None:
        return DiffRow("added", None, at + 1, (), (Span("added", lines.new[at]),))
    block, step = moved
    marked = _moved(lines, block, step, work)
    move = Move(block.old + 1, block.old + block.size, block.old + step + 1, step == 0)
    return DiffRow("added", None, at + 1, (), marked.new, marked.only, (), move)


def _moved(lines: Lines, block: Block, step: int, work: Work) -> Marked:
    old, new = lines.old[block.old + step], lines.new[block.new + step]
    if old == new:
        return Marked((Span("same", old),), (Span("same", new),), "")
    return mark(old, new, work)


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
