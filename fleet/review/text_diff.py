"""The text's comparison, with what people wrote on its lines."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html

from fleet.review.models import Review, Side
from fleet.review.threads import Thread, by_line
from registry.diff import DiffRow, side_by_side, summary

CONTEXT = 3
"""Unchanged lines kept beside a change, and beside a line that somebody wrote on."""

Place = tuple[str, int]
SIDES = {"L": str(Side.OLD), "R": str(Side.NEW)}


class CommentMargin:
    """A way to write on each line, and the threads under it (`registry` diff_rows.Margin)."""

    def __init__(
        self, request: HttpRequest, review: Review, threads: dict[Place, list[Thread]],
        context: dict[str, Any],
    ) -> None:  # fmt: skip
        self._request, self._threads, self._context = request, threads, context
        self._url = reverse("review-comment", args=[review.pk])
        self._open: Place | None = context.get("open_at")

    def beside(self, side: str, number: int) -> str:
        """A link that opens a form under this line; without a script it opens a page."""
        if not self._context["powers"].may_comment:
            return ""
        words = f"Comment on line {number} {'before' if side == 'L' else 'after'}"
        return format_html(
            '<a class="line-plus" href="{}?side={}&amp;line={}" data-line-comment title="{}" '
            'aria-label="{}">+</a>',
            self._url, SIDES[side], number, words, words,
        )  # fmt: skip

    def below(self, old_no: int | None, new_no: int | None) -> str:
        """The threads of both sides of this row, and the form where it is open."""
        here = list(_places(old_no, new_no))
        threads = [thread for place in here for thread in self._threads.get(place, [])]
        form = self._open if self._open in here else None
        if not threads and form is None:
            return ""
        known = self._context | {"threads": threads, "form_at": form}
        return render_to_string("review/comments/_row.html", known, self._request)


def text_diff(
    request: HttpRequest, review: Review, threads: list[Thread], context: dict[str, Any]
) -> dict[str, Any]:
    """Rows of the comparison with what its template needs beside them."""
    parent, placed = review.revision.parent, by_line(threads)
    old = parent.text if parent else ""
    rows = side_by_side(old, review.revision.text, CONTEXT)
    wanted = set(placed) | ({context["open_at"]} if context.get("open_at") else set())
    return {
        "rows": list(_unfolded(rows, wanted)) if wanted else rows,
        "summary": summary(rows),
        "line_margin": CommentMargin(request, review, placed, context),
    }


def _places(old_no: int | None, new_no: int | None) -> Iterator[Place]:
    if old_no is not None:
        yield SIDES["L"], old_no
    if new_no is not None:
        yield SIDES["R"], new_no


def _unfolded(rows: list[DiffRow], wanted: Set[Place]) -> Iterator[DiffRow]:
    """The rows, with lines that somebody wrote on taken out of what is folded away."""
    for row in rows:
        if row.kind != "skip":
            yield row
            continue
        held = [
            at for at, one in enumerate(row.hidden)
            if not wanted.isdisjoint(_places(one.old_no, one.new_no))
        ]  # fmt: skip
        yield from _opened(row, held) if held else [row]


def _opened(row: DiffRow, held: list[int]) -> Iterator[DiffRow]:
    """A fold with these of its rows, and some beside them, shown."""
    shown = {near for at in held for near in range(at - CONTEXT, at + CONTEXT + 1)}
    hidden: list[DiffRow] = []
    for at, one in enumerate(row.hidden):
        if at not in shown:
            hidden.append(one)
            continue
        yield from _folded(hidden)
        hidden = []
        yield one
    yield from _folded(hidden)


def _folded(hidden: list[DiffRow]) -> Iterator[DiffRow]:
    if hidden:
        yield DiffRow("skip", hidden[0].old_no, hidden[0].new_no, (), (), "", tuple(hidden))
