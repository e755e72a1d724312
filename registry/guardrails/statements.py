"""What a text states, sentence by sentence, in the form two texts are compared in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from registry.guardrails.findings import Span
from registry.guardrails.lexicon import DATA
from registry.guardrails.sense import sense_of
from registry.guardrails.sentences import quoted_spans, sentences_of
from registry.guardrails.text_view import WORD, bare, view_of

MOST_TEXTS_KNOWN = 512  # a base and its slots are asked for at every key that is pressed
STEM = 6  # letters that tell most verbs and nouns apart whatever their ending
_CLAUSE = re.compile(
    r"[,;:，、；：]|\bbut\b|\baber\b|\bmais\b|\bpero\b|\bma\b|\bmaar\b|\bale\b|\bно\b"
)
_FULL_STOPS = frozenset(".!?。！？।…")
_QUOTED_PART = re.compile(r"[\"“„«].*?[\"”“»]")


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence between commas: its content words, and whether it says not."""

    stems: frozenset[str]
    negative: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence: where it stands in its text, as written and as compared."""

    span: Span
    quote: str
    plain: str
    clauses: tuple[Clause, ...]
    languages: frozenset[str]
    limits: tuple[tuple[str, int], ...]
    styles: frozenset[tuple[str, int]]


@lru_cache(maxsize=MOST_TEXTS_KNOWN)
def statements(text: str, home: str) -> tuple[Statement, ...]:
    """The sentences of a text that hold a word; `home` is the language it is likely in."""
    view = view_of(text)
    quotes = quoted_spans(view.text)
    found: list[Statement] = []
    for sentence in sentences_of(view.text):
        body = view.text[sentence.start : sentence.end]
        words = WORD.findall(body)
        # A list of phrases states nothing: it is about the words themselves.
        if not words or any(a <= sentence.start and sentence.end <= b for a, b in quotes):
            continue
        shift = len(body) - len(body.lstrip())
        last = sentence.start + len(body.rstrip())
        start, end = view.span(sentence.start + shift, last)
        if text[end : end + 1] in _FULL_STOPS:
            end += 1
        said = _QUOTED_PART.sub(" ", body)
        found.append(
            Statement(
                span=(start, end),
                quote=text[start:end],
                plain=" ".join(words),
                clauses=tuple(_clauses(said, home)),
                languages=_languages(said),
                limits=tuple(_limits(said)),
                styles=frozenset(_styles(said)),
            )
        )
    return tuple(found)


@cache
def _data() -> dict[str, Any]:
    return dict(json.loads((DATA / "opposites.json").read_text(encoding="utf-8")))


@cache
def _pattern(key: str, *path: str) -> re.Pattern[str]:
    """One expression for a list of words; `*` ends a stem."""
    words = _data()[key]
    for step in path:
        words = words[int(step) if isinstance(words, list) else step]
    parts = (re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else "") for word in words)
    return re.compile(r"(?<!\w)(?:" + "|".join(parts) + r")(?!\w)")


@cache
def _idle() -> frozenset[str]:
    return frozenset(_data()["idle"])


def _clauses(body: str, home: str) -> Iterator[Clause]:
    for part in _CLAUSE.split(body):
        words = (bare(word) for word in WORD.findall(part))
        stems = frozenset(word[:STEM] for word in words if len(word) > 2 and word not in _idle())
        if stems:
            yield Clause(stems, _says_not(part, home))


def _says_not(part: str, home: str) -> bool:
    sense = sense_of(part, home, (), False, False)
    marks = {hit.start for hit in sense.hits.all if hit.concept in _NOT} if sense else set()
    return len(marks) % 2 == 1


_NOT = frozenset({"NEG", "NEGV"})


def _languages(body: str) -> frozenset[str]:
    if not _pattern("answer").search(body):
        return frozenset()
    return frozenset(
        name for name in _data()["languages"] if _pattern("languages", name).search(body)
    )


def _limits(body: str) -> Iterator[tuple[str, int]]:
    numbers = _data()["numbers"]
    for unit in _data()["units"]:
        for found in _pattern("units", unit).finditer(body):
            before = WORD.findall(body[: found.start()])[-2:]
            for word in reversed(before):
                number = int(word) if word.isdecimal() and len(word) < 7 else numbers.get(word)
                if number is not None:
                    yield unit, number
                    break


def _styles(body: str) -> Iterator[tuple[str, int]]:
    for place, (name, *_sides) in enumerate(_data()["styles"]):
        for side in (1, 2):
            if _pattern("styles", str(place), str(side)).search(body):
                yield name, side
