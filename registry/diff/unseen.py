"""Characters one cannot see: which they are, what they are called, what stands for them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

_INVISIBLE = (
    "\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u180b-\u180f"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff"
)
# What has no place in plain text, changed or not: controls, zero-widths other than the joiners
# that Persian, Hindi and emoji need, directions that outlast their word, tags.
_SUSPECT = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u034f\u115f\u1160\u180e\u200b\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
_UNSEEN = re.compile(rf"(?:\s|[\ufe0e\ufe0f{_INVISIBLE}])+")
_ENDS = re.compile(r"[\r\n]+\Z")
_ALL = re.compile(rf"[ \r\n{_INVISIBLE}]")
_MARKED = re.compile(rf"[{_INVISIBLE}]|[^\S\r\n](?=[^\S\r\n]*\Z)")
_PLAIN = re.compile(rf"[{_SUSPECT}]")

_SHORT = {
    " ": "·", "\t": "⇥", "\r": "␍", "\n": "⏎", "\u00a0": "NBSP", "\u00ad": "SHY",
    "\u034f": "CGJ", "\u061c": "ALM", "\u2002": "ENSP", "\u2003": "EMSP", "\u2009": "THSP",
    "\u200a": "HSP", "\u200b": "ZWSP", "\u200c": "ZWNJ", "\u200d": "ZWJ", "\u200e": "LRM",
    "\u200f": "RLM", "\u2028": "LSEP", "\u2029": "PSEP", "\u202a": "LRE", "\u202b": "RLE",
    "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO", "\u202f": "NNBSP", "\u2060": "WJ",
    "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI", "\u3000": "IDSP",
    "\ufeff": "BOM",
}  # fmt: skip
"""Signs, and the abbreviations of the Unicode charts."""

_NAMES = {" ": "space", "\t": "tab", "\r": "carriage return", "\n": "line end"}

# Nobody reads the names of more signs than these in one stretch; the rest has signs alone.
MOST_SIGNS = 2_000


class Piece(NamedTuple):
    """What a page prints: text as it is (`name` empty), or a sign and what it stands for."""

    text: str
    name: str = ""


def visible(text: str) -> str:
    """The text without blanks, line ends and invisible characters."""
    return _UNSEEN.sub("", "".join(text.split()))


def pieces(text: str, *, marked: bool, everything: bool = False) -> Iterator[Piece]:
    """The text as it is printed, unseen characters as named signs where they matter.

    They all do in `everything` mode; in a stretch that was `marked` as changed the invisible
    ones and trailing blanks do, or each character where it holds nothing else; elsewhere only
    those that have no business in plain text. A line end is not printed unless shown.
    """
    if everything or (marked and text and _UNSEEN.fullmatch(text)):
        return _signs(text, _ALL)
    return _signs(_ENDS.sub("", text), _MARKED if marked else _PLAIN)


def _signs(text: str, shown: re.Pattern[str]) -> Iterator[Piece]:
    end = 0
    for found in islice(shown.finditer(text), MOST_SIGNS):
        if found.start() > end:
            yield Piece(text[end : found.start()])
        yield Piece(sign(found[0]), name(found[0]))
        end = found.end()
    if end < len(text):
        yield Piece(signed(text[end:]))


def signed(text: str) -> str:
    """The text with signs for what has no business in it, at one go: for where there is much."""
    return text.translate(_TRANSLATION)


def sign(char: str) -> str:
    """What stands for one unseen character: `·`, `⇥`, `[NBSP]`, `[U+206A]`."""
    short = _SHORT.get(char, f"U+{ord(char):04X}")
    return short if len(short) == 1 else f"[{short}]"


def name(char: str) -> str:
    """An unseen character in words, with its code point where it is no everyday one."""
    known = _NAMES.get(char)
    if known:
        return known
    return f"{unicodedata.name(char, 'control character').lower()}, U+{ord(char):04X}"


_TRANSLATION = {
    code: sign(chr(code))
    for part in re.findall(r".-.|.", _SUSPECT, re.DOTALL)
    for code in range(ord(part[0]), ord(part[-1]) + 1)
}
