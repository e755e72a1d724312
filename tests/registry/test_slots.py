"""Typed slots: what a text may be, what is lost in reading and writing it, where it stands."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from registry.compose import ComposeError, Phrasing, Slot, compose
from registry.slots import (
    RULE,
    Entry,
    Example,
    Misfit,
    declaration_problems,
    findings,
    fits,
    parse,
    placements,
    problems,
    refuse_declarations,
    render,
    tidy,
)
from registry.unfork.template import read_values

CHOICES = (Phrasing("Formal", "Use the surname."), Phrasing("Casual", "Use the first name."))
TEXT = Slot("tone")
CHOICE = Slot("address", type="choice", choices=CHOICES)
LIST = Slot("phrases", type="list")
BARE = Slot("phrases", type="list", bullet="")
NUMBER = Slot("words", type="number", minimum=20, maximum=300)
EXAMPLES = Slot("examples", type="examples")
GLOSSARY = Slot("terms", type="glossary")
EVERY = (TEXT, CHOICE, LIST, BARE, NUMBER, EXAMPLES, GLOSSARY)

# Letters that have to do with the notations, and some that have not.
letters = st.sampled_from([*"aß😀 -:QA.,0159\t", "Q: ", "A: ", "- ", "   ", ": "])
line = st.lists(letters, min_size=1, max_size=8).map("".join).map(str.strip).filter(bool)
lines = st.lists(st.one_of(line, st.just("")), min_size=1, max_size=5).map(
    lambda parts: "\n".join(parts).strip()
)
paragraphs = st.one_of(line, lines.filter(bool), st.just("a\n  b\n\nQ: c\nA: d"))
term = line.filter(lambda text: ": " not in text)
any_text = st.one_of(st.text(max_size=40), st.lists(st.one_of(letters, st.just("\n"))).map("".join))


def unique(entries: list[Entry]) -> bool:
    return len({entry.term.casefold() for entry in entries}) == len(entries)


@settings(deadline=None)
@given(st.lists(line, max_size=6))
def test_list_written_and_read_is_the_same_items(items: list[str]) -> None:
    for slot in (LIST, BARE):
        text = render(slot, items)
        assert parse(slot, text) == items
        assert problems(slot, text) == []


@settings(deadline=None)
@given(st.lists(st.builds(Example, paragraphs, paragraphs), max_size=4))
def test_examples_written_and_read_are_the_same_pairs(items: list[Example]) -> None:
    text = render(EXAMPLES, items)
    assert parse(EXAMPLES, text) == items
    assert problems(EXAMPLES, text) == []


@settings(deadline=None)
@given(st.lists(st.builds(Entry, term, line), max_size=5).filter(unique))
def test_glossary_written_and_read_is_the_same_entries(items: list[Entry]) -> None:
    text = render(GLOSSARY, items)
    assert parse(GLOSSARY, text) == items
    assert problems(GLOSSARY, text) == []


@settings(deadline=None)
@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=6
    )
)
@example(Decimal("-0"))
@example(Decimal("1E+3"))
def test_number_written_and_read_is_the_same_number(number: Decimal) -> None:
    slot = Slot("n", type="number")
    text = render(slot, [number])
    assert parse(slot, text) == [number]
    assert "E" not in text and "," not in text


@settings(deadline=None)
@given(st.sampled_from(EVERY), any_text)
def test_every_allowed_text_is_written_as_it_was_read(slot: Slot, text: str) -> None:
    if not problems(slot, text):
        assert render(slot, parse(slot, text)) == text


@settings(deadline=None)
@given(st.sampled_from(EVERY), any_text)
def test_mending_leads_to_an_allowed_text_and_stops_there(slot: Slot, text: str) -> None:
    free = Slot(slot.name, type=slot.type, choices=slot.choices, bullet=slot.bullet)
    mended = tidy(free, text)
    assert mended == text or fits(free, mended)
    assert tidy(free, mended) == mended
    for problem in problems(free, text):
        assert problem.mended is None or problems(free, problem.mended) == []


@settings(deadline=None)
@given(st.sampled_from(EVERY), any_text)
def test_spans_of_problems_lie_in_the_text(slot: Slot, text: str) -> None:
    for problem in problems(slot, text):
        if problem.span is not None:
            start, end = problem.span
            assert 0 <= start <= end <= len(text)


@pytest.mark.parametrize(
    ("slot", "text", "words"),
    [
        (CHOICE, "Use both.", "“Use both.” is not one of the choices."),
        (NUMBER, "19", "19 is below 20."),
        (NUMBER, "300.5", "300.5 is above 300."),
        (NUMBER, "eighty", "This is not a number"),
        (NUMBER, "1,250", "This is not a number"),
        (LIST, "- a\n-b", "Line 2 does not begin as an item does."),
        (LIST, "- a\n- ", "Item 2 is empty."),
        (LIST, "- a ", "Item 1 has blanks before or after it."),
        (Slot("l", type="list", max_items=1), "- a\n- b", "2 items; at most 1 are allowed."),
        (GLOSSARY, "- basket", "Line 1 has a term without a meaning."),
        (GLOSSARY, "- Cart: a\n- cart: b", "“cart” is explained twice."),
        (GLOSSARY, "- : b", "Term 1 is empty."),
        (EXAMPLES, "Q: a\nA: b\nQ: c", "The question “c” has no answer."),
        (EXAMPLES, "Hello", "Line 1 belongs to no question or answer."),
        (EXAMPLES, "Q: a\nA: ", "Answer 1 is empty."),
        (Slot("t", max_chars=3), "abcd", "1 characters more than the 3 that fit."),
        (Slot("t", max_tokens=1), "abcdefgh", "About 2 tokens (an estimate); 1 are allowed."),
        (Slot("t", required=True), "", "This slot must be filled."),
    ],
)
def test_a_text_that_does_not_fit_says_why(slot: Slot, text: str, words: str) -> None:
    assert problems(slot, text)[0].message.startswith(words)


@pytest.mark.parametrize(
    ("slot", "text", "mended"),
    [
        (LIST, "* a\n\n2) b ", "- a\n- b"),
        (BARE, "a\n\n5) b", "a\n5) b"),
        (NUMBER, " 80 ", "80"),
        (NUMBER, "٨٠", "80"),
        (Slot("n", type="number"), "1 500", "1500"),
        (Slot("n", type="number"), "0,50", "0.5"),
        (CHOICE, "use the surname. ", "Use the surname."),
        (CHOICE, "formal", "Use the surname."),
        (GLOSSARY, "cart = basket\n* lead – enquiry", "- cart: basket\n- lead: enquiry"),
        (EXAMPLES, "q: a\n\nANSWER: b\nc\n", "Q: a\nA: b\n   c"),
    ],
)
def test_what_is_plainly_meant_is_mended(slot: Slot, text: str, mended: str) -> None:
    assert tidy(slot, text) == mended
    assert [problem.mended for problem in problems(slot, text)] == [mended]


@pytest.mark.parametrize("text", ["1,250", "1.250", "eighty", "8o", "1e3", "1" * 60])
def test_a_number_that_could_be_two_is_not_guessed(text: str) -> None:
    assert tidy(Slot("n", type="number"), text) == text


@pytest.mark.parametrize(
    ("slot", "items"),
    [
        (LIST, ["a\nb"]), (LIST, ["a\rb"]), (LIST, [""]), (LIST, [" a"]),
        (GLOSSARY, [Entry("a: b", "c")]), (GLOSSARY, ["a"]), (GLOSSARY, [Entry("a", "")]),
        (EXAMPLES, [Example("a", " ")]), (EXAMPLES, ["a"]), (EXAMPLES, [Example("a", "b\rc")]),
        (NUMBER, ["80"]), (NUMBER, [Decimal("NaN")]), (NUMBER, [Decimal(1), Decimal(2)]),
        (CHOICE, ["Another."]), (CHOICE, ["Use the surname."] * 2),
    ],
)  # fmt: skip
def test_items_that_no_text_could_hold_are_refused(slot: Slot, items: list[object]) -> None:
    with pytest.raises(Misfit):
        render(slot, items)  # type: ignore[arg-type]


def test_an_empty_text_has_no_items_and_no_items_are_an_empty_text() -> None:
    for slot in EVERY:
        assert parse(slot, "") == [] and render(slot, []) == "" and problems(slot, "") == []


def test_a_required_slot_with_a_default_may_be_left_empty() -> None:
    assert problems(Slot("t", required=True, default="x"), "") == []


def test_findings_name_slot_rule_and_fix_and_leave_length_to_the_policy() -> None:
    slots = [Slot("tone", max_chars=2), NUMBER, Slot("must", label="Must", required=True)]
    number, missing = findings(slots, {"tone": "long", "words": "0,50"})
    assert (number.rule, number.severity, number.slot) == (RULE, "block", "words")
    assert number.fix is None and number.quote == ""
    assert (missing.slot, missing.message) == ("must", "This slot must be filled.")
    (listed,) = findings([LIST], {"phrases": "a\nb"})
    assert (listed.severity, listed.span, listed.quote) == ("warn", (0, 3), "a\nb")
    assert listed.fix is not None and listed.fix.replacement == "- a\n- b"


@pytest.mark.parametrize("slot", EVERY, ids=lambda slot: f"{slot.type}{slot.bullet}")
@pytest.mark.parametrize(
    "text", [" " * 10**6, "a: " * 300_000, "\n" * 10**6, "Q: a\nA: b\n" * 90_000, "-" * 50_000,
             " " * 49_999 + "x", "1" * 50_000, "\ud800\x00\u202e" * 10_000],
    ids=["blanks", "colons", "lines", "pairs", "dashes", "indent", "digits", "broken"],
)  # fmt: skip
def test_hostile_text_is_judged_at_once(slot: Slot, text: str) -> None:
    started = time.process_time()  # our own seconds: other work on the machine does not count
    problems(slot, text)
    tidy(slot, text)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("slot", "words"),
    [
        (Slot("Tone"), "cannot be a slot's name"),
        (Slot("a", type="choice"), "nothing to choose from"),
        (Slot("a", type="choice", choices=(Phrasing("x", "y"), Phrasing("z", "y"))), "same text"),
        (Slot("a", type="choice", choices=(Phrasing("x", "y"), Phrasing("x", "z"))), "same label"),
        (Slot("a", type="choice", choices=(Phrasing("x", " "),)), "has no text"),
        (Slot("a", type="choice", choices=CHOICES, default="No."), "default does not fit"),
        (Slot("a", type="choice", choices=CHOICES, mode="append"), "cannot follow the default"),
        (Slot("a", type="number", minimum=5, maximum=1), "above the largest"),
        (Slot("a", type="number", minimum=float("nan")), "must be numbers"),
        (Slot("a", type="number", default="many"), "default does not fit"),
        (Slot("a", type="list", default="x"), "default does not fit"),
        (Slot("a", type="list", bullet="\n"), "line break"),
        (Slot("a", type="list", templates=(Phrasing("T", "x"),)), "template “T” does not fit"),
        (Slot("a", max_chars=0), "no room"),
        (Slot("a", max_chars=2, default="abc"), "default does not fit"),
    ],
)
def test_a_slot_nobody_could_fill_is_not_declared(slot: Slot, words: str) -> None:
    assert any(words in problem.message for problem in declaration_problems(slot))
    with pytest.raises(ComposeError):
        refuse_declarations([TEXT, slot])


def test_the_slots_of_this_test_may_be_declared() -> None:
    refuse_declarations(EVERY)


@pytest.mark.parametrize(
    "row",
    [
        {}, {"name": 3}, {"name": "a", "type": "essay"}, {"name": "a", "mode": "prepend"},
        {"name": "a", "choices": ["x"]}, {"name": "a", "choices": [{"label": "x"}]},
        {"name": "a", "templates": [{"label": "x", "text": None}]}, {"name": "a", "choices": 3},
        {"name": "a", "minimum": "1"}, {"name": "a", "max_items": 1.5},
        {"name": "a", "default": None},
        {"name": "a", "max_chars": True}, {"name": "a", "required": "yes"},
    ],
)  # fmt: skip
def test_json_that_is_no_slot_is_refused_in_words(row: dict[str, object]) -> None:
    with pytest.raises(ComposeError):
        Slot.from_json(row)


def test_a_slot_comes_back_from_its_json_and_old_fingerprints_stay() -> None:
    full = Slot(
        "a", type="list", bullet="", max_items=3, templates=CHOICES, minimum=1, max_tokens=9
    )
    for slot in (*EVERY, full):
        assert Slot.from_json(slot.as_json()) == slot
    assert set(TEXT.as_json()) == {
        "name", "label", "help", "default", "required", "mode", "max_chars", "before", "after",
        "example", "type",
    }  # fmt: skip


BASE = """Hi.

