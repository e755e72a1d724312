"""Find what the words of a sentence mean, language by language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from registry.guardrails.lexicon import GAP_WORDS, UNKNOWN, Entry, Lexicon, lexicon, simplified
from registry.guardrails.text_view import WORD

READING_ORDER = attrgetter("start", "end")
_LETTER_GAP = 12  # characters that ".." may stand for in a script without spaces
# Characters that make one word's worth of distance in scripts without spaces.
_LETTERS_PER_WORD = {"ja": 3.0, "zh": 2.0, "ko": 3.0, "th": 4.5}


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a sentence; start and end count characters from the sentence's start."""

    text: str
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Hit:
    """A concept met in a sentence: first..last in words, start..end in its characters.

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


def distance(one: Hit, other: Hit) -> float:
    """Words from one hit to the other, 1 for neighbours, 0 when they overlap."""
    if one.first > other.last:
        return one.first - other.last
    return max(0.0, other.first - one.last)


def tokens_of(body: str) -> list[Token]:
    """The words of a sentence."""
    return [Token(found.group(), found.start(), found.end()) for found in WORD.finditer(body)]


def hits_of(
    body: str,
    tokens: Sequence[Token],
    spoken: Iterable[str],
    quotes: Sequence[tuple[int, int]],
) -> list[Hit]:
    """Every concept met, in reading order; `spoken` are the languages to read it in."""
    books = [lexicon(language) for language in spoken]
    # One measure of distance a sentence: words, or letters where a script has no spaces.
    letters = next((book for book in books if book.by_letters), None)
    found: list[Hit] = []
    for book in books:
        if book.by_letters:
            found.extend(_hits_by_letters(body, book))
        else:
            found.extend(_hits_by_words(tokens, book))
    if letters:
        per_word = _LETTERS_PER_WORD.get(letters.language, 3.0)
        for hit in found:
            hit.first = hit.start / per_word
            hit.last = max(hit.first, hit.end / per_word - 1)
    if quotes:
        for hit in found:
            hit.quoted = any(start <= hit.start and hit.end <= end for start, end in quotes)
    found.sort(key=READING_ORDER)
    return found


def _hits_by_words(tokens: Sequence[Token], book: Lexicon) -> list[Hit]:
    found: list[Hit] = []
    swallowed = -1
    begun = book.begun
    final = len(tokens) - 1
    for place, token in enumerate(tokens):
        word = token.text
        beginnings = begun.get(word, UNKNOWN)
        if beginnings is UNKNOWN:
            beginnings = book.beginning_with(word)
        if beginnings is None:
            continue
        following = book.readings_of(tokens[place + 1].text) if place < final else ()
        for entry in beginnings.before(following):
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
                            False,
                            entry.gapped,
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
            readings = book.readings_of(tokens[candidate].text)
            if wanted in readings or (stem and any(r.startswith(wanted) for r in readings)):
                at = candidate
                break
        else:
            return None
        gap = 0
    return at


def _hits_by_letters(body: str, book: Lexicon) -> list[Hit]:
    found: list[Hit] = []
    if book.language == "zh":
        body = body.translate(simplified())
    swallowed = 0
    for place, entry in _heads(body, book):
        if place < swallowed:
            continue
        head = entry.words[0][0]
        end = _last_letter(body, place + len(head), entry)
        if end is None:
            continue
        if "_" in entry.concepts:
            swallowed = end
            continue
        for concept in entry.concepts:
            found.append(Hit(concept, 0, 0, place, end, book.language, entry.negated))
    return found


def _heads(body: str, book: Lexicon) -> Iterator[tuple[int, Entry]]:
    """Each entry whose beginning stands at a place, place by place, the longest first."""
    lengths, heads = book.head_lengths, book.heads
    for place, letter in enumerate(body):
        # Longer heads are filed under two letters, lone ones under their own.
        for filed in (lengths.get(body[place : place + 2]), lengths.get(letter)):
            for length in filed or ():
                for entry in heads.get(body[place : place + length], ()):
                    yield place, entry


def _last_letter(body: str, end: int, entry: Entry) -> int | None:
    for wanted, _ in entry.words[1:]:
        if wanted == "..":
            continue
        at = body.find(wanted, end, end + _LETTER_GAP + len(wanted))
        if at < 0:
            return None
        end = at + len(wanted)
    return end
