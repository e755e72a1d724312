"""The rows of a comparison as table rows.

In Python, since a template takes ten times as long for thousands of rows. Every character of
a text passes `escape`, here and nowhere else: what a text holds can never become markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from registry.diff import DiffRow, Move, Span, UnifiedRow
from registry.diff import unified as in_one_column
from registry.diff.unseen import signed
from registry.templatetags.fleet_ui import icon

register = template.Library()

_ONLY = {
    "line_end": "only the line end differs",
    "blanks": "only blanks differ",
    "invisible": "only invisible characters differ",
}
_WORD_MARKS = {"removed": "del", "added": "ins"}
_MINUS = '<span role="img" aria-label="{}">−</span>'
_PLUS = '<span role="img" aria-label="{}">+</span>'


# Signs that are printed with their names; on a page with more, the rest are signs alone.
NAMED_SIGNS = 5_000


class Margin(Protocol):
    """What a page writes beside the lines of a comparison and under them; safe markup."""

    def beside(self, side: str, number: int) -> str:
        """Into the cell of one line; `side` is L for what was before, R for after."""

    def below(self, old_no: int | None, new_no: int | None) -> str:
        """Whole table rows under a row of two columns."""


@dataclass
class _Manner:
    """How rows are printed: `ids` gives every line a number one can link to, `names` is how
    many signs may still be named."""

    ids: bool
    everything: bool
    margin: Margin | None = None
    names: int = NAMED_SIGNS

    def beside(self, side: str, number: int | None) -> str:
        """What the page adds to this line."""
        return self.margin.beside(side, number) if self.margin and number is not None else ""

    def below(self, row: DiffRow) -> str:
        """What the page adds under this row."""
        return self.margin.below(row.old_no, row.new_no) if self.margin else ""

    def number(self, side: str, number: int | None, extra: str = "") -> str:
        """The cell with a line's number; side is L for what was before, R for after."""
        if number is None or not self.ids:
            return f'<td class="diff-no{extra}">{number or ""}</td>'
        name = f"{side}{number}"
        words = f"Link to line {number} {'before' if side == 'L' else 'after'}"
        return (
            f'<td class="diff-no{extra}"><a id="{name}" href="#{name}" aria-label="{words}">'
            f"{number}</a></td>"
        )

    def spans(self, spans: Iterable[Span]) -> str:
        """One side of a row, escaped, words that went or came marked within what stayed."""
        spans = tuple(spans)
        if all(span.kind != "same" for span in spans):
            return "".join(map(self._shown, spans))
        return "".join(map(self._marked, spans))

    def _marked(self, span: Span) -> str:
        tag = _WORD_MARKS.get(span.kind)
        shown = self._shown(span)
        return f"<{tag}>{shown}</{tag}>" if tag else shown

    def _shown(self, span: Span) -> str:
        if self.names <= 0:
            return escape(signed(span.text.rstrip("\r\n")))
        pieces = list(span.pieces(everything=self.everything))
        self.names -= len(pieces) // 2
        return "".join(
            _unseen(piece.text, piece.name) if piece.name else escape(piece.text)
            for piece in pieces
        )

    def moved(self, move: Move | None, *, away: bool) -> str:
        """On the first row of a moved block: where it went or came from."""
        if move is None or not move.opens:
            return ""
        lines = (
            f"line {move.first}" if move.first == move.last else f"lines {move.first}–{move.last}"
        )
        words = f"moved to {lines}" if away else f"moved from {lines}"
        place = f"{'R' if away else 'L'}{move.line}"
        inner = f'<a href="#{place}">{words}</a>' if self.ids else words
        return f'<span class="diff-move">{icon("route")}{inner}</span>'


@register.simple_tag
def diff_body(
    rows: Iterable[DiffRow],
    view: str = "",
    *,
    line_ids: bool = False,
    everything: bool = False,
    margin: Margin | None = None,
) -> SafeString:
    """The bodies of a comparison's table: one a block, so that "next change" has a target.

    `view` is "unified" for one column. Unchanged rows that were folded away stand in a hidden
    body behind their button. `margin` adds to rows of two columns.
    """
    manner = _Manner(line_ids, everything, margin)
    parts = _unified(rows, manner) if view == "unified" else _side_by_side(rows, manner)
    return mark_safe("".join(parts))  # noqa: S308 (escaped piece by piece above)


