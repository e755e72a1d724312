"""What differs between two lists of cases: added, removed, changed, moved. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evals.case_form import ROLE_LABELS
from evals.expectations import in_words

Row = Mapping[str, Any]

FIELDS = {
    "key": "name", "messages": "question", "variables": "request variables", "tags": "tags",
    "must_pass": "must-pass", "weight": "weight", "expectations": "expectations",
}  # fmt: skip
"""What a case is measured by, in words; where it came from is no change of it."""


@dataclass(frozen=True)
class CaseChange:
    """One case that came, went or changed; `names` are the entries that changed in it."""

    kind: Literal["added", "removed", "changed"]
    old: Row | None
    new: Row | None
    names: tuple[str, ...] = ()

    @property
    def row(self) -> Row:
        """The case as it is, or as it was where it is gone."""
        found = self.new if self.new is not None else self.old
        assert found is not None  # a change has one side at least
        return found

    @property
    def question(self) -> str:
        """What the case is known by."""
        return question_of(self.row)

    @property
    def sides(self) -> list[tuple[str, str, str]]:
        """(what, how it was, how it is) of each entry that changed, in words."""
        if self.old is None or self.new is None:
            return []
        return [
            (FIELDS[name], entry_words(name, self.old[name]), entry_words(name, self.new[name]))
            for name in self.names
        ]


def question_of(row: Row) -> str:
    """The last thing the customer says, else the last message."""
    said = [m["content"] for m in row["messages"] if m["role"] == "user"]
    last = said[-1] if said else row["messages"][-1]["content"]
    return str(last).strip()


def entry_words(name: str, value: Any) -> str:
    """One entry of a case in words, one line each for what is a list."""
    if name == "messages":
        return "\n".join(f"{ROLE_LABELS.get(m['role'], m['role'])}: {m['content']}" for m in value)
    if name == "variables":
        return "\n".join(f"{key} = {held}" for key, held in value.items())
    if name == "expectations":
        return "\n".join(in_words(one) for one in value)
    if name == "tags":
        return ", ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class CaseChanges:
    """Everything that differs between two lists of cases."""

    changes: tuple[CaseChange, ...]
    reordered: bool

    def of(self, kind: str) -> list[CaseChange]:
        """Those of one kind."""
        return [change for change in self.changes if change.kind == kind]

    @property
    def count(self) -> int:
        """How many cases differ; another order alone counts as one."""
        return len(self.changes) or int(self.reordered)

    @property
    def words(self) -> str:
        """`2 added, 1 removed, 3 changed`."""
        told = [
            f"{len(found)} {kind}"
            for kind in ("added", "removed", "changed")
            if (found := self.of(kind))
        ]
        return ", ".join(told) or ("another order" if self.reordered else "nothing differs")


def case_changes(old: Sequence[Row], new: Sequence[Row]) -> CaseChanges:
    """Case by case, matched by row id, else by name."""
    pairs = dict(_pairs(old, new))
    found: list[CaseChange] = []
    for place, row in enumerate(new):
        was = old[pairs[place]] if place in pairs else None
        if was is None:
            found.append(CaseChange("added", None, row))
        elif names := tuple(name for name in FIELDS if was[name] != row[name]):
            found.append(CaseChange("changed", was, row, names))
    kept = set(pairs.values())
    found += [CaseChange("removed", was, None) for n, was in enumerate(old) if n not in kept]
    order = [pairs[place] for place in sorted(pairs)]
    return CaseChanges(tuple(found), order != sorted(order))


def _pairs(old: Sequence[Row], new: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """(place in new, place in old) of the same case."""
    by_id = {row["id"]: n for n, row in enumerate(old) if "id" in row}
    by_key = {row["key"]: n for n, row in enumerate(old)}
    taken = {by_id[row["id"]] for row in new if row.get("id") in by_id}
    for place, row in enumerate(new):
        if row.get("id") in by_id:
            yield place, by_id[row["id"]]
        elif row["key"] in by_key and by_key[row["key"]] not in taken:
            taken.add(by_key[row["key"]])
            yield place, by_key[row["key"]]
