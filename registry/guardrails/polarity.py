"""Which concepts of a sentence are negated: "never promise", "do not ... or ...", "Avoid:"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from registry.guardrails.grammar import distance
from registry.guardrails.hits import Hit
from registry.guardrails.lexicon import lexicon

HEADING_WORDS = 6  # "Never, in any answer, use:" still reads as a heading
_MARKS = frozenset({"NEG", "NEGV", "NEGBACK", "BUT", "AND", "OR", "SUB", "FORBID"})
BACK_WORDS = 7  # "promising a refund to anybody is not allowed"


def with_polarity(hits: Sequence[Hit], text: str, inherited: bool) -> list[Hit]:
    """The hits with `negated` set; `inherited` when a heading above forbids what follows."""
    marks = [hit for hit in hits if hit.concept in _MARKS]
    if not marks and not inherited:
        return list(hits)
    spoken: dict[tuple[int, str], set[str]] = {}
    for hit in hits:
        spoken.setdefault((hit.start, hit.concept), set()).add(hit.language)
    return [
        hit
        if hit.concept in _MARKS
        else _with_own(hit, marks, text, inherited, spoken[hit.start, hit.concept])
        for hit in hits
    ]


def forbids_what_follows(hits: Sequence[Hit], colon: int) -> bool:
    """Whether the words before a colon make it a list of things not to do."""
    before = [hit for hit in hits if hit.end <= colon]
    if any(hit.concept == "COND" for hit in before):
        return False
    if any(hit.concept == "FORBID" for hit in before):
        return True
    last = max((hit.last for hit in before), default=0.0)
    return any(
        hit.concept in ("NEG", "NEGV") and last - hit.last <= HEADING_WORDS for hit in before
    )


def _with_own(
    hit: Hit, marks: Sequence[Hit], text: str, inherited: bool, spoken: set[str]
) -> Hit:
    """A word of two languages ("ignore") is negated by either's words for not."""
    marks = [mark for mark in marks if mark.language in spoken]
    particle = any(mark.concept == "NEG" and _reaches(mark, hit, marks, text) for mark in marks)
    verb = any(mark.concept == "NEGV" and _reaches(mark, hit, marks, text) for mark in marks)
    listed = any(
        mark.concept in ("FORBID", "NEG", "NEGV") and _heads(mark, hit, marks, text)
        for mark in marks
    )
    ruled_out = any(
        mark.concept == "NEGBACK" and 0 < mark.first - hit.last <= BACK_WORDS for mark in marks
    )
    negated = (particle != verb) or listed or inherited or ruled_out
    return replace(hit, negated=hit.negated != negated) if negated else hit


def _reaches(mark: Hit, hit: Hit, marks: Sequence[Hit], text: str) -> bool:
    if mark.start < hit.end and hit.start < mark.end:
        # "gib dich nie als Mensch aus": the word for not stands inside the phrase
        return hit.gapped and hit.start < mark.start and mark.end < hit.end
    book = lexicon(mark.language)
    gap = distance(mark, hit)
    if mark.start < hit.start:
        between = text[mark.end : hit.start]
        if _broken(mark.end, hit.start, marks, ("BUT",)):
            return False
        near = gap <= book.neg_ahead and not _has_comma(between)
        if near and not _broken(mark.end, hit.start, marks, ("AND",)):
            return True
        # "never promise a refund, guarantee an outcome or ask for a card number"
        return mark.concept != "COND" and _listed_with_or(mark, hit, marks)
    if gap > book.neg_back:
        return False
    between = text[hit.end : mark.start]
    return not _has_comma(between) and not _broken(
        hit.end, mark.start, marks, ("BUT", "AND", "SUB")
    )


def _listed_with_or(mark: Hit, hit: Hit, marks: Sequence[Hit]) -> bool:
    return any(
        other.concept == "OR" and other.start > mark.end and distance(other, hit) <= 8
        for other in marks
    )


def _heads(mark: Hit, hit: Hit, marks: Sequence[Hit], text: str) -> bool:
    """ "Forbidden phrases: guaranteed returns, risk-free" """
    if mark.end > hit.start:
        return False
    between = text[mark.end : hit.start]
    colon = max(between.find(":"), between.find("："))
    if colon < 0 or (mark.concept != "FORBID" and len(between[:colon].split()) > HEADING_WORDS):
        return False
    return not _broken(mark.end, hit.start, marks, ("BUT",))


def _broken(start: int, end: int, marks: Sequence[Hit], kinds: tuple[str, ...]) -> bool:
    return any(mark.concept in kinds and start <= mark.start < end for mark in marks)


def _has_comma(text: str) -> bool:
    return any(sign in text for sign in ",，、،;:：")
