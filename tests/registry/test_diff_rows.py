"""A comparison as table rows: escaped, with signs, names and places to link to."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from registry.diff import side_by_side
from registry.templatetags.diff_rows import diff_body

TAG = re.compile(r"<[^>]*>")


def test_changed_words_are_marked_and_escaped() -> None:
    page = diff_body(side_by_side("say <b>no</b> now\n", "say <b>yes</b> now\n"))
    assert "<del>no</del>" in page and "<ins>yes</ins>" in page
    assert "<b>" not in page
    assert 'aria-label="removed">−<' in page and 'aria-label="added">+<' in page


@settings(deadline=None)
@given(st.text(alphabet="<>&\"'a\u202e \n", max_size=30), st.text(max_size=30))
def test_no_text_becomes_markup(old: str, new: str) -> None:
    for view in ("", "unified"):
        page = diff_body(side_by_side(old, new), view, line_ids=True)
        known = r"</?(tbody|tr|td|span|a|del|ins|svg|use|wbr|button)( [a-z-]+(=\"[^\"<>]*\")?)*/?>"
        assert re.sub(known, "", page).count("<") == 0


def test_neighbouring_changes_are_one_place_to_jump_to() -> None:
    rows = side_by_side("a\nb\nc\nd\n", "a\nx1\ny2\nc\nd\nnew\n")
    assert diff_body(rows).count("data-change") == 2
    assert diff_body(rows, "unified").count("data-change") == 2


def test_lines_have_places_only_where_asked() -> None:
    rows = side_by_side("a\nb\n", "a\nc\n")
    assert 'id="L2"' in diff_body(rows, line_ids=True)
    assert 'href="#R2"' in diff_body(rows, "unified", line_ids=True)
    assert "id=" not in diff_body(rows)


def test_a_place_is_named_once_even_in_folded_rows() -> None:
    old = "".join(f"line {n}\n" for n in range(30))
    for view in ("", "unified"):
        page = diff_body(side_by_side(old, old + "x\n", 3), view, line_ids=True)
        ids = re.findall(r' id="([LR]\d+)"', page)
        assert sorted(ids) == sorted({*ids})
        assert {f"L{n}" for n in range(1, 31)} <= {*ids}


def test_a_moved_block_says_where_to_on_its_first_line_only() -> None:
    block, rest = "one line\nanother line\n", "".join(f"stays {n}\n" for n in range(5))
    page = diff_body(side_by_side(block + rest, rest + block), line_ids=True)
    assert page.count("moved to lines 6–7") == 1
    assert page.count("moved from lines 1–2") == 1
    assert 'href="#R6"' in page
    assert "<del>" not in page


def test_unseen_characters_have_a_sign_with_a_name() -> None:
    page = diff_body(side_by_side("ab", "a\u202eb"))
    assert "[RLO]" in page and 'aria-label="right-to-left override, U+202E"' in page
    assert "\u202e" not in page


def test_every_blank_shows_only_on_demand() -> None:
    rows = side_by_side("a b\n", "a b\n")
    assert "·" not in diff_body(rows)
    assert "·" in diff_body(rows, everything=True)
