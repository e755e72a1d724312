"""Two texts side by side, with marks on the words that differ. Pure, bounded, no HTML.

`side_by_side` gives rows, `unified` the same rows as one column, `summary` counts. Lines
stand beside what they became; blocks that went elsewhere say where to.
Every row is made of spans of the original characters: joining the old side of all
rows gives the old text back exactly, likewise the new side. A template prints
`span.pieces()` (or `span.shown`) through its own escaping.
"""

from registry.diff.align import Work
from registry.diff.rows import DiffRow, Move, Summary, UnifiedRow, side_by_side, summary, unified
from registry.diff.unseen import Piece
from registry.diff.words import Span

__all__ = [
    "DiffRow",
    "Move",
    "Piece",
    "Span",
    "Summary",
    "UnifiedRow",
    "Work",
    "side_by_side",
    "summary",
    "unified",
]
