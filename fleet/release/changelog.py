"""A variant's changelog, written by itself: what each release changed, in words. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from registry.diff import side_by_side, summary


@dataclass(frozen=True)
class Made:
    """What a Revision is made of. `labels`: slot -> what it is called in its base."""

    number: int
    policy: int
    base: str
    overlay: int | None
    model: str
    text: str
    values: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One release. `changes`: against what it took the place of; lines of the composed text."""

    number: int
    what: str
    at: dt.datetime
    by: str
    why: str
    changes: Sequence[str]
    added: int
    removed: int
    verdict: str
    approvers: Sequence[str]
    note: str = ""
    before: int | None = None


def changed(old: Made | None, new: Made) -> list[str]:
    """What is otherwise in `new`, a line each; empty where only the number differs."""
    if old is None:
        return [f"The first: policy {new.policy}, base {new.base}, {new.model}"]
    return [*_layers(old, new), *_slots(old, new)]


def _layers(old: Made, new: Made) -> Iterator[str]:
    for name, was, now in (
        ("Policy", old.policy, new.policy), ("Base", old.base, new.base),
        ("Model", old.model, new.model),
    ):  # fmt: skip
        if was != now:
            yield f"{name} {was} → {now}"


def _slots(old: Made, new: Made) -> Iterator[str]:
    for slot in sorted(old.values.keys() | new.values.keys()):
        was, now = old.values.get(slot, ""), new.values.get(slot, "")
        if was == now:
            continue
        label = new.labels.get(slot) or old.labels.get(slot) or slot
        yield f"{label}: {'changed' if was and now else 'filled in' if now else 'emptied'}"


def lines_changed(old: Made | None, new: Made) -> tuple[int, int]:
    """Lines that came and lines that went; a line that reads otherwise counts as both."""
    if old is None:
        return len(new.text.splitlines()), 0
    found = summary(side_by_side(old.text, new.text, 0))
    return found.added + found.changed, found.removed + found.changed


def as_markdown(title: str, entries: Sequence[Entry], zone: dt.tzinfo) -> str:
    """The changelog as a Markdown document; what people wrote is quoted, never read as marks."""
    return "\n".join(
        [f"# {_plain(title)}", "", *(line for one in entries for line in _md(one, zone))]
    )


def _md(entry: Entry, zone: dt.tzinfo) -> Iterator[str]:
    at = entry.at.astimezone(zone)
    yield f"## Revision {entry.number}: {entry.what} ({at:%Y-%m-%d %H:%M} {at.tzname()})"
    yield ""
    yield f"By {_plain(entry.by)}."
    if entry.why:
        yield ""
        yield from (f"> {_plain(line)}" for line in entry.why.splitlines())
    yield ""
    yield from (f"- {_plain(line)}" for line in entry.changes)
    yield f"- Text: +{entry.added} −{entry.removed} lines"
    yield f"- Verdict: {_plain(entry.verdict)}"
    yield f"- Approved by: {_plain(', '.join(entry.approvers)) or 'nobody'}"
    if entry.note:
        yield f"- {_plain(entry.note)}"
    yield ""


def _plain(text: str) -> str:
    """Text as Markdown shows it letter by letter: its marks are escaped."""
    escaped = "".join(f"\\{c}" if c in "\\`*_[]<>#|!" else c for c in text)
    return escaped.replace("\r", " ").replace("\n", " ")
