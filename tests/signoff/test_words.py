"""The page's sentences: the same places in every language, numbers in words."""

from __future__ import annotations

import re

import pytest

from fleet.signoff.blind import SIDES, Pair, choices, tally
from fleet.signoff.evidence import Compared, Tally
from fleet.signoff.page import masked
from fleet.signoff.phrases import SHIPPED, best_of, phrases_for
from fleet.signoff.words import asked, results
from registry.diff import Span


def places(phrase: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", phrase))


@pytest.mark.parametrize("locale", SHIPPED)
def test_language_says_all_that_english_says_with_the_same_places(locale: str) -> None:
    english, here = SHIPPED["en"], SHIPPED[locale]
    assert here.keys() == english.keys()
    wrong = [key for key in english if not places(here[key]) <= places(english[key]) | {"n"}]
    wrong += [
        key for key in english
        if not key.endswith("_one") and places(here[key]) != places(english[key])
    ]  # fmt: skip
    assert wrong == []
    assert [key for key, phrase in here.items() if not phrase.strip()] == []


@pytest.mark.parametrize(
    ("asked_for", "spoken", "dates"),
    [("de-AT", "de", "de-AT"), ("en-IE", "en", "en-IE"), ("zz", "en", "en"), ("", "en", "en")],
)
def test_nearest_language_is_spoken_else_english(asked_for: str, spoken: str, dates: str) -> None:
    found = phrases_for(asked_for)
    assert (found.locale, found.dates) == (spoken, dates)


def test_browser_gets_the_first_of_its_languages_that_is_there() -> None:
    assert best_of(["zz", "de-CH", "en"]).locale == "de"
    assert best_of(["<script>"]).locale == "en"


@pytest.mark.parametrize(
    ("counted", "said"),
    [
        (
            Tally(all=60, own=12, same=59, better=1),
            "59 of 60 questions are answered as well as before. 1 is answered better. "
            "None is answered worse.",
        ),
        (
            Tally(all=3, same=1, worse=2, failing=1),
            "1 of 3 questions is answered as well as before. 2 are answered worse. "
            "1 did not meet what was agreed before and does not now.",
        ),
    ],
)
def test_result_is_told_in_words_and_what_got_worse_is_never_left_out(
    counted: Tally, said: str
) -> None:
    assert " ".join(results(phrases_for("en"), counted)) == said


def test_own_questions_are_counted_for_the_reader() -> None:
    said = asked(phrases_for("en"), Tally(all=60, own=12))
    assert said.endswith("12 of them are your own.")


def test_address_is_masked_for_whoever_the_link_was_forwarded_to() -> None:
    assert masked("helen.marsh@alder.example") == "h…@alder.example"


def test_blind_choice_counts_for_the_side_that_was_shown() -> None:
    pairs = [
        Pair(Compared(n, "same", True, [], [Span("same", "a")], [Span("same", "b")]), left)
        for n, left in ((1, True), (2, False), (3, True))
    ]
    assert [(pair.left, pair.right) for pair in pairs[:2]] == [("b", "a"), ("a", "b")]
    found = choices(pairs, {1: "left", 2: "left", 3: "tie", 9: "left"})
    assert found == {1: "new", 2: "old", 3: "tie"}
    assert tally(found) == {"new": 1, "old": 1, "tie": 1}
    assert choices(pairs, dict.fromkeys((1, 2), "up")) == {} and "up" not in SIDES
