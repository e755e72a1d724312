"""language: which language an answer is written in.

By script (Japanese kana, Han, Hangul, Cyrillic, Greek, Arabic, Hebrew) and, for Latin script, by
counting frequent small words of nine languages. Limits: under about eight words the answer is
unsure and scores 0; close languages outside the list (Danish, Catalan, Slovak ...) are taken for
their neighbours; quotations in another language are outvoted only while they are the smaller
part.
"""

from __future__ import annotations

import re

from evals.scorers.base import Answer, Expectation, Score, passed, text_param

_SMALL_WORDS = {
    "en": "the and of to a in is you for it that with on this can your we are be or from please",
    "de": "der die das und ist sie ihr ihre nicht ein eine zu mit auf für wir ich den dem im bitte",
    "fr": "le la les de des et est vous votre nous un une dans pour que ne pas sur avec ce qui je",
    "es": "el la los las de y es su que un una en para por con se no si lo le del al puede",
    "it": "il lo la gli di e è che un una per con non si suo sua del della nel può le da",
    "nl": "de het een en is van u uw ik in op te dat voor met niet wij kan als er dit ook",
    "pl": "w i na z do się nie to jest że o proszę po lub czy na jak od za jeśli można tej",
    "pt": "o a os as de e é que um uma para com não em do da no na se por seu sua você",
    "sv": "och att det i en är som på för med av den till inte du vi kan din ett har om",
}  # fmt: skip
_WORDS = {code: frozenset(words.split()) for code, words in _SMALL_WORDS.items()}
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
)
_WORD = re.compile(r"[^\W\d_]+")
_QUOTES = re.compile(r"“[^”]{0,400}”|„[^“”]{0,400}[“”]|«[^»]{0,400}»|「[^」]{0,400}」")
FEWEST_WORDS = 8


def detected(text: str) -> str:
    """The likeliest language code; "" where there is too little text. Quotes are left out."""
    text = _QUOTES.sub(" ", text[:8000])
    letters = sum(character.isalpha() for character in text) or 1
    for code, script in _SCRIPTS:
        if len(script.findall(text)) / letters > 0.15:
            return code
    words = [word.casefold() for word in _WORD.findall(text)]
    if len(words) < FEWEST_WORDS:
        return ""
    return max(_WORDS, key=lambda code: sum(word in _WORDS[code] for word in words))


def language(expectation: Expectation, answer: Answer) -> Score:
    """0 or 1. Failure means that the answer is not in ``value`` (a code such as ``de``)."""
    wanted = text_param(expectation, "value").lower().split("-")[0]
    found = detected(answer.text)
    return passed(
        found == wanted, f"Written in {wanted}.", f"Written in {found or 'too few words'}."
    )
