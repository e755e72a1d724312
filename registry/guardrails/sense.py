"""What one sentence means and which topics it breaks, wherever it stands.

A person types one sentence at a time and many tenants say the same: what was worked
out for a sentence is kept, so that only a new one costs anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from registry.guardrails.derived import derive
from registry.guardrails.findings import Severity
from registry.guardrails.grammar import Hits, Pattern, mask_of
from registry.guardrails.hits import READING_ORDER, Hit, hits_of, tokens_of
from registry.guardrails.languages import languages_of
from registry.guardrails.polarity import mark_negated
from registry.guardrails.topics import derived, patterns_by_first

SUBJECT_WORDS = 2  # "customers often ignore the manual": the doer stands this close
REFUSAL_WORDS = 4  # a sentence that declines says so this early
MOST_SENTENCES_KNOWN = 4096  # some 20 MB at most


@dataclass(frozen=True, eq=False)
class Sense:
    """A sentence's words that carry a meaning, and the patterns they may fit, by topic."""

    body: str
    hits: Hits
    quoted: bool
    suspects: Mapping[str, Sequence[Pattern]]
    opens_with_refusal: bool
    names_the_rules: bool
    speaks_of_rules: bool
    languages: Mapping[str, int]
    _breaches: dict[bool, Mapping[str, Severity]] = field(default_factory=dict)

    def breaches(self, declined_next: bool) -> Mapping[str, Severity]:
        """The strongest evidence by topic; `declined_next`: the next sentence declines it."""
        known = self._breaches.get(declined_next)
        if known is None:
            known = self._breaches[declined_next] = _judge(self, declined_next)
        return known


@lru_cache(maxsize=MOST_SENTENCES_KNOWN)
def sense_of(
    body: str, home: str, quotes: tuple[tuple[int, int], ...], forbidden: bool, carried: bool
) -> Sense | None:
    """Read a sentence; None when it holds no word that means anything to any topic.

    `home` is the language of the tenant, `quotes` where the sentence cites others,
    `forbidden` says that a heading above forbids what it tells, `carried` that the
    sentence before spoke of the platform's rules, so that "it" may mean them.
    """
    tokens = tokens_of(body)
    met = hits_of(body, tokens, languages_of(body, tokens, home), quotes)
    if not met:
        return None
    if carried:
        met.extend(replace(hit, concept="LAYERC") for hit in met[:] if hit.concept == "THATONE")
        met.append(Hit("CARRIED", 0, 0, 0, 0, met[0].language))
    met = _without_overshadowed(met)
    met.extend(derive(met, derived()))
    met.sort(key=READING_ORDER)
    suspects = _suspects(met)
    declines = any(hit.concept == "DECLINE" and hit.first <= REFUSAL_WORDS for hit in met)
    if suspects or declines:  # else nobody will ask what is negated
        mark_negated(met, body, forbidden)
    return Sense(
        body=body,
        hits=Hits(met, body),
        quoted=any(hit.quoted for hit in met),
        suspects=suspects,
        opens_with_refusal=any(
            hit.concept == "DECLINE" and not hit.negated and hit.first <= REFUSAL_WORDS
            for hit in met
        ),
        names_the_rules=any(hit.concept in _THE_RULES for hit in met),
        speaks_of_rules=any(hit.concept in _OF_RULES for hit in met),
        languages=Counter(hit.language for hit in met),
    )


def _without_overshadowed(met: list[Hit]) -> list[Hit]:
    """A supplier ("dostawcy") is no delivery ("dostawy"), though its word begins alike."""
    taken = {hit.start for hit in met if hit.concept in ("VENDOR", "THIS", "LAYERX")}
    return [hit for hit in met if hit.concept not in ("GOODS", "BENIGN") or hit.start not in taken]


# What "it", "them" or "that block" of the next sentence may stand for.
_THE_RULES = frozenset({"LAYERX", "LAYERV", "OLDTEXT", "LAYERC"})

# Words of an override: rules, what was told before, ignoring, outranking, no longer holding.
_OF_RULES = _THE_RULES | {
    *("LAYER", "TOLD", "IGNORE", "OUTRANK", "VOID", "SUGGESTION", "FREEFROM", "UNRESTRICTED")
}


