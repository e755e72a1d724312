"""Words that carry a meaning the rules care about, one data file a language.

A file says which concepts a language's words stand for:

    @neg = 5 0            how many words a negation reaches ahead and back
    @stops = the and of   words that give the language away
    @letters =            a script without spaces: entries are runs of letters
    @marks =              accents tell words apart and are kept
    @clitics = al wa      what may be stuck to the front of a word
    IGNORE = ignor* | pay no attention to
    ASK,ASKFOR = request*  several concepts at once
    !FOLLOW = uyma        an occurrence that is negated by itself
    _ = no longer         words that are swallowed and mean nothing here

`=é` keeps its accents, `*` ends a stem, `..` allows up to six words in between.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from registry.guardrails.slips import SHORTEST_SLIP, Slips
from registry.guardrails.text_view import WORD, bare, readings

DATA = Path(__file__).parent / "data"
GAP_WORDS = 6
MOST_WORDS_KNOWN = 65536  # a language; what was looked up is kept until then
_PART = re.compile("=?(?:" + WORD.pattern + r")|\.\.")


# What an attacker misspells on purpose.
KEY_CONCEPTS = frozenset({"IGNORE", "LAYER", "PRIOR", "REVEAL", "UNRESTRICTED"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One phrase and what it means; `words` are (text, is_stem) pairs, ('..', _) a gap."""

    words: tuple[tuple[str, bool], ...]
    concepts: tuple[str, ...]
    negated: bool = False
    gapped: bool = False


class Beginnings:
    """The phrases that one word may begin, found again by the word after it."""

    __slots__ = ("_alone", "_second", "_stems")

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._alone: list[Entry] = []
        self._second: dict[str, list[Entry]] = {}
        self._stems: list[tuple[str, Entry]] = []
        for entry in entries:
            if len(entry.words) == 1 or entry.words[1][0] == "..":
                self._alone.append(entry)
                continue
            second, stem = entry.words[1]
            if stem:
                self._stems.append((second, entry))
            else:
                self._second.setdefault(second, []).append(entry)

    def before(self, following: Sequence[str]) -> Sequence[Entry]:
        """Those that may go on with a word of these readings, longest first."""
        more = [entry for reading in following for entry in self._second.get(reading, ())]
        for stem, entry in self._stems:
            if any(reading.startswith(stem) for reading in following):
                more.append(entry)
        return sorted((*more, *self._alone), key=_longest_first) if more else self._alone


UNKNOWN = Beginnings(())  # stands for a word that was not looked up yet


def _longest_first(entry: Entry) -> tuple[int, int]:
    return -len(entry.words), -len(entry.words[0][0])


