"""Patterns run in bounded time and agree with Python's own where both apply."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.guardrails import lint, load_policy
from registry.guardrails.safe_regex import PatternRefused, compile_pattern


def test_catastrophic_pattern_finishes_at_once() -> None:
    pattern = compile_pattern(r"^(a+)+$|(x|x)*y|(\w*)*!")
    started = time.perf_counter()
    list(pattern.find("a" * 1600 + "b"))
    assert time.perf_counter() - started < 1.0


@pytest.mark.parametrize("refused", [r"(a)\1", r"(?=a)b", r"(?<!a)b", "(", "(a{400}){400}"])
def test_pattern_that_cannot_be_bounded_is_refused(refused: str) -> None:
    with pytest.raises(PatternRefused):
        compile_pattern(refused)


@pytest.mark.parametrize(
    "pattern", [r"\bcat\b", r"[a-c]+\d", r"(ab|c)*d", r"^a.c$", r"[^a]b{2,3}", r"a??b", r"\s\w"]
)
@given(text=st.text(alphabet="abcd 12\n", max_size=30))
def test_place_of_the_first_match_agrees_with_pythons(pattern: str, text: str) -> None:
    own = next(compile_pattern(pattern, False).find(text), None)
    theirs = re.search(pattern, text)
    assert (own and own[0]) == (theirs and theirs.start())


def test_pattern_in_hundreds_of_states_at_once_stops_and_asks_for_a_look() -> None:
    pattern = r"(\w{1,90}x){1,3}"
    rule = {"id": "r", "type": "regex", "severity": "block", "params": {"pattern": pattern}}
    started = time.perf_counter()
    (finding,) = lint("a" * 20_000, load_policy({"rules": [rule]}))
    assert time.perf_counter() - started < 2.5
    assert (finding.severity, finding.span) == ("review", None)
    assert "to its end" in finding.message


def test_ordinary_pattern_reads_the_longest_text_there_is_to_its_end() -> None:
    text = "The order number is fine. " * 1_900 + "Our code is AB-1234."
    (span,) = compile_pattern(r"\b[A-Z]{2}-\d{4}\b").find(text)
    assert text[slice(*span)] == "AB-1234"
