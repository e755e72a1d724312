"""What an importer gives: the cases it could carry over, and what it left out and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class LeftOut:
    """One case or assertion that was not carried over; `place` is where it stands."""

    place: str
    reason: str


@dataclass
class Parsed:
    """One suite, read from `file`: cases as `evals.cases.clean_case` takes them, in file order.

    `left_out` names each case and assertion that did not come in; `changed` each that came in
    but does not measure quite the same any more; `notes` what concerns the file as a whole.
    """

    name: str = ""
    file: str = ""
    cases: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    changed: list[LeftOut] = field(default_factory=list)
    notes: list[LeftOut] = field(default_factory=list)

    def leave_out(self, place: str, reason: str) -> None:
        """Say that a case or an assertion did not come in."""
        self.left_out.append(LeftOut(place, reason))

    def change(self, place: str, how: str) -> None:
        """Say that a case came in and differs from what the file meant."""
        self.changed.append(LeftOut(place, how))

    def note(self, place: str, what: str) -> None:
        """Say something about the file as a whole."""
        self.notes.append(LeftOut(place, what))


@dataclass(frozen=True)
class Options:
    """What the person who imports may settle where a file does not say it.

    `judge` is the slug of a prompt of kind judge, for what a model is to grade; `scorer` how
    samples that name none are compared; `input_field` and `target_field` the names of the fields
    that hold question and ideal answer; `prompt_number` which of several prompts is asked.
    """

    judge: str = ""
    scorer: str = ""
    input_field: str = ""
    target_field: str = ""
    prompt_number: int = 1


class UnusableFile(ValueError):
    """A file that cannot be read; the message says in words what is wrong with it."""
