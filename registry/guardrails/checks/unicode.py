"""unicode_hygiene: characters that cannot be seen, reorder the text or imitate others."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from registry.guardrails.checks.source import Source
from registry.guardrails.findings import Fix, Match
from registry.guardrails.policy import Rule
from registry.guardrails.text_view import LOOKALIKES

# Everything that needs a closer look; a text without any of it is clean.
_SUSPECT = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffd"
    r"\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\U00013430-\U0001345f\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff]+"
)
_MARKS = re.compile(r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{3,}")
_STYLED = re.compile(
    r"[\U0001d400-\U0001d7ff\u24b6-\u24e9\U0001f110-\U0001f189\u1d00-\u1d25\u2102\u210a-\u211d]{2,}"
    r"(?:[ ]?[\U0001d400-\U0001d7ff\u24b6-\u24e9\U0001f110-\U0001f189]+)*"
)
_FULLWIDTH = re.compile(
    r"[\uff21-\uff3a\uff41-\uff5a]{2,}(?:[\u3000 ][\uff21-\uff3a\uff41-\uff5a]+)*"
)
_MIXED = re.compile(
    r"(?<![^\W\d_])(?=[^\W\d_]*[A-Za-z])(?=[^\W\d_]*[\u0370-\u03ff\u0400-\u052f\u0530-\u058f\u13a0-\u13ff])"
    r"[^\W\d_]{2,}"
)
_OTHER_ALPHABET = re.compile(r"[\u0370-\u03ff\u0400-\u052f\u0530-\u058f\u13a0-\u13ff]")
_RTL = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdfc\ufe70-\ufefb]")
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_JOINED = re.compile(
    r"[\u0600-\u07ff\u08a0-\u08ff\ufb50-\ufdfb\ufe70-\ufefc\u0900-\u0dff\u0f00-\u109f\u1780-\u17b3\u1800-\u18aa]"
)
_NO_SPACES = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{2,7}\U000e007f")
_CLEAN = "Clean: remove the invisible characters"


def check_unicode(source: Source, rule: Rule) -> Iterator[Match]:
    """Raw characters first, before anything is normalised away."""
    del rule
    text = source.text
    if text.isascii():
        yield from _hidden(text)
        return
    yield from _hidden(text)
    for found in _MARKS.finditer(text):
        yield Match(
            found.span(), message="Accents are piled up on one letter.", fix=Fix(_CLEAN, "")
        )
    yield from _imitations(text)
    yield from _mixed_words(text, source.context.locale)


def _hidden(text: str) -> Iterator[Match]:
    flags = [found.span() for found in _FLAG.finditer(text)] if "\U0001f3f4" in text else []
    rtl: bool | None = None
    for found in _SUSPECT.finditer(text):
        if rtl is None:
            rtl = bool(_RTL.search(text))
        start, end = _trim(text, found.start(), found.end(), rtl, flags)
        if start < end:
            named = ", ".join(dict.fromkeys(f"U+{ord(char):04X}" for char in text[start:end][:4]))
            yield Match(
                (start, end),
                message=f"The text has characters that cannot be seen ({named}).",
                fix=Fix(_CLEAN, _visible(text[start:end])),
            )


def _trim(
    text: str, start: int, end: int, rtl: bool, flags: list[tuple[int, int]]
) -> tuple[int, int]:
    """The run without the characters that are right where they stand."""
    while start < end and _allowed(text, start, rtl, flags):
        start += 1
    while start < end and _allowed(text, end - 1, rtl, flags):
        end -= 1
    return start, end


def _visible(run: str) -> str:
    return "\n" if any(char in "\u2028\u2029\x0b\x0c\x85" for char in run) else ""


def _allowed(text: str, at: int, rtl: bool, flags: list[tuple[int, int]]) -> bool:
    char = text[at]
    before = text[at - 1] if at else ""
    after = text[at + 1] if at + 1 < len(text) else ""
    if char == "\u200c":  # zero-width non-joiner: spelling in Persian and Indic scripts
        return bool(before and _JOINED.match(before))
    if char == "\u200d":  # zero-width joiner: the same, and emoji sequences
        joined = bool(before and _JOINED.match(before))
        return joined or (_is_emoji(before) and _is_emoji(after))
    if char in "\u200e\u200f\u061c":  # direction marks belong into right-to-left text
        return rtl
    if char == "\u200b":
        return bool(before and after and _NO_SPACES.match(before) and _NO_SPACES.match(after))
    if "\ufe00" <= char <= "\ufe0f":
        return _is_emoji(before) or ((before.isdigit() or before in "#*©®™") and char == "\ufe0f")
    if "\U000e0100" <= char <= "\U000e01ef":  # one variant selector after a Han character
        return bool(before and _EAST_ASIAN.match(before))
    return any(first <= at < last for first, last in flags)


def _is_emoji(char: str) -> bool:
    if not char:
        return False
    code = ord(char)
    if char == "\ufe0f" or 0x1F000 <= code <= 0x1FAFF or 0x1F1E6 <= code <= 0x1F1FF:
        return True
    return unicodedata.category(char) in ("So", "Sk", "Sm", "Po") and code > 0x2000


def _imitations(text: str) -> Iterator[Match]:
    for found in _STYLED.finditer(text):
        yield _plain(found, "Letters are drawn by look-alike symbols.")
    if _EAST_ASIAN.search(text):
        return
    for found in _FULLWIDTH.finditer(text):
        yield _plain(found, "Full-width letters stand in for ordinary ones.")


def _plain(found: re.Match[str], message: str) -> Match:
    replacement = unicodedata.normalize("NFKC", found.group())
    return Match(found.span(), message=message, fix=Fix("Use ordinary letters", replacement))


def _mixed_words(text: str, locale: str | None) -> Iterator[Match]:
    if not _OTHER_ALPHABET.search(text):
        return
    for found in _MIXED.finditer(text):
        word = found.group()
        if _imitates(word):
            yield Match(
                found.span(),
                message="A word mixes letters of two alphabets that look alike.",
                fix=Fix("Use Latin letters", _to_latin(word)),
            )
    if (locale or "").partition("-")[0] in ("ru", "uk", "bg", "sr", "el", "mk", "be", "kk"):
        return
    letters = len(re.findall(r"[A-Za-z]", text))
    for found in re.finditer(r"[\u0370-\u052f]{3,}", text):
        word = found.group()
        if letters > 20 and len(_to_latin(word).encode()) == len(word):
            yield Match(
                found.span(),
                message="A word is written in look-alike letters of another alphabet.",
                fix=Fix("Use Latin letters", _to_latin(word)),
            )


def _imitates(word: str) -> bool:
    """Two alphabets in one word, unless one is a stem and the other its ending (SMSками)."""
    kinds = [
        "l" if char.isascii() else "o"
        for char in word
        if char.isascii() or "\u0370" <= char <= "\u13ff"
    ]
    runs = re.findall(r"l+|o+", "".join(kinds))
    if len(runs) == 2 and min(map(len, runs)) >= 2:
        return False
    if len(runs) == 2 and runs[0].startswith("l") and word[: len(runs[0])].isupper():
        return False
    # "µm", "Δt", "βeta": a lone Greek symbol with no Latin twin imitates nothing.
    return any(char.casefold() in LOOKALIKES for char in word if not char.isascii())


def _to_latin(word: str) -> str:
    return "".join(
        (LOOKALIKES[char.casefold()].upper() if char.isupper() else LOOKALIKES[char])
        if char.casefold() in LOOKALIKES
        else char
        for char in word
    )
