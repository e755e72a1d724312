"""Which of its eight languages a customer writes in, as the simulated models see it."""

from __future__ import annotations

import re

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pl", "ja")

# Names a prompt may use for a language, in English and in the language itself.
NAMES = {
    "english": "en", "englisch": "en", "anglais": "en", "inglés": "en",
    "german": "de", "deutsch": "de", "french": "fr", "français": "fr",
    "spanish": "es", "español": "es", "castellano": "es", "italian": "it", "italiano": "it",
    "dutch": "nl", "nederlands": "nl", "polish": "pl", "polsku": "pl", "polski": "pl",
    "japanese": "ja", "日本語": "ja",
}  # fmt: skip

_COMMON = {
    "en": "the and is are you my i it for with have has not to of what how can your this",
    "de": "der die das und ist ich nicht mein meine sie ein eine mit für auf wie kann wir zu",
    "fr": "le la les et est je ne pas mon ma vous un une avec pour sur comment des du ai",
    "es": "el la los y es no mi que un una con para por cómo se me su en del he",
    "it": "il lo la e è non mio mia che un una con per come si mi ho sono del di",
    "nl": "de het en is ik niet mijn u een met voor op hoe kan wij te van dat heb",
    "pl": "nie i jest się na do w z mój moja jak czy co to proszę po że mam mi od",
}
_WORDS = {code: frozenset(words.split()) for code, words in _COMMON.items()}
_KANA = re.compile("[\u3040-\u30ff]")
_WORD = re.compile(r"[^\W\d_]+")


def language_of(text: str) -> str:
    """The likeliest language code of ``text``; English when nothing speaks for another one.

    Only the first 600 characters count, so a long paste costs no more than a short one.
    """
    head = text[:600]
    if _KANA.search(head):
        return "ja"
    words = _WORD.findall(head.casefold())
    return max(LANGUAGES[:-1], key=lambda code: sum(word in _WORDS[code] for word in words))
