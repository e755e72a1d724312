"""Regular expressions that cannot hang: matched by a set of states, never by backtracking.

The pattern is parsed by Python's own parser and run as a non-deterministic automaton,
so the time is bounded by characters x states whatever the pattern. What such an
automaton cannot do (look-around, back-references) is refused when the policy is saved.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

MAX_STATES = 600  # ample for a house rule; keeps 1,600 characters under a few ms a state set
MAX_MATCHES = 20

MOST_STEPS = 400_000
"""States looked at for one text: about half a second. Prose of 50,000 characters under a
house rule needs some 100,000; only a pattern that is in hundreds of states at once gets here."""

Test = Callable[[str], bool]


class PatternRefused(ValueError):
    """The pattern cannot be used; the message says why and what to do."""


class TooManySteps(Exception):
    """The text was not read to its end: pattern and text together cost too much."""


@dataclass(slots=True)
class _State:
    test: Test | None = None
    guard: Callable[[str, int], bool] | None = None
    out: list[int] = field(default_factory=list)


@dataclass(slots=True)
class SafePattern:
    """A compiled pattern; `find` yields spans in linear time."""

    states: list[_State]
    start: int
    accept: int

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Leftmost-longest matches, non-overlapping, at most MAX_MATCHES. TooManySteps."""
        begin = found = 0
        steps = iter(range(MOST_STEPS))
        while begin <= len(text) and found < MAX_MATCHES:
            hit = self._first(text, begin, steps)
            if hit is None:
                return
            yield hit
            found += 1
            begin = max(hit[1], hit[0] + 1)

    def _first(self, text: str, begin: int, steps: Iterator[int]) -> tuple[int, int] | None:
        """Run all starting places at once; each state remembers its earliest start."""
        active: dict[int, int] = {}
        best: tuple[int, int] | None = None
        for place in range(begin, len(text) + 1):
            if best is None:
                self._close(active, self.start, place, text, place)
            begun = active.get(self.accept)
            if begun is not None and place > begun and (best is None or begun <= best[0]):
                best = (begun, place)
            if best is not None:
                active = {state: since for state, since in active.items() if since <= best[0]}
                if not active:
                    return best
            if place == len(text):
                break
            if len(active) > 1 and next(islice(steps, len(active) - 1, None), None) is None:
                raise TooManySteps
            active = self._step(active, text, place)
        return best

    def _step(self, active: dict[int, int], text: str, place: int) -> dict[int, int]:
        char = text[place]
        after: dict[int, int] = {}
        for state, since in sorted(active.items(), key=lambda pair: pair[1]):
            test = self.states[state].test
            if test is not None and test(char):
                for target in self.states[state].out:
                    self._close(after, target, since, text, place + 1)
        return after

    def _close(self, into: dict[int, int], state: int, since: int, text: str, place: int) -> None:
        pending = [state]
        while pending:
            current = pending.pop()
            if current in into and into[current] <= since:
                continue
            node = self.states[current]
            if node.guard is not None and not node.guard(text, place):
                continue
            into[current] = since
            if node.test is None:
                pending.extend(node.out)


@lru_cache(maxsize=256)
def compile_pattern(pattern: str, ignore_case: bool = True) -> SafePattern:
    """Compile; raises PatternRefused with a message for whoever edits the policy."""
    flags = re.IGNORECASE if ignore_case else 0
    try:
        tree = _parser.parse(pattern, flags)
    except (re.error, RecursionError, OverflowError) as error:
        raise PatternRefused(f"not a regular expression: {error}") from None
    return _Builder(tree.state.flags).build(tree)


