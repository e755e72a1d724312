"""One case as a form: turns, variables, tags and expectations as fields, and back. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evals.cases import MOST_EXPECTATIONS, MOST_MESSAGES, MOST_VARIABLES
from evals.expectations import ExpectationForm, Unfit, stored_form, typed_form, typed_places

Row = dict[str, Any]

ROLE_LABELS = {
    "user": "Customer", "assistant": "Assistant", "system": "Instruction", "tool": "Tool",
}  # fmt: skip
"""Who says a turn, in words."""


@dataclass(frozen=True)
class Turn:
    """One message of the conversation."""

    place: int
    role: str
    content: str

    @property
    def name(self) -> str:
        """The name of its text field."""
        return f"m-{self.place}-content"


@dataclass(frozen=True)
class Variable:
    """One request variable; `declared` where the prompt itself asks for it."""

    place: int
    name: str
    shown: str
    declared: bool = False
    help: str = ""


@dataclass
class CaseForm:
    """A case's fields, as stored or as typed. `stored` is the row that the draft holds."""

    stored: Row
    key: str
    turns: list[Turn]
    variables: list[Variable]
    tags: str
    must_pass: bool
    weight: str
    expectations: list[ExpectationForm]
    problems: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The row's id."""
        return str(self.stored["id"])

    @property
    def told_values(self) -> str:
        """How many variables have a value, in words."""
        filled = sum(bool(one.shown) for one in self.variables)
        return f"{filled} of {len(self.variables)} filled in" if self.variables else "none"

    @property
    def source(self) -> Mapping[str, Any]:
        """Where the case came from."""
        found: Mapping[str, Any] = self.stored.get("source") or {}
        return found

    @property
    def source_words(self) -> str:
        """Where it came from: `review comment by Ana`, `file suite.csv, line 3`."""
        told = self.source
        words = " ".join(str(told[name]) for name in ("kind", "file") if told.get(name))
        place = f", {told['place']}" if told.get("place") else ""
        return f"{words}{place}" + (f" by {told['by']}" if told.get("by") else "")

    @property
    def source_path(self) -> str:
        """Where to read it on this site; empty for what leads anywhere else."""
        path = str(self.source.get("path") or "")
        return path if re.fullmatch(r"/[\w\-][\w\-/?=&#.]*", path, re.ASCII) else ""

    def row(self) -> Row:
        """The row that the fields make; what nobody touched stays exactly as it is stored.

        Raises Unfit, with all that cannot be taken, one sentence a line.
        """
        unfit = [problem for one in self.expectations for problem in one.problems]
        weight = _weight(self.weight, self.stored.get("weight", 1.0), unfit)
        if unfit:
            raise Unfit("\n".join(unfit))
        return {
            **self.stored,
            "key": self.key.strip() or self.stored.get("key", ""),
            "messages": _kept(self.turns, self.stored.get("messages", [])),
            "variables": _variables(self.variables, self.stored.get("variables", {})),
            "tags": _tags(self.tags, self.stored.get("tags", [])),
            "must_pass": self.must_pass,
            "weight": weight,
            "expectations": [one.value() for one in self.expectations],
        }


def form_of(row: Row, declared: Sequence[Mapping[str, Any]] = ()) -> CaseForm:
    """The form of a row as it is stored; `declared` are the prompt's own request variables."""
    return CaseForm(
        stored=row, key=row["key"], must_pass=row["must_pass"], weight=f"{row['weight']:g}",
        tags=_tag_line(row["tags"]),
        turns=[Turn(n, m["role"], _lf(m["content"])) for n, m in enumerate(row["messages"])],
        variables=_offered(row["variables"], declared),
        expectations=[stored_form(n, one) for n, one in enumerate(row["expectations"])],
    )  # fmt: skip


