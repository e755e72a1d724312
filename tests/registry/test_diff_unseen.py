"""What one cannot see has a sign and a name."""

from __future__ import annotations

import pytest

from registry.diff import Piece, Span, side_by_side
from registry.diff.unseen import signed


def printed(span: Span, *, everything: bool = False) -> str:
    return "".join(piece.text for piece in span.pieces(everything=everything))


@pytest.mark.parametrize(
    ("char", "sign", "name"),
    [
        ("\u200b", "[ZWSP]", "zero width space, U+200B"),
        ("\u202e", "[RLO]", "right-to-left override, U+202E"),
        ("\u2066", "[LRI]", "left-to-right isolate, U+2066"),
        ("\ufeff", "[BOM]", "zero width no-break space, U+FEFF"),
        ("\U000e0041", "[U+E0041]", "tag latin capital letter a, U+E0041"),
        ("\x00", "[U+0000]", "control character, U+0000"),
    ],
)
def test_suspect_characters_show_in_text_that_did_not_change(
    char: str, sign: str, name: str
) -> None:
    assert list(Span("same", f"say{char} it\n").pieces()) == [
        Piece("say"), Piece(sign, name), Piece(" it"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["می\u200cخواهم", "👩\u200d💻", "Bonjour\u00a0!", "a\tb", "end  "])
def test_characters_in_their_place_do_not_clutter_unchanged_text(text: str) -> None:
    assert list(Span("same", text).pieces()) == [Piece(text)]


def test_trailing_blanks_and_tabs_show_where_something_changed() -> None:
    assert printed(Span("added", "a b\tc \u00a0 \n")) == "a b⇥c·[NBSP]·"


def test_blanks_within_changed_words_stay_blanks() -> None:
    assert printed(Span("removed", "be kind and brief")) == "be kind and brief"


def test_everything_shows_each_blank_and_line_end() -> None:
    shown = printed(Span("same", "a b\u200d\tc\r\n"), everything=True)
    assert shown == "a·b[ZWJ]⇥c␍⏎"


def test_a_hostile_stretch_prints_a_bounded_number_of_signs() -> None:
    pieces = list(Span("added", "\u200bx" * 100_000).pieces())
    assert len(pieces) < 5_000
    assert printed(Span("added", "\u200bx" * 3)) == "[ZWSP]x" * 3


def test_signs_are_for_showing_and_never_in_the_text() -> None:
    (row,) = side_by_side("a b", "a\u00a0b")
    assert "".join(span.text for span in row.new) == "a\u00a0b"


def test_signs_alone_stand_for_all_that_has_no_business_in_a_text() -> None:
    assert signed("a\u202eb\u200bc\x00d\U000e0041 é\u200d") == (
        "a[RLO]b[ZWSP]c[U+0000]d[U+E0041] é\u200d"
    )