class _Builder:
    """Turns the parser's tree into states."""

    def __init__(self, flags: int) -> None:
        self.flags = flags
        self.states: list[_State] = []

    def build(self, tree: Any) -> SafePattern:
        accept = self._add(_State())
        start = self._sequence(tree, accept)
        return SafePattern(self.states, start, accept)

    def _add(self, state: _State) -> int:
        if len(self.states) >= MAX_STATES:
            raise PatternRefused("the pattern is too large; use smaller repeat counts")
        self.states.append(state)
        return len(self.states) - 1

    def _sequence(self, items: Any, then: int) -> int:
        for operator, argument in reversed(list(items)):
            then = self._item(operator, argument, then)
        return then

    def _item(self, operator: Any, argument: Any, then: int) -> int:
        if operator in (c.LITERAL, c.NOT_LITERAL, c.ANY, c.IN):
            return self._add(_State(test=self._test(operator, argument), out=[then]))
        if operator is c.BRANCH:
            return self._add(_State(out=[self._sequence(part, then) for part in argument[1]]))
        if operator is c.SUBPATTERN:
            return self._sequence(argument[3], then)
        if operator in (c.MAX_REPEAT, c.MIN_REPEAT):
            return self._repeat(argument, then)
        if operator is c.AT:
            return self._add(_State(guard=_guard(argument, self.flags), out=[then]))
        raise PatternRefused(
            "look-around and back-references are not supported here; use plain alternatives"
        )

    def _repeat(self, argument: Any, then: int) -> int:
        least, most, body = argument
        if most is c.MAXREPEAT:
            loop = self._add(_State())
            self.states[loop].out = [self._sequence(body, loop), then]
            then = loop
        else:
            for _ in range(int(most) - int(least)):
                entry = self._sequence(body, then)
                then = self._add(_State(out=[entry, then]))
        for _ in range(int(least)):
            then = self._sequence(body, then)
        return then

    def _test(self, operator: Any, argument: Any) -> Test:
        """One character against one item, by compiling just that item (no repeats in it)."""
        return _single(operator, argument, self.flags)


def _single(operator: Any, argument: Any, flags: int) -> Test:
    fold = bool(flags & re.IGNORECASE)
    if operator is c.ANY:
        return (lambda char: True) if flags & re.DOTALL else (lambda char: char != "\n")
    if operator is c.LITERAL or operator is c.NOT_LITERAL:
        wanted = chr(argument)
        same = _same_letter(wanted, fold)
        return same if operator is c.LITERAL else lambda char: not same(char)
    tests = [_member(kind, value, fold, flags) for kind, value in argument if kind is not c.NEGATE]
    negate = argument[0][0] is c.NEGATE
    return lambda char: any(test(char) for test in tests) != negate


def _same_letter(wanted: str, fold: bool) -> Test:
    if not fold:
        return lambda char: char == wanted
    folded = wanted.casefold()
    return lambda char: char.casefold() == folded


def _member(kind: Any, value: Any, fold: bool, flags: int) -> Test:
    if kind is c.LITERAL:
        return _same_letter(chr(value), fold)
    if kind is c.RANGE:
        low, high = value
        if fold:
            return lambda char: any(
                low <= ord(form) <= high
                for form in (char, char.lower(), char.upper())
                if len(form) == 1
            )
        return lambda char: low <= ord(char) <= high
    ascii_only = re.ASCII if flags & re.ASCII else 0
    shape = re.compile(_CATEGORIES[value], ascii_only)
    return lambda char: shape.match(char) is not None


_CATEGORIES = {
    c.CATEGORY_DIGIT: r"\d",
    c.CATEGORY_NOT_DIGIT: r"\D",
    c.CATEGORY_SPACE: r"\s",
    c.CATEGORY_NOT_SPACE: r"\S",
    c.CATEGORY_WORD: r"\w",
    c.CATEGORY_NOT_WORD: r"\W",
}


def _guard(where: Any, flags: int) -> Callable[[str, int], bool]:
    if (where is c.AT_BEGINNING and not flags & re.MULTILINE) or where is c.AT_BEGINNING_STRING:
        return lambda text, at: at == 0
    if where is c.AT_BEGINNING:
        return lambda text, at: at == 0 or text[at - 1] == "\n"
    if where is c.AT_END_STRING:
        return lambda text, at: at == len(text)
    if where is c.AT_END and not flags & re.MULTILINE:
        return lambda text, at: at == len(text) or text[at:] == "\n"
    if where is c.AT_END:
        return lambda text, at: at == len(text) or text[at] == "\n"
    if where is c.AT_BOUNDARY:
        return _at_word_edge
    return lambda text, at: not _at_word_edge(text, at)


def _at_word_edge(text: str, at: int) -> bool:
    return _is_word(text, at - 1) != _is_word(text, at)


def _is_word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] == "_")
