"""Find what the words of a sentence mean, language by language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from registry.guardrails.lexicon import GAP_WORDS, Entry, Lexicon, fits, lexicon, simplified
from registry.guardrails.sentences import Sentence
from registry.guardrails.text_view import WORD

_LETTER_GAP = 12  # characters that ".." may stand for in a script without spaces
# Characters that make one word's worth of distance in scripts without spaces.
_LETTERS_PER_WORD = {"ja": 3.0, "zh": 2.0, "ko": 3.0, "th": 4.5}


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the view, with its place counted in words from the sentence's start."""

    text: str
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Hit:
    """A concept met in a sentence: first..last in words, start..end in the view.

    Made, measured and marked while a sentence is read; nobody changes it afterwards.
    """

    concept: str
    first: float
    last: float
    start: int
    end: int
    language: str
    negated: bool = False
    quoted: bool = False
    gapped: bool = False


def tokens_of(text: str, sentence: Sentence) -> list[Token]:
    """The words of a sentence."""
    return [
        Token(found.group(), found.start(), found.end())
        for found in WORD.finditer(text, sentence.start, sentence.end)
    ]


def hits_of(
    text: str,
    sentence: Sentence,
    tokens: Sequence[Token],
    spoken: Iterable[str],
    quotes: Sequence[tuple[int, int]],
) -> list[Hit]:
    """Every concept met, in reading order; `spoken` are the languages to read it in."""
    books = [lexicon(language) for language in spoken]
    # One measure of distance a sentence: words, or letters where a script has no spaces.
    letters = next((book for book in books if book.by_letters), None)
    per_word = _LETTERS_PER_WORD.get(letters.language, 3.0) if letters else None
    found: list[Hit] = []
    for book in books:
        if book.by_letters:
            found.extend(_hits_by_letters(text, sentence, book))
        else:
            found.extend(_hits_by_words(tokens, book))
    for hit in found:
        if per_word:
            hit.first = (hit.start - sentence.start) / per_word
            hit.last = max(hit.first, (hit.end - sentence.start) / per_word - 1)
        if quotes:
            hit.quoted = any(start <= hit.start and hit.end <= end for start, end in quotes)
    found.sort(key=lambda hit: (hit.start, hit.end))
    return found


def _hits_by_words(tokens: Sequence[Token], book: Lexicon) -> list[Hit]:
    found: list[Hit] = []
    swallowed = -1
    final = len(tokens) - 1
    for place, token in enumerate(tokens):
        following = tokens[place + 1].text if place < final else ""
        for entry in book.entries_at(token.text, following):
            last = place if len(entry.words) == 1 else _last_word(tokens, place, entry, book)
            if last is None:
                continue
            if "_" in entry.concepts:
                swallowed = max(swallowed, last)
                break  # the longest come first: nothing shorter may speak
            if place > swallowed:
                for concept in entry.concepts:
                    found.append(
                        Hit(
                            concept,
                            place,
                            last,
                            token.start,
                            tokens[last].end,
                            book.language,
                            entry.negated,
                            gapped=entry.gapped,
                        )
                    )
    return found


def _last_word(tokens: Sequence[Token], place: int, entry: Entry, book: Lexicon) -> int | None:
    at, gap = place, 0
    for wanted, stem in entry.words[1:]:
        if wanted == "..":
            gap = GAP_WORDS
            continue
        for candidate in range(at + 1, min(at + 2 + gap, len(tokens))):
            if fits(book.language, tokens[candidate].text, wanted, stem):
                at = candidate
                break
        else:
            return None
        gap = 0
    return at


def _hits_by_letters(text: str, sentence: Sentence, book: Lexicon) -> list[Hit]:
    found: list[Hit] = []
    body = text[sentence.start : sentence.end]
    if book.language == "zh":
        body = body.translate(simplified())
    swallowed = 0
    letters = book.letters
    for place, letter in enumerate(body):
        if place < swallowed:
            continue
        # Longer heads are filed under two letters, lone ones under their own.
        for head, entry in (*letters.get(body[place : place + 2], ()), *letters.get(letter, ())):
            if not body.startswith(head, place):
                continue
            end = _last_letter(body, place + len(head), entry)
            if end is None:
                continue
            if "_" in entry.concepts:
                swallowed = end
                break
            start = sentence.start + place
            found.extend(
                Hit(concept, 0, 0, start, sentence.start + end, book.language, entry.negated)
                for concept in entry.concepts
            )
    return found


def _last_letter(body: str, end: int, entry: Entry) -> int | None:
    for wanted, _ in entry.words[1:]:
        if wanted == "..":
            continue
        at = body.find(wanted, end, end + _LETTER_GAP + len(wanted))
        if at < 0:
            return None
        end = at + len(wanted)
    return end
