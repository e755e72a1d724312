"""What a text holds that an eye passes over and a byte does not: named, never mended."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

BYTE_ORDER_MARK = "\ufeff"
_LINE_END = re.compile(r"\r\n|\r|\n")
_TRAILING_BLANKS = re.compile(r"(?<![ \t])[ \t]++(?=\r|\n|\Z)")


def oddities(text: str) -> tuple[str, ...]:
    """Phrases such as "CRLF line ends", for a list; all of it comes back as it is."""
    return tuple(_phrases(text))


def line_end_of(text: str) -> str:
    """The one line end a text uses; "\\n" where it has none or several."""
    ends = set(_LINE_END.findall(text))
    return ends.pop() if len(ends) == 1 else "\n"


def _phrases(text: str) -> Iterator[str]:
    if text.startswith(BYTE_ORDER_MARK):
        yield "a byte order mark at its begin"
    ends = set(_LINE_END.findall(text))
    if len(ends) > 1:
        yield "mixed line ends"
    elif ends == {"\r\n"}:
        yield "CRLF line ends"
    elif ends == {"\r"}:
        yield "CR line ends"
    if _TRAILING_BLANKS.search(text):
        yield "blanks at line ends"
    if "\t" in text:
        yield "tabs"
    if text and not text.endswith(("\n", "\r")):
        yield "no line end at its end"
    if not unicodedata.is_normalized("NFC", text):
        yield "letters and accents apart (not NFC)"
