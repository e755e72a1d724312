"""A normalised reading of a text that remembers where each character came from.

What people see as the same word must read the same: compatibility forms, case,
invisible characters and spaced-out letters are folded here, so that every later
check works on plain words while spans still point into the text as it was given.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

# A word, with the vowel signs and points that Python does not count as letters.
WORD = re.compile(
    r"[^\W_]+(?:[\u0591-\u05c7\u064b-\u0652\u0670\u0900-\u0903\u093a-\u094f\u0962\u0963]+[^\W_]*)*"
)
_COMBINING = re.compile(r"[\u0300-\u036f]")
# Letters with one mark or stop between each: "i g n o r e", "i.g.n.o.r.e".
_SPACED = re.compile(r"(?<![^\W_])[^\W\d_](?:[ ._\-*|/+][^\W\d_]){3,}(?![^\W_])")
_LEET_SIGN = re.compile(r"(?<=[^\W_])[@$!|](?=[^\W_])")
_LEET_SIGNS = {"@": "a", "$": "s", "!": "i", "|": "l"}


@dataclass(frozen=True, slots=True)
class View:
    """Folded text; character i of it stands for original[starts[i]:ends[i]]."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where text[start:end] lies in the original; needs start < end."""
        return self.starts[start], self.ends[end - 1]


def view_of(original: str) -> View:
    """Fold a text: NFKC, lower case, no invisible characters, offsets kept."""
    if original.isascii():
        view = View(original.lower(), range(len(original)), range(1, len(original) + 1))
    else:
        view = _fold(original)
    return _join_spaced_letters(_read_leet_signs(view))


class _Folded(dict[str, str]):
    """How each character met so far is read; worked out once."""

    def __missing__(self, char: str) -> str:
        if len(self) >= MOST_CHARACTERS_KNOWN:
            self.clear()
        self[char] = folded = fold_cluster(char)
        return folded


MOST_CHARACTERS_KNOWN = 16384


def _fold(original: str) -> View:
    if _COMBINING.search(original):
        return _fold_clusters(original)
    folded = list(map(_FOLDED.__getitem__, original))
    lengths = list(map(len, folded))
    if lengths.count(1) == len(lengths):
        return View("".join(folded), range(len(lengths)), range(1, len(lengths) + 1))
    starts = [place for place, length in enumerate(lengths) for _ in range(length)]
    return View("".join(folded), starts, [place + 1 for place in starts])


def _fold_clusters(original: str) -> View:
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position, length = 0, len(original)
    while position < length:
        end = position + 1
        while end < length and "\u0300" <= original[end] <= "\u036f":
            end += 1
        # A pile of accents is one character's worth of noise, not more.
        folded = fold_cluster(original[position : min(end, position + 8)])
        for char in folded:
            out.append(char)
            starts.append(position)
            ends.append(end)
        position = end
    return View("".join(out), starts, ends)


_FOLDED = _Folded()


@lru_cache(maxsize=16384)
def fold_cluster(cluster: str) -> str:
    """One character with its accents as it is read; empty for what cannot be seen."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", cluster).casefold())
    return "".join(_readable(char) for char in folded)


def _readable(char: str) -> str:
    if char in "\u2018\u2019\u02bc\u02b9\u05f3":
        return "'"
    if char in "\u2010\u2011\u2012\u2013\u2212":
        return "-"
    if char in "\u2028\u2029\x0b\x0c\r\x85":
        return "\n"
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    if category in ("Cf", "Cs", "Co", "Cn") or (category == "Cc" and char not in "\n\t"):
        return ""
    return "" if "\ufe00" <= char <= "\ufe0f" else char


def _read_leet_signs(view: View) -> View:
    if not _LEET_SIGN.search(view.text):
        return view
    text = _LEET_SIGN.sub(lambda found: _LEET_SIGNS[found.group()], view.text)
    return View(text, view.starts, view.ends)


def _join_spaced_letters(view: View) -> View:
    if not _SPACED.search(view.text):
        return view
    kept: list[int] = []
    cursor = 0
    for found in _SPACED.finditer(view.text):
        kept.extend(range(cursor, found.start()))
        kept.extend(range(found.start(), found.end(), 2))
        cursor = found.end()
    kept.extend(range(cursor, len(view.text)))
    return View(
        "".join(view.text[i] for i in kept),
        [view.starts[i] for i in kept],
        [view.ends[i] for i in kept],
    )


@lru_cache(maxsize=32768)
def bare(word: str) -> str:
    """The word without accents, in the form the lexicons use."""
    if word.isascii():
        return word
    marks_off = _COMBINING.sub("", unicodedata.normalize("NFD", word))
    return unicodedata.normalize("NFC", marks_off).translate(_LETTERS)


_LETTERS = str.maketrans(
    {
        "ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ё": "е", "й": "й",
        # Arabic script: one form for the variants people and keyboards mix.
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ی", "ي": "ی", "ك": "ک", "ة": "ه",
        "ؤ": "و", "ئ": "ی", "ۀ": "ه", "ـ": None,
        **{chr(code): None for code in range(0x064B, 0x0653)},
        # Hebrew points; Devanagari nukta.
        **{chr(code): None for code in range(0x0591, 0x05C8)},
        "़": None,
    }
)  # fmt: skip

# Cyrillic, Armenian and Greek letters drawn like Latin ones.
LOOKALIKES = dict(
    zip("авеікмнорстухјѕԁһԛԝґαβεικνορτυχωγη", "abeikmhopctyxjsdhqwrabeikvoptuxwyn", strict=True)
)
_LOOKALIKES = str.maketrans(LOOKALIKES)
_LEET_DIGITS = str.maketrans("0134578", "oieastb")
_LEET_DIGITS_ALT = str.maketrans("0134578", "oleastb")

_LEET_CYRILLIC = str.maketrans("013468", "оиеабв")


@lru_cache(maxsize=32768)
def readings(word: str) -> tuple[str, ...]:
    """The word and what it may stand for: look-alike letters and digits for letters."""
    plain = bare(word)
    found = [plain, word]
    has_latin = any("a" <= char <= "z" for char in plain)
    if has_latin and any("\u0370" <= char <= "\u052f" for char in plain):
        plain = plain.translate(_LOOKALIKES)
        found.append(plain)
    if has_latin and any(char.isdigit() for char in plain):
        found.extend((plain.translate(_LEET_DIGITS), plain.translate(_LEET_DIGITS_ALT)))
    if plain[:1] >= "\u0400" and any(char.isdigit() for char in plain):
        found.append(plain.translate(_LEET_CYRILLIC))
    return tuple(dict.fromkeys(found))
