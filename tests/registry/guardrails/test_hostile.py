"""Text made to be slow is not: time grows with length, whatever is repeated."""

from __future__ import annotations

import time

import pytest

from registry.guardrails import LintContext, lint
from registry.guardrails.engine import MOST_CHARS_READ
from tests.registry.guardrails.conftest import read_policy

SECONDS = 4.0  # processor time for the longest text that is read; usual is under 0.6


PIECES = [
    *('"', "=", "-", "#", "*", "<", "{{", "i ", "a", "a.", "A1", "%41", "&#1;", "01", ".- ", "„"),
    *("\u0301", "\u200b", "不", "ignore ", "never ", "if you ask ", "rule: ", "if(", "a@", "//"),
    *("не", "я", "आ", "ก", "never,", "not or "),
]


@pytest.mark.parametrize("piece", PIECES)
def test_longest_text_of_one_repeated_piece_is_read_in_time(piece: str) -> None:
    text = (piece * (MOST_CHARS_READ // len(piece) + 1))[:MOST_CHARS_READ]
    begun = time.process_time()
    lint(text, read_policy("demo"), LintContext(segment="health", locale="en"))
    assert time.process_time() - begun < SECONDS
