"""Token counts: exact where the vocabulary is the model's own, bounded on any text."""

from __future__ import annotations

import time

import pytest

from registry import tokens

SENTENCE = "Greet the customer by name, then answer in two short sentences."


@pytest.fixture(autouse=True, scope="module")
def _vocabularies() -> None:
    for name in ("o200k_base", "cl100k_base"):
        tokens.load(name)


@pytest.mark.parametrize(
    ("text", "snapshot", "number"),
    [
        ("", "gpt-4o-2024-08-06", 0),
        # Reference counts of OpenAI's cookbook for cl100k_base and o200k_base.
        ("tiktoken is great!", "gpt-4-0613", 6),
        ("tiktoken is great!", "gpt-4o-2024-08-06", 6),
        ("お誕生日おめでとう", "gpt-4-0613", 9),
        ("お誕生日おめでとう", "gpt-4o-2024-08-06", 8),
    ],
)
def test_own_vocabulary_counts_exactly(text: str, snapshot: str, number: int) -> None:
    assert tokens.count(text, snapshot) == tokens.TokenCount(number, False)


def test_another_makers_model_is_an_estimate() -> None:
    ours = tokens.count(SENTENCE, "gpt-4o-2024-08-06")
    theirs = tokens.count(SENTENCE, "claude-sonnet-4-5-20250929")
    assert (theirs.number, theirs.is_estimate) == (ours.number, True)


@pytest.mark.parametrize("run", ["中", "a", " ", "!", "ที่", "👩‍👩‍👧"])
def test_run_without_a_break_is_counted_in_bounded_time(run: str) -> None:
    started = time.perf_counter()
    counted = tokens.count(run * 40_000, "gpt-4o-2024-08-06")
    assert time.perf_counter() - started < 1.5
    assert counted.is_estimate and counted.number > 0


def test_cut_run_changes_the_count_of_its_neighbours_little() -> None:
    whole = tokens.count(SENTENCE, "gpt-4o-2024-08-06").number
    both = tokens.count(f"{SENTENCE} {'x' * 61} {SENTENCE}", "gpt-4o-2024-08-06")
    assert both.is_estimate
    alone = tokens.count("x" * 61, "gpt-4o-2024-08-06").number
    assert abs(both.number - 2 * whole - alone) <= 3


def test_unstorable_text_is_counted_all_the_same() -> None:
    assert tokens.count("a\ud800b\x00", "gpt-4o-2024-08-06").number >= 3


def test_vocabulary_on_its_way_does_not_hold_anybody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_loaded", {})
    monkeypatch.setattr(tokens, "warm", lambda snapshot: None)
    assert tokens.count("four by four chars", "gpt-4o-2024-08-06") == tokens.TokenCount(5, True)


def test_warming_loads_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_loaded", {})
    tokens.warm("gpt-4-0613")
    deadline = time.monotonic() + 10
    while "cl100k_base" not in tokens._loaded and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not tokens.count("tiktoken is great!", "gpt-4-0613").is_estimate
