"""Readable, stable names for proposed slots: from the heading they stand under."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

# A heading in Markdown, in bold, as a tag, or a short line that ends in a colon.
_HEADING = re.compile(
    r"\s*(?:#{1,6}\s+(?P<hash>.+?)\s*#*"
    r"|\*\*(?P<bold>[^*]{2,60})\*\*:?"
    r"|<(?P<tag>[A-Za-z][\w-]{1,40})>"
    r"|(?P<colon>[^\W\d_][^.!?:]{1,40}):)\s*"
)
_NAME_LENGTH = 30


def named(lines: Sequence[str], regions: Sequence[tuple[int, int]]) -> list[tuple[str, str]]:
    """(slot name, label) for each region of lines, names unique."""
    if list(regions) == [(0, len(lines))]:
        return [("text", "Whole text")]
    taken: Counter[str] = Counter()
    return [
        _unique(*_heading_name(lines, start, number), taken)
        for number, (start, end) in enumerate(regions, 1)
    ]


def _heading_name(lines: Sequence[str], start: int, number: int) -> tuple[str, str]:
    for heading in _headings_upward(lines, start):
        name = _slug(heading)
        if name:
            return name, heading
        break
    return f"part_{number}", f"Part {number}"


def _headings_upward(lines: Sequence[str], start: int) -> Iterator[str]:
    """The heading a region begins with, then those above it."""
    for line in reversed(lines[: start + 1]):
        found = _HEADING.fullmatch(line)
        if found:
            yield next(text for text in found.groups() if text).strip(" *_:")


def _slug(heading: str) -> str:
    """Lower-case ASCII with underscores, cut at a word; "" if no letter is left to begin with."""
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    slug = re.sub(r"^[^a-z]+", "", slug)
    if len(slug) > _NAME_LENGTH:
        slug = slug[: _NAME_LENGTH + 1].rpartition("_")[0] or slug[:_NAME_LENGTH]
    return slug


def _unique(name: str, label: str, taken: Counter[str]) -> tuple[str, str]:
    """`tone`, then `tone_2`: and never a name another heading already has."""
    taken[name] += 1
    if taken[name] == 1:
        return name, label
    numbered = f"{name}_{taken[name]}"
    return _unique(numbered, label, taken) if numbered in taken else _taken(numbered, label, taken)


def _taken(name: str, label: str, taken: Counter[str]) -> tuple[str, str]:
    taken[name] += 1
    return name, f"{label} ({name.rpartition('_')[2]})"
