"""Which of a customer's wishes a suite speaks of at all. A rule of thumb, told on its page. Pure.

A slot of an overlay counts as tested where, among the cases its variants are asked,

1. a case carries the slot's name as a tag, or
2. an expectation is of the kind the slot is about (`language` for a language slot …), or
3. an expectation speaks of a phrase that the slot quotes (“basket”), or, where it quotes none,
   a case of the customer's own slice expects one of its telling words.

That a case speaks of a wish does not mean that it tests it well; that none does is certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SHORTEST_WORD = 5
"""Letters of a telling word; shorter ones are small words in most languages."""

KINDRED = {
    "language": {"language"},
    "citation": {"citation_present"},
    "refusal": {"refusal", "non_refusal"},
    "word_limit": {"length"},
    "length": {"length"},
    "json": {"json_valid", "json_schema"},
}
"""Part of a slot's name -> scorers that are about just that."""

COMMON = frozenset(
    (
        *("about", "after", "again", "always", "answer", "answers", "before", "being", "could"),
        *("every", "first", "given", "their", "there", "these", "thing", "those", "using"),
        *("where", "which", "while", "within", "without", "would", "never", "offer", "other"),
        *("please", "reply", "replies", "should", "customer", "customers", "reader", "readers"),
        *("write", "writing", "words", "short", "sentence", "sentences"),
    )
)
"""Words of five letters or more that instructions are full of: they tell nothing of one wish."""

_QUOTED = re.compile(r"[“\"«„]([^”\"»“\n]{2,80})[”\"»“]|(?<!\w)['‘]([^'’\n]{2,80})['’](?!\w)")
_WORD = re.compile(rf"[^\W\d_]{{{SHORTEST_WORD},}}")
_LIMIT = re.compile(r"\d+ (?:words|characters|sentences|W[öo]rter|Zeichen|mots|palabras|parole)\b")
_LONGEST = 20_000


@dataclass(frozen=True)
class Asked:
    """One case as far as wishes go. `own`: it stands in the customer's own slice."""

    key: str
    tags: frozenset[str]
    scorers: frozenset[str]
    said: str
    own: bool


@dataclass(frozen=True)
class Promise:
    """One slot that a customer filled in, and the cases that speak of it."""

    slot: str
    text: str
    cases: tuple[str, ...]
    silent: tuple[str, ...] = ()

    @property
    def is_tested(self) -> bool:
        """Whether any case speaks of it."""
        return bool(self.cases)


def asked(case: Mapping[str, Any], *, own: bool) -> Asked:
    """A case of the shape of `clean_case` as far as wishes go."""
    expectations = case["expectations"]
    texts = (text for one in expectations for text in _texts(one) if text != one.get("scorer"))
    return Asked(
        case["key"], frozenset(_folded_name(tag) for tag in case["tags"]),
        frozenset(str(one.get("scorer")) for one in expectations),
        "\n".join(texts)[:_LONGEST].casefold(), own,
    )  # fmt: skip


def promises(values: Mapping[str, str], cases: Sequence[Asked]) -> list[Promise]:
    """Every slot that says something, with the cases that speak of it, in the slots' order."""
    return [_promise(slot, text, cases) for slot, text in values.items() if text.strip()]


def _promise(slot: str, text: str, cases: Sequence[Asked]) -> Promise:
    name = _folded_name(slot)
    about = f"{slot} length" if _LIMIT.search(text[:_LONGEST]) else slot
    kindred = frozenset(one for part, kinds in KINDRED.items() if part in about for one in kinds)
    phrases = list(dict.fromkeys(quoted(text)))
    words = set() if phrases else telling_words(text)
    spoken: set[str] = set()
    found = []
    for case in cases:
        said = {phrase for phrase in phrases if phrase in case.said}
        spoken |= said
        speaks = name in case.tags or kindred & case.scorers or said
        if speaks or (case.own and not words.isdisjoint(_words(case.said))):
            found.append(case.key)
    silent = tuple(phrase for phrase in phrases if phrase not in spoken)
    return Promise(slot, text, tuple(found), silent)


def quoted(text: str) -> Iterator[str]:
    """The phrases a text quotes, folded."""
    for double, single in _QUOTED.findall(text[:_LONGEST]):
        phrase = (double or single).strip().casefold()
        if phrase:
            yield phrase


def telling_words(text: str) -> set[str]:
    """The words of a text that are long and not in every instruction, folded."""
    return _words(text[:_LONGEST].casefold()) - COMMON


def _words(folded: str) -> set[str]:
    return set(_WORD.findall(folded))


def _folded_name(name: str) -> str:
    return name.casefold().replace("_", "-").replace(" ", "-")


def _texts(value: Any) -> Iterable[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
