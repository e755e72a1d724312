"""Which languages a sentence should be read in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from registry.guardrails.hits import Token
from registry.guardrails.lexicon import UNMARKED, known, languages, lexicon
from registry.guardrails.text_view import MOST_CHARACTERS_KNOWN, bare

ALWAYS = "en"
# Where the letters of a script lie, and the language they speak for.
_SCRIPTS = (
    (0x61, 0x7A, "latin"),
    (0x0400, 0x04FF, "ru"),
    (0x0590, 0x05FF, "he"),
    (0x0600, 0x06FF, "ar"),
    (0x0900, 0x097F, "hi"),
    (0x0E00, 0x0E7F, "th"),
    (0x1100, 0x11FF, "ko"),
    (0x3040, 0x30FF, "ja"),
    (0x4E00, 0x9FFF, "zh"),
    (0xAC00, 0xD7AF, "ko"),
)
_OTHER_SCRIPT = frozenset(code for _, _, code in _SCRIPTS) | {"fa"}
SHORT = 6  # in so few words one give-away is enough


@cache
def _latin() -> frozenset[str]:
    return languages() - _OTHER_SCRIPT


@cache
def _give_aways() -> dict[str, tuple[str, ...]]:
    words: dict[str, set[str]] = {}
    for code in _latin():
        for word in lexicon(code).stops:
            words.setdefault(word, set()).add(code)
    return {word: tuple(sorted(codes)) for word, codes in words.items()}


def languages_of(text: str, tokens: Iterable[Token], home: str) -> tuple[str, ...]:
    """The tenant's own language and every one the sentence's words give away.

    English too wherever there is a Latin letter.
    """
    found = {code for code in map(_SCRIPT_OF.__getitem__, set(text)) if code}
    if "latin" in found:
        found.remove("latin")
        found.add(ALWAYS)
        found.update(_by_words(tokens, home))
        if home in _latin():
            found.add(home)
    if home == "vi" and text.isascii():
        found.add(UNMARKED)
    if "ar" in found:
        found.remove("ar")
        found.update(_arabic_or_persian(text, home))
    if "ja" in found:
        found.discard("zh")
    return tuple(sorted(found & known()))


def _arabic_or_persian(text: str, home: str) -> set[str]:
    """Both share a script; letters that only one of them has tell which it is."""
    persian, arabic = _PERSIAN.search(text), _ARABIC.search(text)
    found = {home} & {"ar", "fa"}
    if persian or not arabic:
        found.add("fa")
    if arabic or not persian:
        found.add("ar")
    return found


_PERSIAN = re.compile("[پچژگکی]")
_ARABIC = re.compile("[ةيكىأإؤ]")


class _ScriptOf(dict[str, str]):
    """The language a character's script speaks for, or "latin", or "" for none."""

    def __missing__(self, char: str) -> str:
        code = ord(char)
        name = next((name for first, last, name in _SCRIPTS if first <= code <= last), "")
        if len(self) >= MOST_CHARACTERS_KNOWN:
            self.clear()
        self[char] = name
        return name


_SCRIPT_OF = _ScriptOf()


def _by_words(tokens: Iterable[Token], home: str) -> set[str]:
    counts: dict[str, int] = {}
    total = 0
    for token in tokens:
        total += 1
        for code in _give_aways().get(bare(token.text), ()):
            counts[code] = counts.get(code, 0) + 1
    enough = 1 if total <= SHORT else 2
    best = max(counts.values(), default=0)
    found = {code for code, count in counts.items() if count >= enough and 2 * count > best}
    if found or counts.get(ALWAYS) or (home in _latin() and home != ALWAYS):
        return found
    return set(_latin())  # words that give nothing away may be any language's
