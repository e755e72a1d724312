"""Read a text once, sentence by sentence, for every check that needs its meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from registry.guardrails.grammar import Pattern, mask_of
from registry.guardrails.hits import Hit, hits_of, tokens_of
from registry.guardrails.languages import languages_of
from registry.guardrails.polarity import forbids_what_follows, mark_negated
from registry.guardrails.sentences import Sentence, quoted_spans, sentences_of
from registry.guardrails.text_view import View
from registry.guardrails.topics import patterns_by_first

SUBJECT_WORDS = 2  # "customers often ignore the manual": the doer stands this close
WHOLE_QUOTE = 0.7  # a sentence quoted by this share says it, it does not cite it
LISTED_LINE = 60  # characters; a longer line below a heading is a sentence of its own


@dataclass(frozen=True, slots=True)
class Reading:
    """One sentence with its concepts."""

    sentence: Sentence
    hits: tuple[Hit, ...]
    present: frozenset[str]
    mask: int
    quoted: bool = False
    next_declines: bool = False


def read(view: View, locale: str | None) -> list[Reading]:
    """All sentences with the concepts they hold; those without any are left out."""
    quotes = quoted_spans(view.text)
    readings: list[Reading] = []
    forbidding = False
    for sentence in sentences_of(view.text):
        if sentence.blank_before and not sentence.bullet:
            forbidding = False
        reading = _read_sentence(view.text, sentence, quotes, locale, forbidding)
        listed = sentence.bullet or sentence.end - sentence.start <= LISTED_LINE
        if sentence.opens_list:
            colon = sentence.start + max(
                view.text[sentence.start : sentence.end].rfind(":"),
                view.text[sentence.start : sentence.end].rfind("："),
            )
            forbidding = forbids_what_follows(reading.hits, colon)
        elif not listed:
            forbidding = False
        readings.append(reading)
    return [
        replace(one, next_declines=_opens_with_refusal(after))
        for one, after in zip_longest(readings, readings[1:])
        if one.hits
    ]


def _read_sentence(
    text: str,
    sentence: Sentence,
    quotes: Sequence[tuple[int, int]],
    locale: str | None,
    forbidding: bool,
) -> Reading:
    tokens = tokens_of(text, sentence)
    spoken = languages_of(text[sentence.start : sentence.end], tokens, locale)
    inside = [span for span in quotes if span[0] < sentence.end and sentence.start < span[1]]
    if _wholly_quoted(sentence, inside):
        inside = []
    hits = hits_of(text, sentence, tokens, spoken, inside)
    inherited = forbidding and (sentence.bullet or sentence.end - sentence.start <= LISTED_LINE)
    mark_negated(hits, text, inherited)
    present = frozenset(hit.concept for hit in hits)
    return Reading(
        sentence,
        tuple(hits),
        present,
        mask_of(present),
        quoted=any(hit.quoted for hit in hits),
    )


def _wholly_quoted(sentence: Sentence, quotes: Sequence[tuple[int, int]]) -> bool:
    covered = sum(min(end, sentence.end) - max(start, sentence.start) for start, end in quotes)
    return covered >= WHOLE_QUOTE * (sentence.end - sentence.start)


def _opens_with_refusal(reading: Reading | None) -> bool:
    if reading is None:
        return False
    return any(
        hit.concept == "DECLINE" and not hit.negated and hit.first <= 4 for hit in reading.hits
    )


def suspects(reading: Reading) -> dict[str, list[Pattern]]:
    """By topic, the patterns all of whose concepts the sentence has."""
    found: dict[str, list[Pattern]] = {}
    index = patterns_by_first()
    for concept in reading.present:
        for pattern in index.get(concept, ()):
            if pattern.possible(reading.mask):
                found.setdefault(pattern.topic, []).append(pattern)
    return found


def breach(reading: Reading, pattern: Pattern) -> tuple[Hit, ...] | None:
    """The words with which a sentence breaks a pattern, or None where context clears it."""
    for found in pattern.matches(reading.hits, reading.mask):
        if not pattern.defensible:
            return found
        told_of_others = pattern.topic in _TOLD_OF_OTHERS and _others_do_it(reading, found)
        if not told_of_others and not _defended(reading, found):
            return found
    return _said_aloud(reading, pattern) if reading.quoted else None


def _said_aloud(reading: Reading, pattern: Pattern) -> tuple[Hit, ...] | None:
    """A quote that the assistant is told to say counts as said."""
    quoted = [replace(hit, quoted=False) for hit in reading.hits if hit.quoted]
    if not quoted:
        return None
    before = [hit for hit in reading.hits if not hit.quoted and hit.start < quoted[0].start]
    told = any(hit.concept in ("SAY", "ANSWER", "USEWORD") and not hit.negated for hit in before)
    if not told or any(hit.concept in ("USER", "FORBID") for hit in before[-3:]):
        return None
    return next(pattern.matches(quoted, mask_of(hit.concept for hit in quoted)), None)


def _defended(reading: Reading, found: Sequence[Hit]) -> bool:
    """A customer's request (or an attempt) together with a refusal of it."""
    if not {"USER", "ASK", "REQUEST"} & reading.present:
        return False
    used = {(hit.start, hit.concept) for hit in found}
    places = {hit.start for hit in found}
    refused = any(
        hit.concept == "DECLINE"
        and not hit.negated
        and not hit.quoted
        and (hit.start, hit.concept) not in used
        and hit.start not in places
        for hit in reading.hits
    )
    asked_first = any(
        hit.concept in ("ASK", "REQUEST") and hit.start < max(one.start for one in found)
        for hit in reading.hits
    )
    return refused or (asked_first and reading.next_declines)


def _others_do_it(reading: Reading, found: Sequence[Hit]) -> bool:
    """ "Customers ignore the instructions": told of others, not to the assistant.

    But "advise patients to stop" and "customers may change the rules" are orders.
    """
    anchor = found[0]
    for place, hit in enumerate(reading.hits):
        near = 0 < anchor.first - hit.last <= SUBJECT_WORDS
        if hit.concept != "USER" or not near or hit.quoted or hit.language != anchor.language:
            continue
        if hit.language not in _DOER_FIRST:
            continue
        told = any(
            other.concept in _ORDERS and 0 <= hit.first - other.last <= 2
            for other in reading.hits[:place]
        )
        between = {other.concept for other in reading.hits if hit.end <= other.start < anchor.start}
        if not told and not between & {"ASK", "MAY", "SAY"}:
            return True
    return False


# Topics on which a sentence may well tell of customers rather than give an order.
_TOLD_OF_OTHERS = frozenset({"hierarchy", "prompt_secrecy", "exfiltration", "delegation"})
_ORDERS = frozenset(
    {"SAY", "RECOMMEND", "ASKFOR", "LET", "GUARANTEE", "GIVE", "REVEAL", "ANSWER", "OFFER", "SERVE"}
)
# Where the doer stands before the verb; elsewhere what stands there is what it is done to.
_DOER_FIRST = frozenset(
    {"en", "de", "fr", "es", "pt", "it", "nl", "pl", "ru", "zh", "vi", "th", "he", "ar"}
)