def typed_case(
    row: Row, post: Mapping[str, str], declared: Sequence[Mapping[str, Any]] = ()
) -> CaseForm:
    """The form of a row as it was typed."""
    told = {one["name"]: str(one.get("description") or "") for one in declared}
    variables = [
        Variable(n, name, _lf(post.get(f"v-{n}-value", "")), name in told, told.get(name, ""))
        for n, name in _numbered(post, "v-{}-name", MOST_VARIABLES + 1)
    ]
    return CaseForm(
        stored=row, key=post.get("key", ""), must_pass="must_pass" in post,
        weight=post.get("weight", ""), tags=post.get("tags", ""),
        turns=[
            Turn(n, role, _lf(post.get(f"m-{n}-content", "")))
            for n, role in _numbered(post, "m-{}-role", MOST_MESSAGES + 1)
        ],
        variables=variables,
        expectations=[
            typed_form(n, post) for n in typed_places(post) if n <= MOST_EXPECTATIONS
        ],
    )  # fmt: skip


def changed(form: CaseForm, act: str) -> Row:
    """The form's row after an act on its parts, such as `add-turn` or `remove-expectation-2`.

    An act that is none changes nothing. Raises Unfit as `CaseForm.row` does.
    """
    row = form.row()
    verb, _, place = act.rpartition("-")
    n = int(place) if place.isdecimal() and len(place) < 5 else -1
    if act == "add-turn":
        last = row["messages"][-1]["role"] if row["messages"] else "assistant"
        role = "assistant" if last == "user" else "user"
        row["messages"] = [*row["messages"], {"role": role, "content": ""}]
    elif act == "add-expectation":
        row["expectations"] = [*row["expectations"], {"scorer": "contains_any"}]
    elif verb in _REMOVALS and 0 <= n < len(row[_REMOVALS[verb]]):
        name = _REMOVALS[verb]
        if name != "messages" or len(row[name]) > 1:
            row[name] = [one for place, one in enumerate(row[name]) if place != n]
    return row


_REMOVALS = {"remove-turn": "messages", "remove-expectation": "expectations"}


def _offered(held: Mapping[str, Any], declared: Sequence[Mapping[str, Any]]) -> list[Variable]:
    """The prompt's variables in their order, then what the case has besides."""
    told = {one["name"]: str(one.get("description") or "") for one in declared}
    names = list(dict.fromkeys((*told, *held)))
    return [
        Variable(n, name, _shown(held.get(name)), name in told, told.get(name, ""))
        for n, name in enumerate(names)
    ]


def _variables(typed: Sequence[Variable], stored: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in typed:
        name = one.name.strip()
        if not name:
            continue
        if name in stored and _shown(stored[name]) == one.shown:
            found[name] = stored[name]
        elif one.shown:
            found[name] = one.shown
    return {name: found[name] for name in dict.fromkeys((*stored, *found)) if name in found}


def _shown(value: Any) -> str:
    return "" if value is None else _lf(str(value))


def _kept(turns: Sequence[Turn], stored: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Turns as messages; a stored one with other line ends and the same words stays as it is."""
    known = {(one["role"], _lf(one["content"])): one["content"] for one in stored}
    return [
        {"role": one.role, "content": known.get((one.role, one.content), one.content)}
        for one in turns
    ]


def _tags(line: str, stored: list[str]) -> list[str]:
    if line == _tag_line(stored):
        return stored
    return list(dict.fromkeys(tag.strip() for tag in re.split(r"[,;\n]", line) if tag.strip()))


def _tag_line(tags: Sequence[str]) -> str:
    return ", ".join(tags)


def _weight(typed: str, stored: float, unfit: list[str]) -> float:
    if typed == f"{stored:g}":
        return stored
    try:
        return float(typed.strip().replace(",", ".") or 1)
    except ValueError:
        unfit.append("Weight: this must be a number, 1 for a usual case.")
        return stored


def _numbered(post: Mapping[str, str], name: str, most: int) -> Iterator[tuple[int, str]]:
    for n in range(most):
        value = post.get(name.format(n))
        if value is None:
            return
        yield n, value


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
