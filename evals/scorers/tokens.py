"""Words of a text, as the scorers that compare with an ideal answer count them."""

from __future__ import annotations

import re

MOST_TOKENS = 2_000
"""Words compared; what follows in either text is left out."""

_WIDE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_WIDE}]|[^\W_{_WIDE}]+")
_SIGN = re.compile(rf"([{_WIDE}]|[!-&(-+/:-@\[-`{{-~])")
_POINT_AFTER = re.compile(r"([^0-9])([.,])")
_POINT_BEFORE = re.compile(r"([.,])([^0-9])")
_DASH = re.compile(r"([0-9])(-)")


def words(text: str) -> list[str]:
    """Runs of letters and digits in lower case; of scripts without blanks each character."""
    return _WORD.findall(text.casefold())[:MOST_TOKENS]


def signs_and_words(text: str) -> list[str]:
    """Words and signs in the manner of NIST's mteval-v13a, case kept.

    A sign stands alone; a point or comma does unless it stands between digits, a dash where it
    follows a digit. Of scripts without blanks each character stands alone (13a has no rule).
    """
    text = _SIGN.sub(r" \1 ", f" {text} ")
    text = _POINT_AFTER.sub(r"\1 \2 ", text)
    text = _POINT_BEFORE.sub(r" \1 \2", text)
    return _DASH.sub(r"\1 \2 ", text).split()[:MOST_TOKENS]
