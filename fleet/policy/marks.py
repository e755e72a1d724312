"""A text cut at the edges of its findings, so that a page can mark each piece by itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from registry.diff import unseen
from registry.guardrails import Finding

LONGEST_SHOWN = 20_000
"""Characters of a tested text that are shown again, marked."""

_STRICTEST = ("block", "review", "warn")


@dataclass(frozen=True)
class Piece:
    """A stretch of the text, and the rules that point at it."""

    text: str
    rules: tuple[str, ...] = ()
    severity: str = ""

    @property
    def shown(self) -> str:
        """What a page prints of it: characters that cannot be seen as signs where they matter."""
        lines = (unseen.pieces(line, marked=bool(self.rules)) for line in self.text.split("\n"))
        return "\n".join("".join(piece.text for piece in line) for line in lines)


def pieces(text: str, findings: Iterable[Finding]) -> Iterator[Piece]:
    """The text in order, cut wherever a finding begins or ends. Joined, they are the text."""
    spans = ((f.span, f.severity, f.rule) for f in findings if f.span is not None)
    marked = sorted(mark for mark in spans if mark[0][0] < mark[0][1])
    edges = (min(edge, len(text)) for span, _, _ in marked for edge in span)
    cuts = sorted({0, len(text), *edges})
    here: list[tuple[tuple[int, int], str, str]] = []
    for start, end in pairwise(cuts):
        here = [mark for mark in here if mark[0][1] > start]
        while marked and marked[0][0][0] <= start:
            here.append(marked.pop(0))
        rules = tuple(dict.fromkeys(rule for _, _, rule in here))
        severity = min((word for _, word, _ in here), key=_STRICTEST.index, default="")
        yield Piece(text[start:end], rules, severity)
