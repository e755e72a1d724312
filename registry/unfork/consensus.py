"""Propose a base for forks that came without one: the lines that most of them share.

One fork's own words must not become everybody's default, so the proposal is not a fork but
the lines that more than half of the forks hold, in the order of the fork that has most in
common with the others. Between two such lines stands what most forks have there, if at least
a tenth of them agree on it: that is what was there before the others changed it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from registry.diff.align import Work, matches, numbered, split_lines
from registry.unfork.likeness import RELATED, lines_in_common, weight

SAMPLE = 400
"""Forks that vote. More do not change what most of them say, but cost a comparison each."""

SURE_RELATED, SURE_SHARE = 0.9, 0.5
"""Share of forks that are relatives, and letters they share on average, to call it sure."""

AGREE, AGREE_AT_LEAST = 0.1, 2
"""Share and number of forks that have to say the same for it to be no customer's own words."""

FAMILY = 0.2
"""Share of the forks that have to be relatives, or there is no base in them."""

Sure = Literal["sure", "unsure", "nothing"]


@dataclass(frozen=True)
class ProposedBase:
    """A base's text; `like` names the fork whose order it follows.

    `related` of `count` forks share at least a trace of it (`likeness.RELATED`), and those
    share on average `share` of their letters (0 to 1). With sure "nothing" the text is "".
    """

    text: str
    like: str
    related: int
    count: int
    share: float
    sure: Sure

    @property
    def sentence(self) -> str:
        """How sure it is, for the person who decides."""
        if self.sure == "nothing":
            return f"The {self.count} forks have nothing in common: no base is in them."
        certain = "" if self.sure == "sure" else " This is a guess: look at it before you accept."
        return (
            f"Proposed from the lines that most of the forks share, in the order of "
            f"{self.like}. {self.related} of {self.count} forks hold it, with "
            f"{self.share:.0%} of their text in common on average.{certain}"
        )


def propose_base(forks: Mapping[str, str]) -> ProposedBase:
    """The base that most forks share. The same forks give the same base, in any order."""
    names = sorted(forks)
    if not names:
        return ProposedBase("", "", 0, 0, 0.0, "nothing")
    voters = names[:: -(-len(names) // SAMPLE)]
    lines = {name: split_lines(forks[name]) for name in voters}
    like = _most_typical(lines)
    text = _agreed(lines[like], [lines[name] for name in voters])
    return _judged(text, like, forks)


def _most_typical(forks: Mapping[str, Sequence[str]]) -> str:
    """The fork whose lines most others hold too, by letters; the first by name of equals."""
    holders = Counter(line for lines in forks.values() for line in set(lines))

    def shared(name: str) -> float:
        lines = set(forks[name])
        total = sum(map(weight, lines))
        return sum(weight(line) * (holders[line] - 1) for line in lines) / (total + _SMALL)

    return max(forks, key=shared)


_SMALL = 200
"""Letters a fork is padded by in the comparison, or the shortest one would always win."""


def _agreed(order: Sequence[str], forks: Sequence[Sequence[str]]) -> str:
    """Lines of `order` that most forks hold, and between them what most forks put there."""
    found = [(fork, _places(order, fork)) for fork in forks]
    akin = [(fork, places) for fork, places in found if _is_akin(order, places)]
    most = len(akin) / 2
    kept = [at for at in range(len(order)) if sum(places[at] >= 0 for _, places in akin) > most]
    if not kept:
        return ""
    parts: list[str] = []
    for before, after in pairwise([-1, *kept, len(order)]):
        inside = Counter(
            text
            for fork, places in akin
            if (text := _between(fork, places, before, after)) is not None
        )
        parts.append(_most_said(inside, len(akin)))
        parts.append(order[after] if after < len(order) else "")
    return "".join(parts)


def _is_akin(order: Sequence[str], places: Sequence[int]) -> bool:
    """Whether a fork holds any line of letters that stands in `order`."""
    return any(at >= 0 and weight(line) for line, at in zip(order, places, strict=True))


def _most_said(texts: Counter[str], voters: int) -> str:
    """What most say, if enough do and none is said as often; "" otherwise."""
    first, second = [*texts.most_common(2), ("", 0), ("", 0)][:2]
    enough = max(AGREE_AT_LEAST, AGREE * voters)
    return first[0] if first[1] >= enough and first[1] > second[1] else ""


def _places(order: Sequence[str], fork: Sequence[str]) -> list[int]:
    """For each line of `order` where the fork has it, -1: nowhere."""
    places = [-1] * len(order)
    for run in matches(*numbered(list(order), list(fork)), Work()):
        places[run.old : run.old + run.size] = range(run.new, run.new + run.size)
    return places


def _between(fork: Sequence[str], places: Sequence[int], before: int, after: int) -> str | None:
    """What a fork has between two kept lines; None where it lacks either."""
    start = 0 if before < 0 else places[before] + 1
    end = len(fork) if after == len(places) else places[after]
    if (before >= 0 and places[before] < 0) or end < 0:
        return None
    return "".join(fork[start:end])


def _judged(text: str, like: str, forks: Mapping[str, str]) -> ProposedBase:
    shares = [lines_in_common(text, fork) for fork in forks.values()]
    relatives = [share for share in shares if share >= RELATED]
    count, related = len(forks), len(relatives)
    if not weight(text) or related < max(AGREE_AT_LEAST, FAMILY * count):
        return ProposedBase("", like, 0, count, 0.0, "nothing")
    share = sum(relatives) / related
    sure = related >= SURE_RELATED * count and share >= SURE_SHARE
    return ProposedBase(text, like, related, count, share, "sure" if sure else "unsure")
