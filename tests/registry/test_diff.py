"""Side-by-side comparison: exact, readable, bounded."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.diff import DiffRow, Span, Work, side_by_side, summary, unified
from registry.diff.align import WORK_LIMIT

LINE = st.text(alphabet="ab é退โ\t\u200b.", max_size=8)
TEXT = st.lists(LINE | st.text(max_size=6), max_size=12).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n", "\n\n"]).map(lambda end: end.join(lines))
)


def joined(rows: list[DiffRow], side: str) -> str:
    return "".join(span.text for row in rows for span in getattr(row, side))


def marked(spans: tuple[Span, ...]) -> str:
    """Spans as text: [-removed-], {+added+}."""
    sign = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(sign[span.kind].format(span.shown) for span in spans)


def unfolded(rows: list[DiffRow]) -> list[DiffRow]:
    return [inner for row in rows for inner in (row.hidden or (row,))]


@settings(deadline=None)
@given(TEXT, TEXT)
def test_joining_either_side_gives_back_that_text_exactly(old, new):
    rows = side_by_side(old, new)
    assert (joined(rows, "old"), joined(rows, "new")) == (old, new)


@settings(deadline=None)
@given(TEXT, TEXT, st.integers(0, 300))
def test_joining_stays_exact_when_the_allowance_runs_out(old, new, limit):
    rows = side_by_side(old, new, work=Work(limit))
    assert (joined(rows, "old"), joined(rows, "new")) == (old, new)


@settings(deadline=None)
@given(TEXT)
def test_equal_texts_give_only_same_rows(text):
    assert {row.kind for row in side_by_side(text, text)} <= {"same"}


@settings(deadline=None)
@given(TEXT, TEXT)
def test_numbers_count_every_line_once_in_order(old, new):
    rows = side_by_side(old, new)
    for side in ("old_no", "new_no"):
        numbers = [getattr(row, side) for row in rows if getattr(row, side)]
        assert numbers == list(range(1, len(numbers) + 1))


@settings(deadline=None)
@given(TEXT, TEXT)
def test_same_spans_read_the_same_on_both_sides(old, new):
    for row in side_by_side(old, new):
        sides = ["".join(s.text for s in side if s.kind == "same") for side in (row.old, row.new)]
        if row.kind == "changed":
            assert sides[0] == sides[1]
            assert {s.kind for s in (*row.old, *row.new)} != {"same"}


@settings(deadline=None)
@given(TEXT, TEXT, st.integers(0, 3))
def test_folding_hides_only_same_rows_and_loses_none(old, new, context):
    rows = side_by_side(old, new, context)
    assert unfolded(rows) == side_by_side(old, new)
    assert all(inner.kind == "same" for row in rows for inner in row.hidden)


def test_changed_word_in_a_line_is_marked_alone():
    (row,) = side_by_side("Be kind and brief.\n", "Be kind and thorough.\n")
    assert row.kind == "changed"
    assert marked(row.old) == "Be kind and [-brief-]."
    assert marked(row.new) == "Be kind and {+thorough+}."


def test_two_changed_words_in_a_row_are_one_mark():
    (row,) = side_by_side(
        "Answer in plain short words only.\n", "Answer in rich long words only.\n"
    )
    assert marked(row.old) == "Answer in [-plain short-] words only."


def test_lines_pair_by_similarity_across_an_inserted_one():
    old = "Never promise a refund to anyone.\n"
    new = "Cite the paragraph you rely on.\nNever promise any refund to anyone.\n"
    assert [row.kind for row in side_by_side(old, new)] == ["added", "changed"]


def test_unlike_lines_stay_apart():
    rows = side_by_side("Cite every source you use.\n", "Greet Ana by name today\n")
    assert [row.kind for row in rows] == ["removed", "added"]


def test_mistyped_single_word_pairs_by_letters():
    (row,) = side_by_side("colour\n", "color\n")
    assert row.kind == "changed"


def test_reindented_block_pairs_line_by_line_and_says_blanks_only():
    old = "".join(f"- rule number {n} of many\n" for n in range(200))
    rows = side_by_side(old, old.replace("- ", "  -  "))
    assert {(row.kind, row.only) for row in rows} == {("changed", "blanks")}


@pytest.mark.parametrize(
    ("old", "new", "only", "shown"),
    [
        ("end\n", "end\r\n", "line_end", "end{+␍⏎+}"),
        ("end", "end\n", "line_end", "end{+⏎+}"),
        ("a b c", "a  b c", "blanks", "a{+··+}b c"),
        ("a b c", "a\tb c", "blanks", "a{+⇥+}b c"),
        ("say hello now", "say\u200b hello now", "invisible", "say{+[ZWSP]+} hello now"),
        ("say hello now", "say\u00a0hello now", "blanks", "say{+[NBSP]+}hello now"),
    ],
)
def test_difference_one_cannot_see_is_spelled_out(old, new, only, shown):
    (row,) = side_by_side(old, new)
    assert (row.kind, row.only, marked(row.new)) == ("changed", only, shown)


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        (
            "退款政策：请礼貌地回答客户。",
            "退款规则：请礼貌地回答客户。",
            "退款{+规则+}：请礼貌地回答客户。",
        ),
        ("ตอบอย่างสุภาพเสมอ", "ตอบอย่างสั้นเสมอ", None),
        ("कृपया खाता बंद करें", "कृपया खाते बंद करें", "कृपया {+खाते+} बंद करें"),
        ("یک پاسخ کوتاه بده", "یک جواب کوتاه بده", "یک {+جواب+} کوتاه بده"),
    ],
)
def test_scripts_without_spaces_are_marked_by_character_others_by_word(old, new, shown):
    (row,) = side_by_side(old, new)
    if shown:
        assert marked(row.new) == shown
    else:
        assert row.new[0].kind == "same" and row.new[-1].text.endswith("เสมอ")


def test_emoji_made_of_parts_is_never_torn():
    (row,) = side_by_side("Greet with 👩‍💻 every time", "Greet with 👩‍🔬 every time")
    assert marked(row.new) == "Greet with {+👩[ZWJ]🔬+} every time"


def test_only_newline_ends_a_line():
    assert len(side_by_side("a\u2028b\x0cc\rd", "")) == 1


def test_summary_counts_lines_by_kind():
    rows = side_by_side("a one\nb\nkeep\n", "a two\nkeep\nnew\nnewer\n")
    assert summary(rows) == (2, 1, 1, 0)


def test_unified_puts_what_went_before_what_came():
    old, new = "x\none two three\nfour five six\n", "x\none two 3\nfour five 6\n"
    rows = list(unified(side_by_side(old, new)))
    assert [(row.sign, row.old_no, row.new_no) for row in rows] == [
        (" ", 1, 1), ("-", 2, None), ("-", 3, None), ("+", None, 2), ("+", None, 3),
    ]  # fmt: skip


N = 5_000
HOSTILE = {
    "all lines alike, other count": ("same\n" * N, "same\n" * (N - 9)),
    "all lines alike, none common": ("same\n" * N, "other\n" * N),
    "no common line": (
        "".join(f"w{n} x{n * 7} y{n * 11}\n" for n in range(N)),
        "".join(f"a{n} b{n * 7} c{n * 11}\n" for n in range(N)),
    ),
    "every line changed": (
        "".join(f"keep {n} these words\n" for n in range(N)),
        "".join(f"keep {n + N} these words\n" for n in range(N)),
    ),
    "two lines in turn": ("a\nb\n" * (N // 2), "b\na\na\n" * (N // 3)),
    "one line of a million characters": ("a" * 10**6, "b" + "a" * 10**6),
    "one line of half a million words": ("a b " * 250_000, "b a c " * 170_000),
    "one line of a million blanks": (" " * 10**6, "\t" * 10**6),
    "all lines in reverse": (
        "".join(
            f"Line {n} went to the other end of this text and is a long one.\n" for n in range(N)
        ),
        "".join(
            f"Line {n} went to the other end of this text and is a long one.\n"
            for n in range(N - 1, -1, -1)
        ),
    ),
    "moved lines, each edited": (
        "".join(
            f"Line {n} w{n} x{n} went far away in this text, word by word.\n" for n in range(N)
        ),
        "".join(
            f"Line {n} w{n} x{n} went further away in this text, word by word.\n"
            for n in range(N - 1, -1, -1)
        ),
    ),
    "a few hundred moved and edited": (
        "".join(
            f"{n} {n * 7} goes down and is as long as a sentence should be.\n" for n in range(300)
        )
        + "stays\n" * 4_000,
        "stays\n" * 4_000
        + "".join(
            f"{n} {n * 7} goes down and is about as long as it should be.\n" for n in range(300)
        ),
    ),
    "one unique line between blank ones": (
        "\n" * 9 + "".join(f"u{n}\n" + "\n" * 9 for n in range(500)),
        "".join(f"u{n}\n" + "\n" * 9 for n in range(499, -1, -1)),
    ),
    "unseen characters all along": (
        ("\u200b\u202e \t" * 20 + "\n") * N,
        ("\u202e\u200b\t " * 20 + "\n") * N,
    ),
    "long lines": (("x y z " * 3_000 + "\n") * 20, ("z q y " * 3_000 + "\n") * 20),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_stays_within_the_allowance(name):
    old, new = HOSTILE[name]
    work = Work()
    rows = side_by_side(old, new, work=work)
    assert work.spent <= WORK_LIMIT
    assert (joined(rows, "old"), joined(rows, "new")) == (old, new)


def test_ordinary_prompt_stays_far_below_the_allowance():
    lines = [
        f"Rule {n}: answer question {n * 13} politely and cite paragraph {n}.\n"
        for n in range(2_000)
    ]
    edited = [
        line.replace("politely", "warmly") if n % 20 == 0 else line for n, line in enumerate(lines)
    ]
    work = Work()
    rows = side_by_side("".join(lines), "".join(edited), work=work)
    assert summary(rows) == (0, 0, 100, 0)
    assert work.spent < WORK_LIMIT / 20
