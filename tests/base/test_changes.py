"""What a base says otherwise, and the version that follows; pure."""

from __future__ import annotations

import pytest

from fleet.base.changes import Change, Said, changes, proposed
from registry.compose import Slot, Variable

TONE, NAME = Slot("tone", default="Be kind."), Variable("name")
OLD = Said("Hello {{> tone}}", (TONE,), (NAME,))


def level(new: Said) -> str:
    """How far the difference reaches."""
    found = changes(OLD, new)
    return found[0].level if found else "none"


@pytest.mark.parametrize(
    ("new", "reach"),
    [
        (OLD, "none"),
        (Said("Hi {{> tone}}", OLD.slots, OLD.variables), "patch"),
        (Said(OLD.text, (Slot("tone", default="Be warm."),), OLD.variables), "patch"),
        (Said(OLD.text, (TONE, Slot("notice")), OLD.variables), "minor"),
        (Said(OLD.text, (TONE, Slot("notice", required=True)), OLD.variables), "major"),
        (Said(OLD.text, (Slot("voice", default="Be kind."),), OLD.variables), "major"),
        (Said(OLD.text, (), OLD.variables), "major"),
        (Said(OLD.text, OLD.slots, (NAME, Variable("day", required=False))), "minor"),
        (Said(OLD.text, OLD.slots, (NAME, Variable("day"))), "major"),
        (Said(OLD.text, OLD.slots, ()), "major"),
        (Said(OLD.text, OLD.slots, (Variable("name", sample="Ana"),)), "patch"),
    ],
)
def test_a_change_reaches_as_far_as_callers_and_overlays_feel_it(new: Said, reach: str) -> None:
    assert level(new) == reach


@pytest.mark.parametrize(
    ("current", "reach", "follows"),
    [
        ("2.4.1", "major", "3.0.0"), ("2.4.1", "minor", "2.5.0"), ("2.4.1", "patch", "2.4.2"),
        ("", "minor", "1.0.0"), ("draft", "patch", "1.0.0"),
    ],
)  # fmt: skip
def test_the_version_follows_from_the_change(current: str, reach: str, follows: str) -> None:
    assert proposed(current, [Change(reach, "x")]) == follows  # type: ignore[arg-type]


def test_a_field_that_changed_is_named_for_people() -> None:
    new = Said(OLD.text, (Slot("tone", default="Be kind.", max_chars=80),), OLD.variables)
    assert [change.words for change in changes(OLD, new)] == [
        "Slot tone: limit in characters changed."
    ]
