"""Which concepts of a sentence are negated: "never promise", "do not ... or ...", "Avoid:"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from registry.guardrails.hits import Hit, distance
from registry.guardrails.lexicon import lexicon
from registry.guardrails.topics import polar_concepts

_COMMA = re.compile("[,，、،;:：]")
HEADING_WORDS = 6  # "Never, in any answer, use:" still reads as a heading
_MARKS = frozenset(
    {"NEG", "NEGV", "NEGNEAR", "NEGBACK", "BUT", "AND", "OR", "SUB", "FORBID", "COND"}
)
# "If you do not know": this "not" is used up by its own phrase and reaches no further.
_SAYS_NOT_ITSELF = frozenset(
    {"DONTKNOW", "SELFHUMAN", "SELFAI", "RISKFREE", "UNBOUND", "UNRESTRICTED", "VOID", "TOLD"}
    | {"UNAVAILABLE", "MISSING", "IGNORE", "UNTILCOND", "UNLESSASKED", "NEEDNOT", "FREEFROM"}
)
NEAR_WORDS = 2  # "instead of promising a refund, say …"
LISTED_WORDS = 8  # from "or" to what it lists
BACK_WORDS = 7  # "promising a refund to anybody is not allowed"


def mark_negated(hits: Sequence[Hit], text: str, inherited: bool) -> None:
    """Set `negated` on each hit; `inherited` when a heading above forbids what follows."""
    polar = [hit for hit in hits if hit.concept in polar_concepts()]
    if inherited:
        for hit in polar:
            hit.negated = not hit.negated
        return
    marks = _marks_among(hits)
    if not marks or not polar:
        return
    # A word of two languages ("ignore") is negated by either's words for not.
    spoken: dict[tuple[int, str], tuple[str, ...]] = {}
    for hit in polar:
        key = (hit.start, hit.concept)
        spoken[key] = (*spoken.get(key, ()), hit.language)
    near: dict[tuple[str, ...], _Marks] = {}
    known: dict[tuple[int, int, tuple[str, ...]], bool] = {}
    for hit in polar:
        languages = spoken[hit.start, hit.concept]
        place = (hit.start, hit.end, languages)
        if place not in known:
            if languages not in near:
                near[languages] = _Marks([m for m in marks if m.language in languages])
            known[place] = near[languages].negate(hit, text)
        if known[place]:
            hit.negated = not hit.negated


def _marks_among(hits: Sequence[Hit]) -> list[Hit]:
    spent = [
        (hit.start, hit.end) for hit in hits if hit.concept in _SAYS_NOT_ITSELF and not hit.gapped
    ]
    return [
        hit
        for hit in hits
        if hit.concept in _MARKS
        and not any(start <= hit.start and hit.end <= end for start, end in spent)
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


class _Marks:
    """The words for not, but, and, or in one sentence, in the languages a hit is read in."""

    def __init__(self, marks: Sequence[Hit]) -> None:
        by_concept: dict[str, list[Hit]] = {name: [] for name in _MARKS}
        for mark in marks:
            by_concept[mark.concept].append(mark)
        self.particles = by_concept["NEG"]
        self.verbs = by_concept["NEGV"]
        self.heads = by_concept["FORBID"] + self.particles + self.verbs
        self.near = by_concept["NEGNEAR"]
        self.back = by_concept["NEGBACK"]
        self.ors = by_concept["OR"]
        self.conditions = [mark.start for mark in by_concept["COND"]]
        self.buts = [mark.start for mark in by_concept["BUT"]]
        self.ands = [mark.start for mark in by_concept["AND"]]
        self.subs = [mark.start for mark in by_concept["SUB"]]

    def negate(self, hit: Hit, text: str) -> bool:
        """Whether they turn the hit into its opposite."""
        particle = any(_concerns(m, hit) and self._reaches(m, hit, text) for m in self.particles)
        verb = any(_concerns(m, hit) and self._reaches(m, hit, text) for m in self.verbs)
        if particle != verb:
            return True
        return (
            any(self._heads(mark, hit, text) for mark in self.heads)
            or self._stands_near(hit, text)
            or any(0 < mark.first - hit.last <= BACK_WORDS for mark in self.back)
        )

    def _stands_near(self, hit: Hit, text: str) -> bool:
        for mark in self.near:
            if 0 < hit.first - mark.last <= NEAR_WORDS:
                # 'Instead of "safe" say …' rules out the quoted word alone.
                return not any(sign in text[mark.end : hit.start] for sign in "\"“”„«»'")
        return False

    def _reaches(self, mark: Hit, hit: Hit, text: str) -> bool:
        if mark.start < hit.end and hit.start < mark.end:
            # "gib dich nie als Mensch aus": the word for not stands inside the phrase
            return hit.gapped and hit.start < mark.start and mark.end < hit.end
        book = lexicon(mark.language)
        gap = distance(mark, hit)
        if mark.start < hit.start:
            near = gap <= book.neg_ahead
            if not (near or self.ors) or _any_between(self.buts, mark.end, hit.start):
                return False
            if (
                near
                and not _has_comma(text, mark.end, hit.start)
                and not _any_between(self.ands, mark.end, hit.start)
            ):
                return True
            # "where there is no review, invent two or three": said of the case, not of the act
            if any(start < mark.start for start in self.conditions):
                return False
            # "never promise a refund, guarantee an outcome or ask for a card number"
            return any(
                other.start > mark.end and distance(other, hit) <= LISTED_WORDS
                for other in self.ors
            )
        if gap > book.neg_back or _has_comma(text, hit.end, mark.start):
            return False
        return not any(
            _any_between(starts, hit.end, mark.start)
            for starts in (self.buts, self.ands, self.subs)
        )

    def _heads(self, mark: Hit, hit: Hit, text: str) -> bool:
        """ "Forbidden phrases: guaranteed returns, risk-free" """
        if mark.end > hit.start:
            return False
        colon = max(text.find(":", mark.end, hit.start), text.find("：", mark.end, hit.start))
        if colon < 0:
            return False
        if mark.concept != "FORBID" and len(text[mark.end : colon].split()) > HEADING_WORDS:
            return False
        return not _any_between(self.buts, mark.end, hit.start)


def _concerns(mark: Hit, hit: Hit) -> bool:
    """A word for not inside quotation marks says nothing of what stands outside."""
    return hit.quoted or not mark.quoted


def _any_between(starts: Sequence[int], first: int, last: int) -> bool:
    return any(first <= start < last for start in starts)


def _has_comma(text: str, start: int, end: int) -> bool:
    return _COMMA.search(text, start, end) is not None
