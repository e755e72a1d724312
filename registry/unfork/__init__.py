"""Turn forked prompt files back into one base with slots and a value per fork and slot.

Two ways. A base that already holds `{{> slot}}` markers is a template: each fork is read
against it. A plain base is compared with every fork, and what changed in any of them becomes
a slot whose default is the base's own text. Either way the result is proved by composing it
again: a fork is reported exact only if every character comes back. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from registry.compose import SLOT_MARKER, Slot, compose
from registry.unfork.alignment import values_beside_base
from registry.unfork.consensus import ProposedBase, propose_base
from registry.unfork.likeness import (
    RELATED,
    lines_anywhere,
    lines_in_common,
    words_in_common,
)
from registry.unfork.regions import propose
from registry.unfork.template import read_values

__all__ = [
    "REORDERED",
    "REWRAPPED",
    "UNRELATED",
    "ForkReport",
    "ProposedBase",
    "Unforked",
    "find_variables",
    "first_difference",
    "propose_base",
    "read_fork",
    "unfork",
]

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_QUOTE_LENGTH = 60

UNRELATED = "nothing in common with the base"
REORDERED = "the base's lines in another order"
REWRAPPED = "the same words as the base, but its lines differ in blanks or line ends"


STRAY = 0.5
"""A fork with less than this part of what the middle fork shares does not shape the slots."""

ENOUGH_TO_COMPARE = 5
"""Forks from which on one can be told to be a stray."""

MOST = 0.5
"""Share of letters in common from which on lines that moved are called so."""


@dataclass(frozen=True)
class ForkReport:
    """How well one fork came back: `detail` is a sentence for the person importing.

    `share_in_common` is the share of letters (0 to 1) standing in lines the fork has in
    common with the base, blanks aside.
    """

    name: str
    exact: bool
    detail: str
    share_in_common: float


@dataclass(frozen=True)
class Unforked:
    """A base with slots, each fork's values (only where they differ from the default), proof.

    `fence_removed` says that the texts began with the composed policy, which is not part of
    the base and was taken off.
    """

    base_text_with_slots: str
    slots: tuple[Slot, ...]
    values: dict[str, dict[str, str]]
    report: tuple[ForkReport, ...]
    fence_removed: bool = False


def unfork(
    base_text: str,
    forks: Mapping[str, str],
    policy_text: str = "",
    *,
    slots: Sequence[Slot] = (),
) -> Unforked:
    """Find base, slots and values from which composing gives every fork back.

    `slots` declares slots of a base with markers (defaults, frames, mode); a marker without a
    declaration is a plain slot. Forks that share nothing with the base do not shape the slots
    while others do; each is then reported as such, without values.
    """
    base, bodies, fenced = _without_fence(base_text, forks, policy_text)
    if SLOT_MARKER.search(base):
        template, declared = base, _declared(base, slots)
    else:
        template, declared = _proposed(base, bodies)
    values: dict[str, dict[str, str]] = {}
    report = []
    for name, body in bodies.items():
        values[name], row = read_fork(name, body, template, declared)
        report.append(row)
    return Unforked(template, tuple(declared), values, tuple(report), fenced)


def find_variables(text: str) -> list[str]:
    """Names of the `{{name}}` placeholders, each once, in order of appearance."""
    return list(dict.fromkeys(_VARIABLE.findall(text)))


def _without_fence(
    base: str, forks: Mapping[str, str], policy_text: str
) -> tuple[str, dict[str, str], bool]:
    """Take the composed policy off, if every fork begins with it (the base may)."""
    fence = compose(policy_text, "", (), {}).text
    texts = forks.values() if forks else (base,)
    if not fence or not all(text.startswith(fence) for text in texts):
        return base, dict(forks), False
    bodies = {name: text.removeprefix(fence) for name, text in forks.items()}
    return base.removeprefix(fence), bodies, True


def _declared(base: str, slots: Sequence[Slot]) -> list[Slot]:
    known = {slot.name for slot in slots}
    marked = dict.fromkeys(SLOT_MARKER.findall(base))
    plain = [Slot(name, label=name.replace("_", " ").capitalize()) for name in marked]
    return [*slots, *(slot for slot in plain if slot.name not in known)]


def _proposed(base: str, forks: Mapping[str, str]) -> tuple[str, list[Slot]]:
    shares = {name: lines_in_common(base, text) for name, text in forks.items()}
    related = {name: share for name, share in shares.items() if share >= RELATED}
    shaping = [forks[name] for name in _without_strays(related)]
    return propose(base, shaping or list(forks.values()), whole=not related)


def _without_strays(shares: Mapping[str, float]) -> list[str]:
    """Forks but those far from the others: one copy in another order would dissolve the slots."""
    least = STRAY * median(shares.values()) if len(shares) >= ENOUGH_TO_COMPARE else 0.0
    return [name for name, share in shares.items() if share >= least]


def read_fork(
    name: str, body: str, template: str, slots: Sequence[Slot]
) -> tuple[dict[str, str], ForkReport]:
    """One fork's values and what composing them again proves."""
    base = compose("", template, slots, {}).text
    share = words_in_common(base, body)
    odd = _odd(base, body, share)
    values = read_values(template, slots, body)
    if values is not None:
        # A base of slots alone has no words of its own that a fork could lack.
        alone = odd and base.strip()
        detail = f"exact, but {odd}: it fills the slots on its own" if alone else "exact"
        return values, ForkReport(name, True, detail, share)
    values = {} if odd else values_beside_base(template, slots, body)
    differs = first_difference(compose("", template, slots, values).text, body)
    return values, ForkReport(name, False, f"{odd}; {differs}" if odd else differs, share)


def _odd(base: str, body: str, share: float) -> str:
    """Why a fork is no relative of the base; "" for one that is."""
    in_place, anywhere = lines_in_common(base, body), lines_anywhere(base, body)
    if anywhere >= MOST and in_place < STRAY * anywhere:
        return REORDERED
    if body == base or in_place >= RELATED:
        return ""
    return REWRAPPED if share >= RELATED else UNRELATED


def first_difference(composed: str, fork: str) -> str:
    """The first line that composing would not give back, in words."""
    ours, theirs = composed.split("\n"), fork.split("\n")
    for number, (our, their) in enumerate(zip(ours, theirs, strict=False), 1):
        if our != their:
            return f"line {number} would read {_quoted(our)} where the fork has {_quoted(their)}"
    number = min(len(ours), len(theirs)) + 1
    if len(ours) > len(theirs):
        return f"line {number} would be added: {_quoted(ours[number - 1])}"
    return f"line {number} would be missing: {_quoted(theirs[number - 1])}"


def _quoted(line: str) -> str:
    """repr, since the difference may be a blank or a carriage return."""
    return repr(line if len(line) <= _QUOTE_LENGTH else f"{line[:_QUOTE_LENGTH]}…")
