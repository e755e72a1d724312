"""An overlay carried over to another base: what merges by itself and what a person chooses."""

from __future__ import annotations

import pytest

from fleet.review.three_way import proposal_of, three_way
from registry.compose import Slot

TONE, CITE = Slot("tone", "Tone", default="Be friendly."), Slot("citations", "Citations")
TONE_NOW = Slot("tone", "Tone", default="Be friendly and exact.")
ADDED = Slot("tone", "Tone", default="Be friendly.", mode="append")
ADDED_NOW = Slot("tone", "Tone", default="Be friendly and exact.", mode="append")


@pytest.mark.parametrize(
    ("was", "mine", "now", "proposal"),
    [
        ("A", "B", "A", "B"),
        ("A", "A", "C", "C"),
        ("A", "B", "B", "B"),
        ("", "B", "", "B"),
        ("A", "", "A", ""),
        ("A", "A", "", ""),
    ],
)
def test_what_one_side_changed_merges(was: str, mine: str, now: str, proposal: str) -> None:
    (slot,) = three_way([TONE], [TONE], {"tone": was}, {"tone": mine}, {"tone": now})
    assert (slot.conflict, slot.proposal) == ("", proposal)


def test_what_both_changed_is_a_persons_choice() -> None:
    slots = three_way([TONE], [TONE], {"tone": "A"}, {"tone": "B"}, {"tone": "C"})
    assert slots[0].conflict == "both" and proposal_of(slots) is None


def test_text_in_a_slot_that_is_gone_is_a_persons_choice() -> None:
    slots = three_way([TONE, CITE], [TONE], {}, {"citations": "Name sources."}, {})
    assert [(one.name, one.conflict) for one in slots] == [("tone", ""), ("citations", "gone")]


def test_a_gone_slot_that_the_review_leaves_empty_is_left_out() -> None:
    slots = three_way([TONE, CITE], [TONE], {"citations": "Old"}, {}, {"citations": "Old"})
    assert proposal_of(slots) == {}


@pytest.mark.parametrize(
    ("old", "new", "was", "mine", "conflict"),
    [
        (TONE, TONE_NOW, "", "Be brief.", "default"),
        (TONE, TONE_NOW, "Be brief.", "Be brief.", ""),
        (TONE, TONE_NOW, "", "", ""),
        (TONE, TONE_NOW, "", "Be friendly and exact.", ""),
        (ADDED, ADDED_NOW, "", "Be brief.", ""),
    ],
)
def test_a_changed_default_matters_where_new_words_replace_it(
    old: Slot, new: Slot, was: str, mine: str, conflict: str
) -> None:
    (slot,) = three_way([old], [new], {"tone": was}, {"tone": mine}, {"tone": was})
    assert slot.conflict == conflict


def test_a_new_slot_is_there_and_empty() -> None:
    slots = three_way([TONE], [TONE, CITE], {"tone": "A"}, {"tone": "B"}, {"tone": "A"})
    assert proposal_of(slots) == {"tone": "B"}
    assert slots[1].is_untouched
