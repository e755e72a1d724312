"""Buttons that change the form's shape: add, move and remove rows, mend a flaw. Pure.

They change what is typed and save nothing. An act that no longer fits does nothing: the page
shows what there is.
"""

from __future__ import annotations

from collections.abc import Callable

from fleet.base.form import MOST_ROWS, Row, Typed, slot_row, variable_row
from registry.compose import Slot, Variable

Act = Callable[[Typed, str], None]


def do(typed: Typed, act: str) -> None:
    """Do what a button asks: `verb` or `verb:argument`."""
    verb, _, argument = act.partition(":")
    if verb in ACTS:
        ACTS[verb](typed, argument)


def _add_slot(typed: Typed, name: str) -> None:
    if len(typed.slots) < MOST_ROWS:
        typed.slots.append(slot_row(Slot(name)) | {"open": "1"})


def _add_variable(typed: Typed, name: str) -> None:
    if len(typed.variables) < MOST_ROWS:
        typed.variables.append(variable_row(Variable(name)))


def _move(by: int) -> Act:
    def act(typed: Typed, place: str) -> None:
        here = _place(typed.slots, place)
        if here is not None and 0 <= here + by < len(typed.slots):
            typed.slots.insert(here + by, typed.slots.pop(here))

    return act


def _remove_slot(typed: Typed, place: str) -> None:
    here = _place(typed.slots, place)
    if here is not None:
        typed.slots.pop(here)


def _remove_variable(typed: Typed, place: str) -> None:
    here = _place(typed.variables, place)
    if here is not None:
        typed.variables.pop(here)


def _put_at_the_end(typed: Typed, name: str) -> None:
    text = typed.text.rstrip("\n")
    typed.text = f"{text}\n\n{{{{> {name}}}}}" if text else f"{{{{> {name}}}}}"


def _place(rows: list[Row], place: str) -> int | None:
    here = int(place) if place.isascii() and place.isdigit() and len(place) < 4 else -1
    return here if 0 <= here < len(rows) else None


ACTS: dict[str, Act] = {
    "slot-add": _add_slot,
    "slot-up": _move(-1),
    "slot-down": _move(1),
    "slot-remove": _remove_slot,
    "variable-add": _add_variable,
    "variable-remove": _remove_variable,
    "declare": _add_slot,
    "place": _put_at_the_end,
    "variable": _add_variable,
}
