"""The few kinds of Markdown that a runbook is written in, as blocks a template prints. Pure.

Whatever is none of them is a paragraph, shown as it stands: nothing is ever taken for markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_INLINE = re.compile(r"(`[^`]+`|\*\*[^*]+\*\*)")
_HEADING = re.compile(r"(#{1,3}) (.+)")
_ITEM = re.compile(r"(?:-|\d+\.) (.+)")


@dataclass(frozen=True)
class Piece:
    """A stretch of a line: `kind` is text, code or strong."""

    kind: str
    text: str


@dataclass
class Block:
    """`kind` is title, heading, subheading, paragraph, list, steps, table or code.

    `rows` holds its lines: one for a heading, an item each for a list, cells for a table.
    """

    kind: str
    rows: list[list[list[Piece]]] = field(default_factory=list)
    text: str = ""

    @property
    def anchor(self) -> str:
        """A heading's name in the address."""
        words = "".join(piece.text for row in self.rows for cell in row for piece in cell)
        return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")

    @property
    def line(self) -> list[Piece]:
        """The only line of a heading or a paragraph."""
        return self.rows[0][0]


def blocks(text: str) -> list[Block]:
    """The document, block by block."""
    found: list[Block] = []
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("```"):
            found.append(Block("code", text=_fenced(lines)))
        elif not line.strip():
            found.append(Block("gap"))
        else:
            _add(found, line)
    return [block for block in found if block.kind != "gap"]


def _fenced(lines: Iterator[str]) -> str:
    inside = []
    for line in lines:
        if line.startswith("```"):
            break
        inside.append(line)
    return "\n".join(inside)


def _add(found: list[Block], line: str) -> None:
    """One line into the block it belongs to."""
    heading, item = _HEADING.fullmatch(line), _ITEM.fullmatch(line)
    if heading:
        kind = ("title", "heading", "subheading")[len(heading[1]) - 1]
        found.append(Block(kind, [[_pieces(heading[2])]]))
    elif item:
        kind = "list" if line.startswith("-") else "steps"
        _open(found, kind).rows.append([_pieces(item[1])])
    elif line.startswith("|"):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        table = _open(found, "table")
        if not all(set(cell) <= set("-: ") for cell in cells):
            table.rows.append([_pieces(cell) for cell in cells])
    else:
        _go_on(found, line)


def _open(found: list[Block], kind: str) -> Block:
    """The last block where it is of this kind, else a new one."""
    if not found or found[-1].kind != kind:
        found.append(Block(kind))
    return found[-1]


def _go_on(found: list[Block], line: str) -> None:
    """A further line of the last item or paragraph, or a paragraph of its own."""
    last = found[-1] if found else None
    if last is not None and last.kind in ("list", "steps", "paragraph") and last.rows:
        last.rows[-1][0].extend([Piece("text", " "), *_pieces(line.strip())])
    else:
        found.append(Block("paragraph", [[_pieces(line)]]))


def _pieces(text: str) -> list[Piece]:
    found = []
    for part in filter(None, _INLINE.split(text)):
        if part.startswith("`") and len(part) > 2:
            found.append(Piece("code", part[1:-1]))
        elif part.startswith("**") and len(part) > 4:
            found.append(Piece("strong", part[2:-2]))
        else:
            found.append(Piece("text", part))
    return found
