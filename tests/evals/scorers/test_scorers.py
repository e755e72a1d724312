"""Each scorer says yes to what it is for and no to its nearest miss."""

from __future__ import annotations

import time

import pytest

from evals.scorers import SCORERS, Answer, ExpectationError, score, score_case
from registry.guardrails.semantics import encoder

GERMAN = "Bitte nennen Sie uns die Nummer der Bestellung, dann sehen wir sofort für Sie nach."
ENGLISH = "Please send us the number of your order and we will look into it for you today."


@pytest.mark.parametrize(
    ("scorer", "params", "good", "bad"),
    [
        ("exact", {"value": "Yes."}, " yes.\n", "Yes, sir."),
        ("contains_all", {"values": ["30 days", "KB-110"]}, "30 DAYS [KB-110]", "30 days"),
        ("contains_any", {"values": ["can't", "won't"]}, "I can’t do that", "I can do that"),
        ("not_contains", {"values": ["no problem"]}, "Gladly.", "No problem!"),
        ("starts_with", {"values": ["Dear"]}, "\nDear Ana,", "Hi dear,"),
        ("regex", {"pattern": r"(?m)^2\. "}, "1. a\n2. b", "1. a 2. b"),
        ("regex", {"pattern": r"\d+ ?mg", "absent": True}, "Ask a doctor.", "Take 200 mg."),
        ("json_valid", {"keys": ["queue"]}, '{"queue": "x"}', '```json\n{"queue": "x"}\n```'),
        ("json_valid", {"keys": ["queue"]}, '{"queue": ""}', '["queue"]'),
        ("length", {"max_words": 3}, "one two three", "one two three four"),
        ("length", {"min_words": 2}, "one two", "one"),
        ("length", {"max_chars": 4}, "四文字だ", "四文字です"),
        ("language", {"value": "de"}, GERMAN, ENGLISH),
        ("language", {"value": "en-GB"}, ENGLISH, GERMAN),
        ("language", {"value": "ja"}, "注文番号をお知らせください。", "Order number, please."),
        ("citation_present", {}, "See [KB-110].", "See KB-110."),
        ("citation_present", {"value": "KB-110"}, "(Source: KB-110)", "(Source: KB-111)"),
        ("refusal", {}, "I'm sorry, I can't help with that.", "Take two."),
        ("non_refusal", {}, "Take the lift.", "Dabei kann ich nicht helfen."),
    ],
)
def test_scorer_tells_good_from_bad(scorer: str, params: dict, good: str, bad: str):
    expectation = {"scorer": scorer, **params}
    assert score(expectation, Answer(good)).value == 1.0
    assert score(expectation, Answer(bad)).value < 0.5


def test_every_scorer_says_what_failure_means():
    for name, scorer in SCORERS.items():
        said = " ".join(scorer.__doc__.split())
        assert "0" in said and "Failure means" in said, name


def test_most_of_contains_all_is_still_a_failure():
    expectation = {"scorer": "contains_all", "values": [*"abcdefghi", "zz"]}
    assert 0 < score(expectation, Answer("abcdefghi")).value < 0.5


def test_language_of_too_few_words_is_not_guessed():
    assert score({"scorer": "language", "value": "en"}, Answer("Yes please")).value == 0


def test_language_leaves_quotations_out():
    text = f"{GERMAN} „{ENGLISH} {ENGLISH}“"
    assert score({"scorer": "language", "value": "de"}, Answer(text)).value == 1


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+b", "(a|ab)*c", "(?:a{1,9}){1,9}", "a*b*c", r"(a)\1", "x" * 301, "(", "a{9999999999}"],
)
def test_regex_refuses_costly_or_broken_patterns(pattern: str):
    with pytest.raises(ExpectationError):
        score({"scorer": "regex", "pattern": pattern}, Answer("a" * 50))


def test_regex_at_its_worst_ends_within_seconds():
    started = time.perf_counter()
    score({"scorer": "regex", "pattern": "a{0,200}a{0,200}b"}, Answer("a" * 100_000))
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    "expectation",
    [{}, {"scorer": "magic"}, {"scorer": "contains_any"}, {"scorer": "length"}, {"scorer": ["x"]}],
)
def test_unusable_expectation_is_named_as_such(expectation: dict):
    with pytest.raises(ExpectationError):
        score(expectation, Answer("x"))


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "[" * 5000, "{" * 100_000])
def test_no_answer_makes_a_scorer_raise(text: str):
    params = {
        "values": ["x"], "value": "x", "pattern": "x", "max_words": 5, "max_ms": 9, "max_usd": 1,
        "schema": {"type": "object"},
    }  # fmt: skip
    for name in SCORERS:
        answer = Answer(text, cost=0.5, canary="kestrel-3f9a1c77")
        if name != "embedding_similarity" or encoder.available():
            assert 0 <= score({"scorer": name, **params}, answer).value <= 1


def test_a_case_scores_as_its_weakest_expectation():
    wanted = [{"scorer": "contains_any", "values": ["a"]}, {"scorer": "exact", "value": "b"}]
    assert score_case(wanted, Answer("a")).value == 0
    assert score_case([], Answer("a")).value == 1