# How you sound
{{> tone}}
{{> terms}}

## Form ##
- At most {{> words}} words.
{{> tone}}"""


def test_a_slot_knows_where_it_stands() -> None:
    places = placements(BASE, [NUMBER, TEXT, GLOSSARY, Slot("nowhere")])
    assert list(places) == ["tone", "terms", "words"]
    tone, words = places["tone"], places["words"]
    assert (tone.position, tone.of, tone.heading, tone.after) == (1, 3, "How you sound", None)
    assert (words.position, words.heading, words.after) == (3, "Form", "terms")
    assert (words.lead, words.rest, words.in_sentence) == ("- At most ", " words.", True)
    assert not tone.in_sentence


FORKED = [
    TEXT,
    Slot("words", type="number", default="150"),
    Slot("terms", type="glossary", before="\n"),
]
TEMPLATE = "You help.\n{{> tone}}\n\nWrite at most {{> words}} words.{{> terms}}\nBye."


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"words": "80", "terms": "- cart: basket"}, set()),
        ({"words": "eighty"}, {"words"}),
        ({"tone": "Warm.", "terms": "Say basket."}, {"terms"}),
    ],
)
def test_an_unfork_gives_texts_and_says_which_do_not_fit(
    values: dict[str, str], wrong: set[str]
) -> None:
    fork = compose("", TEMPLATE, FORKED, values).text
    read = read_values(TEMPLATE, FORKED, fork)
    assert read == values
    assert {slot.name for slot in FORKED if problems(slot, read.get(slot.name, ""))} == wrong
    assert {finding.slot for finding in findings(FORKED, read)} == wrong
    assert compose("", TEMPLATE, FORKED, read).text == fork
