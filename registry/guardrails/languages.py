"""Which languages a sentence should be read in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from registry.guardrails.hits import Token
from registry.guardrails.lexicon import languages, lexicon
from registry.guardrails.text_view import bare

ALWAYS = "en"
_SCRIPTS = (
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
)
_OTHER_SCRIPT = frozenset(code for code, _ in _SCRIPTS) | {"fa"}
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


def languages_of(text: str, tokens: Iterable[Token], locale: str | None) -> tuple[str, ...]:
    """English, the locale's own language and every one the sentence's words give away."""
    found = {ALWAYS}
    home = (locale or "").replace("_", "-").partition("-")[0].casefold()
    if not text.isascii():
        found.update(_by_script(text))
    has_latin = home in _latin() or bool(re.search("[a-z]", text))
    if has_latin:
        found.update(_by_words(tokens, home))
        if home in _latin():
            found.add(home)
    return tuple(sorted(found & languages()))


def _by_script(text: str) -> set[str]:
    found = {code for code, letters in _SCRIPTS if letters.search(text)}
    if "ar" in found:
        found.add("fa")
    if "ja" in found and "zh" in found:
        found.discard("zh")
    return found


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