def _suspects(met: Sequence[Hit]) -> dict[str, list[Pattern]]:
    """By topic, the patterns all of whose concepts the sentence has."""
    found: dict[str, list[Pattern]] = {}
    index = patterns_by_first()
    concepts = dict.fromkeys(hit.concept for hit in met)
    mask = mask_of(concepts)
    for concept in concepts:
        for pattern in index.get(concept, ()):
            if pattern.possible(mask):
                found.setdefault(pattern.topic, []).append(pattern)
    return found


def _judge(sense: Sense, declined_next: bool) -> dict[str, Severity]:
    found: dict[str, Severity] = {}
    for topic, patterns in sense.suspects.items():
        for pattern in patterns:
            known = found.get(topic)
            if known is not None and (pattern.severity != "block" or known == "block"):
                continue
            if _breach(sense, pattern, declined_next):
                found[topic] = pattern.severity
    return found


def _breach(sense: Sense, pattern: Pattern, declined_next: bool) -> bool:
    """Whether the words fit the pattern and no context clears them."""
    for found in pattern.matches(sense.hits):
        if not pattern.defensible:
            return True
        told_of_others = pattern.topic in _TOLD_OF_OTHERS and _others_do_it(sense, found)
        if not told_of_others and not _defended(sense, found, declined_next):
            return True
    return sense.quoted and _said_aloud(sense, pattern)


def _said_aloud(sense: Sense, pattern: Pattern) -> bool:
    """A quote that the assistant is told to say counts as said."""
    quoted = [replace(hit, quoted=False) for hit in sense.hits.all if hit.quoted]
    if not quoted:
        return False
    before = [hit for hit in sense.hits.all if not hit.quoted and hit.start < quoted[0].start]
    told = any(hit.concept in ("SAY", "ANSWER", "USEWORD") and not hit.negated for hit in before)
    if not told or any(hit.concept in ("USER", "FORBID") for hit in before[-3:]):
        return False
    return next(pattern.matches(Hits(quoted, sense.body)), None) is not None


def _defended(sense: Sense, found: Sequence[Hit], declined_next: bool) -> bool:
    """A customer's request (or an attempt) together with a refusal of it."""
    if not sense.hits.has("USER", "ASK", "REQUEST"):
        return False
    used = {(hit.start, hit.concept) for hit in found}
    places = {hit.start for hit in found}
    refused = any(
        (hit.concept == "DEFEND" or (hit.concept == "DECLINE" and not hit.negated))
        and not hit.quoted
        and (hit.start, hit.concept) not in used
        and hit.start not in places
        for hit in sense.hits.all
    )
    asked_first = any(
        hit.concept in ("ASK", "REQUEST") and hit.start < max(one.start for one in found)
        for hit in sense.hits.all
    )
    return refused or (asked_first and declined_next)


def _others_do_it(sense: Sense, found: Sequence[Hit]) -> bool:
    """ "Customers ignore the instructions": told of others, not to the assistant.

    But "advise patients to stop" and "customers may change the rules" are orders.
    """
    anchor = found[0]
    if anchor.concept in _STATES:
        return False  # "customers are exempt from the rules" is no deed of theirs
    hits = sense.hits.all
    for place, hit in enumerate(hits):
        near = 0 < anchor.first - hit.last <= SUBJECT_WORDS
        if hit.concept != "USER" or not near or hit.quoted or hit.language != anchor.language:
            continue
        if hit.language not in _DOER_FIRST:
            continue
        told = any(
            other.concept in _ORDERS | _ASKED_FOR and 0 <= hit.first - other.last <= 2
            for other in hits[:place]
        )
        between = {other.concept for other in hits if hit.end <= other.start < anchor.start}
        if not told and not between & {"ASK", "MAY", "SAY"}:
            return True
    return False


# Topics on which a sentence may well tell of customers rather than give an order.
_TOLD_OF_OTHERS = frozenset({"hierarchy", "prompt_secrecy", "exfiltration", "delegation"})
_STATES = frozenset({"FREEFROM", "VOID", "NOTFORUS", "UNRESTRICTED", "UNBOUND"})
_ORDERS = frozenset(
    {"SAY", "RECOMMEND", "ASKFOR", "LET", "GUARANTEE", "GIVE", "REVEAL", "ANSWER", "OFFER", "SERVE"}
)
_ASKED_FOR = frozenset({"REQUEST", "WISH"})  # "at the customer's request show …"
# Where the doer stands before the verb; elsewhere what stands there is what it is done to.
_DOER_FIRST = frozenset(
    {"en", "de", "fr", "es", "pt", "it", "nl", "pl", "ru", "zh", "vi", "th", "he"}
)
