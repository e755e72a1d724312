"""Which rows of a board are shown, and in which order: all of it from the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fleet.campaign.models import TrackStage
from fleet.campaign.needs import Person, needs
from fleet.campaign.rows import Row
from fleet.campaign.turns import WHO

URGENCY: dict[str, int] = {
    TrackStage.NEEDS_WORK: 0,
    TrackStage.ROLLED_BACK: 1,
    TrackStage.CANARY: 2,
    TrackStage.SCHEDULED: 3,
    TrackStage.SIGNED_OFF: 4,
    TrackStage.AWAITING_SIGN_OFF: 5,
    TrackStage.EVALUATING: 6,
    TrackStage.QUEUED: 7,
    TrackStage.DEFERRED: 8,
    TrackStage.WATCHED: 9,
    TrackStage.CUT_OVER: 10,
    TrackStage.DONE: 11,
    TrackStage.EXEMPT: 12,
    TrackStage.CANCELLED: 13,
}
"""The default order: what the fleet's mean hides comes first, what is done comes last."""

SORTS: dict[str, Callable[[Row], Any]] = {
    "tenant": lambda row: row.name.lower(),
    "owner": lambda row: row.owners,
    "revenue": lambda row: row.share or 0.0,
    "state": lambda row: URGENCY[row.line.stage],
    "change": lambda row: row.line.change if row.line.change is not None else 2.0,
    "turn": lambda row: row.turn.label,
    "wave": lambda row: row.line.wave_number or 0,
    "age": lambda row: -row.line.changed_on,
}
"""`?sort=` -> key; a leading minus turns it round."""

BANDS = (
    ("large", "5 % and more of revenue", 0.05, 2.0),
    ("middle", "1 % to 5 %", 0.01, 0.05),
    ("small", "under 1 %", -1.0, 0.01),
)
"""Revenue bands: name, words, and the shares from and below which they reach."""

PAUSED = "paused"
"""A value of the state filter besides the stages."""


def filtered(rows: Sequence[Row], asked: Mapping[str, str], person: Person) -> list[Row]:
    """Those that the address asks for; a value that means nothing finds nothing."""
    tests = [
        _TESTS[name](value.strip(), person)
        for name in _TESTS
        if (value := asked.get(name, "")).strip()
    ]
    return [row for row in rows if all(test(row) for test in tests)]


def sorted_rows(rows: Sequence[Row], sort: str) -> list[Row]:
    """As the address asks, else by need."""
    key = SORTS.get(sort.removeprefix("-"))
    if key is None:
        return sorted(rows, key=_by_need)
    return sorted(rows, key=key, reverse=sort.startswith("-"))


def choices(rows: Sequence[Row], asked: Mapping[str, str], person: Person) -> list[dict[str, Any]]:
    """The selects of the filter bar."""
    people: dict[int, str] = {}
    waves: dict[int, str] = {}
    for row in rows:
        people.update(row.people)
        if row.line.owner_id is not None:
            people[row.line.owner_id] = row.owner
        if row.line.wave_number is not None:
            waves[row.line.wave_number] = row.line.wave
    named = sorted(((str(pk), name) for pk, name in people.items()), key=lambda pair: pair[1])
    options: dict[str, tuple[str, list[Any]]] = {
        "need": ("Needs", [("me", "Needs me")]),
        "state": ("State", [*TrackStage.choices, (PAUSED, "Paused")]),
        "owner": ("Owner", [("me", "Me"), ("nobody", "Nobody (orphaned)"), *named]),
        "turn": ("Turn", list(WHO.items())),
        "revenue": ("Revenue", [(name, words) for name, words, _, _ in BANDS]),
    }
    if waves:
        options["wave"] = ("Wave", [*sorted(waves.items()), ("none", "No wave")])
    return [
        {"name": name, "label": label, "value": asked.get(name, ""), "options": found}
        for name, (label, found) in options.items()
    ]


Test = Callable[[Row], bool]


def _search(text: str, _: Person) -> Test:
    wanted = text.lower()
    return lambda row: wanted in row.name.lower()


def _state(value: str, _: Person) -> Test:
    if value == PAUSED:
        return lambda row: bool(row.facts.paused)
    return lambda row: row.line.stage == value


def _owner(value: str, person: Person) -> Test:
    if value == "nobody":
        return lambda row: not row.owner_ids
    wanted = str(person.pk) if value == "me" else value
    return lambda row: wanted in {str(pk) for pk in row.owner_ids}


def _wave(value: str, _: Person) -> Test:
    if value == "none":
        return lambda row: row.line.wave_number is None
    return lambda row: str(row.line.wave_number) == value


def _turn(value: str, _: Person) -> Test:
    return lambda row: row.turn.who == value


def _band(value: str, _: Person) -> Test:
    low, high = next(((low, high) for name, _, low, high in BANDS if name == value), (9.0, 9.0))
    return lambda row: low <= (row.share or 0.0) < high


def _need(value: str, person: Person) -> Test:
    return lambda row: value == "me" and needs(row.need, person)


_TESTS: dict[str, Callable[[str, Person], Test]] = {
    "q": _search,
    "state": _state,
    "owner": _owner,
    "wave": _wave,
    "turn": _turn,
    "revenue": _band,
    "need": _need,
}


def _by_need(row: Row) -> tuple[Any, ...]:
    """Regressions first, the deepest fall and the most revenue on top."""
    line = row.line
    stage, change = URGENCY[line.stage], line.change
    hidden = line.verdict == "no_go" and stage < _THROUGH
    return (not hidden, stage, 2.0 if change is None else change, -(row.share or 0), row.name)


_THROUGH = URGENCY[TrackStage.CUT_OVER]