def _side_by_side(rows: Iterable[DiffRow], manner: _Manner) -> Iterator[str]:
    for kind, block in groupby(rows, key=_kind):
        if kind == "skip":
            for row in block:
                yield _fold("".join(_pair(one, manner) for one in row.hidden), len(row.hidden), 6)
        else:
            yield _body(kind, "".join(_pair(row, manner) for row in block))


def _unified(rows: Iterable[DiffRow], manner: _Manner) -> Iterator[str]:
    for sign, block in groupby(in_one_column(rows), key=_sign):
        if sign == "…":
            for row in block:
                hidden = "".join(_line(one, manner) for one in in_one_column(row.hidden))
                yield _fold(hidden, len(row.hidden), 4)
        else:
            kind = "same" if sign == " " else "change"
            yield _body(kind, "".join(_line(row, manner) for row in block))


def _kind(row: DiffRow) -> str:
    return row.kind if row.kind in ("same", "skip") else "change"


def _sign(row: UnifiedRow) -> str:
    return row.sign if row.sign in (" ", "…") else "±"


def _body(kind: str, rows: str) -> str:
    return f"<tbody{' data-change' if kind == 'change' else ''}>{rows}</tbody>"


def _fold(rows: str, count: int, columns: int) -> str:
    lines = f"{count} unchanged line{'' if count == 1 else 's'}"
    return (
        f'<tbody class="diff-fold"><tr><td colspan="{columns}"><button type="button" data-unfold>'
        f"{icon('chevron-down')}Show {lines}</button></td></tr></tbody><tbody hidden>{rows}</tbody>"
    )


def _pair(row: DiffRow, manner: _Manner) -> str:
    """One row of two columns."""
    moved = " diff-moved" if row.move else ""
    gone, come = row.kind in ("removed", "changed"), row.kind in ("added", "changed")
    left = right = ""
    if row.old_no is not None:
        left = manner.moved(row.move, away=True) + manner.spans(row.old)
    if row.new_no is not None:
        right = manner.moved(row.move, away=False) + manner.spans(row.new)
    note = _note(row.only)
    return (
        f'<tr class="diff-{row.kind}{moved}">'
        f"{manner.number('L', row.old_no)}"
        f'<td class="diff-sign">{_minus(row.move) if gone else ""}</td>'
        f'<td class="diff-text diff-old">{left}{"" if come else note}'
        f"{manner.beside('L', row.old_no)}</td>"
        f"{manner.number('R', row.new_no, ' diff-new-no')}"
        f'<td class="diff-sign">{_plus(row.move) if come else ""}</td>'
        f'<td class="diff-text diff-new">{right}{note if come else ""}'
        f"{manner.beside('R', row.new_no)}</td></tr>{manner.below(row)}"
    )


def _line(row: UnifiedRow, manner: _Manner) -> str:
    """One row of the one-column form."""
    kind = {"-": "removed", "+": "added"}.get(row.sign, "same")
    moved = " diff-moved" if row.move else ""
    sign = {"-": _minus, "+": _plus}.get(row.sign, _nothing)(row.move)
    where = manner.moved(row.move, away=row.sign == "-")
    return (
        f'<tr class="diff-{kind}{moved}">{manner.number("L", row.old_no)}'
        f'{manner.number("R", row.new_no, " diff-new-no")}<td class="diff-sign">{sign}</td>'
        f'<td class="diff-text">{where}{manner.spans(row.spans)}{_note(row.only)}</td></tr>'
    )


def _minus(move: Move | None) -> str:
    return _MINUS.format("moved away" if move else "removed")


def _plus(move: Move | None) -> str:
    return _PLUS.format("moved here" if move else "added")


def _nothing(_: Move | None) -> str:
    return ""


def _note(only: str) -> str:
    return f'<span class="diff-only">{_ONLY[only]}</span>' if only else ""


def _unseen(sign: str, name: str) -> str:
    """A sign, with its name for whoever hovers; an odd character's is read out too."""
    words = escape(name)
    said = f' role="img" aria-label="{words}"' if len(sign) > 1 else ""
    may_break = "<wbr>" if sign == "·" else ""
    return f'<span class="unseen"{said} title="{words}">{escape(sign)}</span>{may_break}'
