"""Which concepts of a sentence are negated: "never promise", "do not ... or ...", "Avoid:"."""

from __future__ import annotations

from collections.abc import Sequence

from registry.guardrails.grammar import distance
from registry.guardrails.hits import Hit
from registry.guardrails.lexicon import lexicon
from registry.guardrails.topics import polar_concepts

HEADING_WORDS = 6  # "Never, in any answer, use:" still reads as a heading
_MARKS = frozenset({"NEG", "NEGV", "NEGNEAR", "NEGBACK", "BUT", "AND", "OR", "SUB", "FORBID"})
# "If you do not know": this "not" is used up by its own phrase and reaches no further.
_SAYS_NOT_ITSELF = frozenset(
    {"DONTKNOW", "SELFHUMAN", "SELFAI", "RISKFREE", "UNBOUND", "UNRESTRICTED", "VOID", "TOLD"}
    | {"UNAVAILABLE", "MISSING", "IGNORE", "UNTILCOND", "UNLESSASKED", "NEEDNOT"}
)
NEAR_WORDS = 2  # "instead of promising a refund, say …"
BACK_WORDS = 7  # "promising a refund to anybody is not allowed"


def mark_negated(hits: Sequence[Hit], text: str, inherited: bool) -> None:
    """Set `negated` on each hit; `inherited` when a heading above forbids what follows."""
    spent = [
        (hit.start, hit.end) for hit in hits if hit.concept in _SAYS_NOT_ITSELF and not hit.gapped
    ]
    marks = [
        hit
        for hit in hits
        if hit.concept in _MARKS
        and not any(start <= hit.start and hit.end <= end for start, end in spent)
    ]
    if not marks and not inherited:
        return
    # A word of two languages ("ignore") is negated by either's words for not.
    spoken: dict[tuple[int, str], list[str]] = {}
    for hit in hits:
        spoken.setdefault((hit.start, hit.concept), []).append(hit.language)
    known: dict[tuple[int, int, str], bool] = {}
    for hit in hits:
        if hit.concept not in polar_concepts():
            continue
        languages = spoken[hit.start, hit.concept]
        key = (hit.start, hit.end, ",".join(languages))
        if key not in known:
            near = [mark for mark in marks if mark.language in languages]
            known[key] = inherited or _negated(hit, near, text)
        if known[key]:
            hit.negated = not hit.negated


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


def _negated(hit: Hit, marks: Sequence[Hit], text: str) -> bool:
    particle = any(mark.concept == "NEG" and _reaches(mark, hit, marks, text) for mark in marks)
    verb = any(mark.concept == "NEGV" and _reaches(mark, hit, marks, text) for mark in marks)
    if particle != verb:
        return True
    for mark in marks:
        if mark.concept in ("FORBID", "NEG", "NEGV") and _heads(mark, hit, marks, text):
            return True
        if mark.concept == "NEGNEAR" and 0 < hit.first - mark.last <= NEAR_WORDS:
            # 'Instead of "safe" say …' rules out the quoted word alone.
            return not any(sign in text[mark.end : hit.start] for sign in "\"“”„«»'")
        if mark.concept == "NEGBACK" and 0 < mark.first - hit.last <= BACK_WORDS:
            return True
    return False


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
