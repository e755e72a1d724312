"""The form holds every part of a base and gives it back exactly; pure."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.base.acts import do
from fleet.base.form import slot_row, typed_from, typed_of
from fleet.base.phrasings import BadPhrasing, lines_of, phrasings_of
from fleet.base.review import flaws
from registry.actions import BaseContent
from registry.compose import Phrasing, Slot, Variable

EVERYTHING = Slot(
    "tone", "Tone", "How it sounds", "Be kind.\n\nAlways. ", True, "append", 400, "## Tone\n",
    "\n", "Be brief.", "list", (Phrasing("a=b", "x\\n\ny"),), 1, 2.5, 7, 90,
    (Phrasing("Warm", "Be warm."),), "* ",
)  # fmt: skip
CONTENT = BaseContent(
    "Hi {{name}}\n{{> tone}}\n", (EVERYTHING, Slot("notice")),
    (Variable("name", False, True, "Who", "Ana"), Variable("day")),
)  # fmt: skip


def posted(content: BaseContent) -> dict[str, str]:
    """What a browser sends back for this content."""
    typed = typed_of(content)
    found = {"text": typed.text.replace("\n", "\r\n")}
    for kind, rows in (("slot", typed.slots), ("variable", typed.variables)):
        for n, row in enumerate(rows):
            found |= {
                f"{kind}-{n}-{key}": value.replace("\n", "\r\n")
                for key, value in row.items()
                if value or key not in ("required", "pii")
            }
    return found


def test_everything_comes_back_exactly() -> None:
    typed = typed_from(posted(CONTENT))
    assert typed.content == CONTENT
    assert typed.problems == []


def test_every_field_of_a_slot_has_its_place_in_the_form() -> None:
    assert set(slot_row(EVERYTHING)) == {field.name for field in fields(Slot)}


text = st.text(st.characters(exclude_characters="\r\x00", exclude_categories=["Cs"]), min_size=1)
label = text.map(str.strip).filter(bool)


@given(st.lists(st.builds(Phrasing, label, text)))
def test_phrasings_come_back_exactly(phrasings: list[Phrasing]) -> None:
    assert list(phrasings_of(lines_of(phrasings))) == phrasings


def test_a_line_that_is_no_phrasing_is_quoted() -> None:
    with pytest.raises(BadPhrasing, match="just words"):
        list(phrasings_of("Warm = Be warm.\njust words"))


@pytest.mark.parametrize(
    ("key", "value"), [("max_chars", "many"), ("minimum", "nan"), ("max_items", "9" * 5000)]
)
def test_what_is_no_number_is_said_and_kept(key: str, value: str) -> None:
    typed = typed_from({"slot-0-name": "tone", f"slot-0-{key}": value})
    assert getattr(typed.content.slots[0], key) is None
    assert len(typed.problems) == 1
    assert typed.slots[0][key] == value


def test_rows_move_come_and_go() -> None:
    typed = typed_of(CONTENT)
    do(typed, "slot-down:0")
    assert [row["name"] for row in typed.slots] == ["notice", "tone"]
    do(typed, "slot-remove:0")
    do(typed, "declare:citations")
    do(typed, "variable:day2")
    assert [row["name"] for row in typed.slots] == ["tone", "citations"]
    assert [row["name"] for row in typed.variables] == ["name", "day", "day2"]


@pytest.mark.parametrize("act", ["", "slot-up:0", "slot-up:99", "slot-remove:x", "nothing:1"])
def test_an_act_that_does_not_fit_does_nothing(act: str) -> None:
    typed = typed_of(CONTENT)
    do(typed, act)
    assert typed.content == CONTENT


def test_each_flaw_names_its_way_out() -> None:
    found = flaws(
        "{{> tone}} {{who}} {{> lost}}", (Slot("tone"), Slot("notice")), (Variable("day"),)
    )
    assert {flaw.act for flaw in found} == {"declare:lost", "place:notice", "variable:who", ""}
    assert [flaw.blocks for flaw in found] == [True, True, False, False]


def test_a_button_mends_each_of_them() -> None:
    typed = typed_of(BaseContent("{{> lost}} {{who}}", (Slot("notice"),), ()))
    for flaw in flaws(typed.text, typed.content.slots, typed.content.variables):
        do(typed, flaw.act)
    content = typed.content
    assert flaws(content.text, content.slots, content.variables) == []