@dataclass(slots=True)
class Lexicon:
    """The words of one language, indexed by how they begin."""

    language: str
    by_letters: bool = False
    with_marks: bool = False
    neg_ahead: int = 5
    neg_back: int = 0
    stops: frozenset[str] = frozenset()
    clitics: tuple[str, ...] = ()
    whole: dict[str, list[Entry]] = field(default_factory=dict)
    stems: dict[str, list[Entry]] = field(default_factory=dict)
    heads: dict[str, list[Entry]] = field(default_factory=dict)
    head_lengths: dict[str, list[int]] = field(default_factory=dict)
    longest_stem: int = 0
    key_words: list[str] = field(default_factory=list)
    slips: Slips | None = None

    begun: dict[str, Beginnings | None] = field(default_factory=dict)
    read: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def beginning_with(self, word: str) -> Beginnings | None:
        """Every phrase that may begin with this word; None when there is none."""
        found = self.begun.get(word, UNKNOWN)
        if found is UNKNOWN:
            if len(self.begun) >= MOST_WORDS_KNOWN:
                self.begun.clear()
            entries = _starting_with(self, word)
            found = self.begun[word] = Beginnings(entries) if entries else None
        return found

    def spelled_almost(self, word: str) -> str | None:
        """The key word of this language that a word nobody knows is a slip of."""
        if self.by_letters or self.with_marks or len(word) < SHORTEST_SLIP:
            return None
        if self.slips is None:
            self.slips = Slips(self.key_words)
        return self.slips.meant_by(bare(word))

    def readings_of(self, word: str) -> tuple[str, ...]:
        """What a word of a text may stand for: without accents, clitics, disguise."""
        found = self.read.get(word)
        if found is None:
            if len(self.read) >= MOST_WORDS_KNOWN:
                self.read.clear()
            found = self.read[word] = _readings(self, word)
        return found


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of a language code; raises KeyError when there is none."""
    if language not in known():
        raise KeyError(language)
    path = DATA / "lexicon" / f"{language.partition('-')[0]}.txt"
    return _parse(language, path.read_text(encoding="utf-8"))


@cache
def languages() -> frozenset[str]:
    """Codes of all languages with a lexicon."""
    return frozenset(path.stem for path in (DATA / "lexicon").glob("*.txt"))


# Vietnamese typed without its marks: only phrases of several words are then still clear.
UNMARKED = "vi-unmarked"


@cache
def known() -> frozenset[str]:
    """Every name that `lexicon` takes."""
    return languages() | {UNMARKED}


@cache
def simplified() -> dict[int, str]:
    """Traditional forms of the characters that the Chinese lexicon uses, to simplified ones."""
    pairs = (DATA / "traditional.txt").read_text(encoding="utf-8").split()
    return {ord(pair[0]): pair[1] for pair in pairs}


def _parse(language: str, source: str) -> Lexicon:
    made = Lexicon(language)
    says_not = _says_not(source)
    merged: dict[tuple[tuple[tuple[str, bool], ...], bool], list[str]] = {}
    for line in source.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, _, value = (part.strip() for part in line.partition("="))
        value = unicodedata.normalize("NFKC", value).casefold()
        if name.startswith("@"):
            _set_option(made, name, value)
            continue
        for item in filter(None, (part.strip() for part in value.split("|"))):
            item = item.replace(" * ", " .. ")
            for spelling in _spellings(item):
                key = (_words(spelling, made), name.startswith("!"))
                merged.setdefault(key, []).extend(name.lstrip("!").split(","))
    for (words, negated), concepts in merged.items():
        if language == UNMARKED and len(words) == 1 and "NEG" not in concepts:
            continue
        # "gib dich .. als Mensch aus" may be negated inside; "trek je .. niets aan" is by itself
        gapped = any(word == ".." for word, _ in words)
        gapped = gapped and not any(word in says_not for word, _ in words)
        _index(made, Entry(words, tuple(dict.fromkeys(concepts)), negated, gapped))
    return made


def _says_not(source: str) -> frozenset[str]:
    lines = (line.partition("=")[2] for line in source.splitlines() if line.startswith("NEG ="))
    return frozenset(bare(item.strip()) for line in lines for item in line.split("|"))


def _spellings(item: str) -> tuple[str, ...]:
    """Persian joins by an invisible sign what many people write in one or in two words."""
    if "\u200c" not in item:
        return (item,)
    return item.replace("\u200c", ""), item.replace("\u200c", " ")


def _set_option(made: Lexicon, name: str, value: str) -> None:
    if name == "@neg":
        made.neg_ahead, made.neg_back = (int(part) for part in value.split())
    elif name == "@stops":
        made.stops = frozenset(bare(word) for word in value.split())
    elif name == "@letters":
        made.by_letters = True
    elif name == "@marks":
        made.with_marks = made.language != UNMARKED
    elif name == "@clitics":
        made.clitics = tuple(bare(part) for part in value.split())
    else:
        raise ValueError(f"{made.language}: unknown option {name}")


def _words(item: str, made: Lexicon) -> tuple[tuple[str, bool], ...]:
    if made.by_letters:
        return tuple((bare(part), True) for part in re.split(r"\s*(\.\.)\s*", item) if part)
    found = []
    for match in _PART.finditer(item):
        stem = item[match.end() : match.end() + 1] == "*"
        word = match.group()
        if word.startswith("="):
            word = word[1:]  # its accents tell it from another word: é (is), not e (and)
        elif word != ".." and not made.with_marks:
            word = bare(word)
        found.append((word, stem))
    return tuple(found)


def _index(made: Lexicon, entry: Entry) -> None:
    first, stem = entry.words[0]
    if len(entry.words) == 1 and KEY_CONCEPTS & set(entry.concepts):
        made.key_words.append(first)
    if made.by_letters:
        made.heads.setdefault(first, []).append(entry)
        lengths = made.head_lengths.setdefault(first[:2], [])
        if len(first) not in lengths:
            lengths.append(len(first))
            lengths.sort(reverse=True)
    elif stem:
        made.stems.setdefault(first, []).append(entry)
        made.longest_stem = max(made.longest_stem, len(first))
    else:
        made.whole.setdefault(first, []).append(entry)


def _starting_with(book: Lexicon, word: str) -> tuple[Entry, ...]:
    found: list[Entry] = []
    for reading in book.readings_of(word):
        found.extend(book.whole.get(reading, ()))
        for length in range(2, min(len(reading), book.longest_stem) + 1):
            found.extend(book.stems.get(reading[:length], ()))
    if not found:
        meant = book.spelled_almost(word)
        if meant:
            found.extend(_starting_with(book, meant))
    unique = list(dict.fromkeys(found))
    unique.sort(key=_longest_first)
    return tuple(unique)


def _readings(book: Lexicon, word: str) -> tuple[str, ...]:
    if book.with_marks:
        return (word,)
    found = list(readings(word))
    for reading in readings(word):
        for clitic in book.clitics:
            if reading.startswith(clitic) and len(reading) - len(clitic) >= 3:
                found.append(reading[len(clitic) :])
    return tuple(found)
