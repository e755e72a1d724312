"""Closeness to an ideal answer: figures of the reference implementations, bounds, thresholds."""

from __future__ import annotations

import time

import pytest

from evals.scorers import Answer, MissingExtra, score
from evals.scorers.base import rescaled
from evals.scorers.bleu import sentence_bleu
from evals.scorers.rouge import f_measure
from registry.guardrails.semantics import encoder


@pytest.mark.parametrize(
    ("text", "ideals", "figure"),  # sacrebleu 2.6.0: BLEU(effective_order=True).sentence_score
    [
        ("The cat sat on the mat.", ["The cat is on the mat."], 0.4889),
        (
            "You can send unused items back within 30 days of delivery.",
            [
                "Unused items can be sent back within 30 days of delivery.",
                "You can return unused items within 30 days.",
            ],
            0.6204,
        ),
        ("It costs 1,299.50 - not 1,300!", ["It costs 1,299.50, not 1,300."], 0.3074),
        ("the the the the", ["the cat sat here today"], 0.1244),
        ("Hello", ["Goodbye"], 0.0),
        ("a b c", ["a b c"], 1.0),
        ("", ["a b c"], 0.0),
    ],
)
def test_bleu_is_that_of_sacrebleu(text: str, ideals: list[str], figure: float):
    assert sentence_bleu(ideals, text) == pytest.approx(figure, abs=5e-5)


@pytest.mark.parametrize(
    ("text", "ideal", "figure"),  # rouge-score 0.1.2: rougeL without stemming, F-measure
    [
        ("the cat sat on the mat", "the cat is on the mat", 0.8333),
        (
            "You can send unused items back within 30 days.",
            "Unused items can be sent back within 30 days of delivery.",
            0.6,
        ),
        ("police kill the gunman", "police killed the gunman", 0.75),
        ("", "police", 0.0),
    ],
)
def test_rouge_l_is_that_of_rouge_score(text: str, ideal: str, figure: float):
    assert f_measure(ideal, text) == pytest.approx(figure, abs=5e-5)


def test_rouge_l_of_japanese_counts_characters():
    assert f_measure("返品は三十日以内", "返品は十日以内") == pytest.approx(14 / 15)


@pytest.mark.parametrize(
    ("scorer", "key", "close", "far"),
    [
        ("rouge_l", "value", "You have 30 days to return it.", "Call us."),
        ("edit_similarity", "value", "You have 30 days to return them", "Call us."),
        ("bleu", "values", "You have 30 days to return it now.", "Thirty days."),
    ],
)
def test_similar_answer_passes_and_distant_one_fails(scorer: str, key: str, close: str, far: str):
    ideal = "You have 30 days to return it."
    expectation = {"scorer": scorer, key: [ideal] if key == "values" else ideal}
    assert score(expectation, Answer(ideal)).value == 1.0
    assert score(expectation, Answer(close)).value >= 0.5
    assert score(expectation, Answer(far)).value < 0.5


def test_threshold_itself_is_the_line_between_pass_and_fail():
    assert rescaled(0.7, 0.7) == 0.5 and rescaled(0.6999999999, 0.7) < 0.5
    assert rescaled(1.0, 0.7) == rescaled(1.0, 1.0) == 1.0 and rescaled(0.0, 0.0) == 0.5


@pytest.mark.parametrize("scorer", ["rouge_l", "edit_similarity", "bleu"])
def test_enormous_texts_are_compared_within_a_second(scorer: str):
    ideal, text = "ab cd " * 40_000, "cd ba " * 40_000
    started = time.perf_counter()
    score({"scorer": scorer, "value": ideal, "values": [ideal]}, Answer(text))
    assert time.perf_counter() - started < 1


def test_embedding_similarity_without_its_extra_says_what_to_install(monkeypatch):
    monkeypatch.setattr(encoder, "available", lambda: False)
    with pytest.raises(MissingExtra, match=r"prompt-fleet\[semantic\]"):
        score({"scorer": "embedding_similarity", "value": "Yes."}, Answer("Yes."))


@pytest.mark.skipif(not encoder.available(), reason="the extra `semantic` is not installed")
def test_embedding_similarity_knows_a_paraphrase_from_another_subject():
    expectation = {
        "scorer": "embedding_similarity", "value": "You get your money back within five days.",
    }  # fmt: skip
    assert score(expectation, Answer("The refund arrives in five days.")).value >= 0.5
    assert score(expectation, Answer("Our office is in Berlin.")).value < 0.5
    assert score(expectation, Answer(" ")).value == 0
