"""What stands in the router's form, and the buttons that change its shape. Pure: saves nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from fleet.router.document import MOST_RULES, Document
from fleet.router.rules import CONDITIONS

Row = dict[str, str]

_FIELD = re.compile(r"rule-(\d{1,4})-([a-z_]+)", re.ASCII)


@dataclass
class Typed:
    """The form as typed: rows of rules, lanes behind each lane, why, and what it started from."""

    rows: list[Row] = field(default_factory=list)
    fallbacks: dict[str, str] = field(default_factory=dict)
    note: str = ""
    started_from: str = ""


def shown(document: Document, started_from: int) -> Typed:
    """The form of what is in force; `started_from` is its number, 0 for none."""
    rows = [
        {name: ", ".join(rule.get(name) or ()) for name in CONDITIONS} | {"lane": rule["lane"]}
        for rule in document.rules
    ]
    behind = {lane: ", ".join(lanes) for lane, lanes in document.fallbacks.items()}
    return Typed(rows, behind, started_from=str(started_from))


def read(posted: Mapping[str, str]) -> Typed:
    """The form as it was sent; what it does not know is left out."""
    found: dict[int, Row] = {}
    fallbacks = {}
    for name, value in posted.items():
        if match := _FIELD.fullmatch(name):
            found.setdefault(int(match[1]), {})[match[2]] = value
        elif name.startswith("behind-"):
            fallbacks[name.removeprefix("behind-")] = value
    rows = [found[place] for place in sorted(found)][: MOST_RULES + 1]
    return Typed(rows, fallbacks, posted.get("why", ""), posted.get("started_from", ""))


def do(typed: Typed, act: str) -> None:
    """`add`, `up:N`, `down:N`, `remove:N`; an act that no longer fits does nothing."""
    verb, _, at = act.partition(":")
    if verb == "add" and len(typed.rows) < MOST_RULES:
        typed.rows.append({"lane": "primary"})
        return
    place = int(at) if at.isascii() and at.isdigit() and len(at) < 5 else -1
    if not 0 <= place < len(typed.rows):
        return
    if verb == "remove":
        typed.rows.pop(place)
    elif verb in ("up", "down"):
        goal = place + (-1 if verb == "up" else 1)
        if 0 <= goal < len(typed.rows):
            typed.rows.insert(goal, typed.rows.pop(place))
