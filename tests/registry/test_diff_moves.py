"""Blocks that moved are said to have moved, and where to."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from registry.diff import DiffRow, Move, side_by_side, summary, unified

INTRO = ["You help the customers of a shop.\n", "Stay polite.\n"]
REFUNDS = ["## Refunds\n", "Never promise one.\n", "Offer to look into it.\n"]
MIDDLE = [f"Rule {n} stands where it always stood.\n" for n in range(6)]
LONG = "Name the paragraph of the contract that you rely on, and quote it word for word.\n"


def compare(old: list[str], new: list[str]) -> list[DiffRow]:
    return side_by_side("".join(old), "".join(new))


def moves(rows: list[DiffRow], kind: str) -> list[Move]:
    return [row.move for row in rows if row.kind == kind and row.move]


def test_a_block_that_went_down_names_the_lines_it_went_to_and_came_from() -> None:
    rows = compare(INTRO + REFUNDS + MIDDLE, INTRO + MIDDLE + REFUNDS)
    assert moves(rows, "removed") == [
        Move(9, 11, 9, True), Move(9, 11, 10, False), Move(9, 11, 11, False),
    ]  # fmt: skip
    assert [move.line for move in moves(rows, "added")] == [3, 4, 5]
    assert summary(rows) == (0, 0, 0, 3)


def test_a_moved_block_that_was_left_as_it_was_marks_no_word() -> None:
    rows = compare(REFUNDS + MIDDLE, MIDDLE + REFUNDS)
    assert {span.kind for row in rows for span in (*row.old, *row.new)} == {"same"}


def test_a_word_edited_on_the_way_is_marked_alone() -> None:
    edited = [line.replace("Offer to", "Always offer to") for line in REFUNDS]
    rows = compare(REFUNDS + MIDDLE, MIDDLE + edited)
    (row,) = [row for row in rows if row.kind == "added" and len(row.new) > 1]
    assert row.move is not None and row.move.line == 3
    assert [span.text for span in row.new if span.kind == "added"] == ["Always offer"]


def test_one_long_line_moves_even_with_an_edit() -> None:
    edited = LONG.replace("quote it word for word", "cite it in full")
    rows = compare([LONG, *MIDDLE], [*MIDDLE, edited])
    (gone,), (come,) = moves(rows, "removed"), moves(rows, "added")
    assert (gone.line, come.line) == (7, 1)


def test_one_short_line_elsewhere_is_no_move() -> None:
    rows = compare(["Stay polite.\n", *MIDDLE], [*MIDDLE, "Stay polite.\n"])
    assert not moves(rows, "removed")
    assert summary(rows) == (1, 1, 0, 0)


def test_lines_that_occur_twice_are_no_sign_of_a_move() -> None:
    pair = ["Cite your sources.\n", "Be brief.\n"]
    rows = compare(pair + MIDDLE[:3] + pair + MIDDLE[3:], MIDDLE + pair)
    assert summary(rows).moved <= 2


def test_blank_lines_alone_never_move() -> None:
    rows = compare(["\n", "\n", "\n", *MIDDLE], [*MIDDLE, "\n", "\n", "\n"])
    assert summary(rows).moved == 0


def test_the_one_column_form_keeps_where_a_line_moved() -> None:
    rows = list(unified(compare(REFUNDS + MIDDLE, MIDDLE + REFUNDS)))
    assert {row.sign for row in rows if row.move} == {"-", "+"}


LINES = st.lists(
    st.sampled_from([*INTRO, *REFUNDS, *MIDDLE, LONG, LONG.replace("quote", "cite"), "\n"]),
    max_size=20,
)


@settings(deadline=None)
@given(LINES, LINES)
def test_moves_point_at_each_other_and_lose_nothing(old: list[str], new: list[str]) -> None:
    rows = compare(old, new)
    assert "".join(span.text for row in rows for span in row.old) == "".join(old)
    assert "".join(span.text for row in rows for span in row.new) == "".join(new)
    went = {(row.old_no, row.move.line) for row in rows if row.kind == "removed" and row.move}
    came = {(row.move.line, row.new_no) for row in rows if row.kind == "added" and row.move}
    assert went == came
