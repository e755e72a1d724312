"""Cohen's kappa and its interval, and the standard that a judge is held to."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from evals.judges.kappa import agreement, in_words
from evals.judges.standard import Standard, assessed
from evals.scorers import Answer, score


def pairs(both_yes: int, yes_no: int, no_yes: int, both_no: int) -> list[tuple[str, str]]:
    return (
        [("yes", "yes")] * both_yes + [("yes", "no")] * yes_no + [("no", "yes")] * no_yes
        + [("no", "no")] * both_no
    )  # fmt: skip


def test_kappa_of_a_worked_example():
    # Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions (2003), table 18.3.
    table = {("p", "p"): 75, ("p", "n"): 1, ("p", "o"): 4, ("n", "p"): 5, ("n", "n"): 4,
             ("n", "o"): 1, ("o", "p"): 0, ("o", "n"): 0, ("o", "o"): 10}  # fmt: skip
    found = agreement([pair for pair, times in table.items() for _ in range(times)])
    assert found.share == pytest.approx(0.89) and found.kappa == pytest.approx(0.68, abs=0.005)
    assert found.low == pytest.approx(0.68 - 1.96 * 0.087, abs=0.005)


@pytest.mark.parametrize(
    ("table", "kappa"), [((20, 5, 10, 15), 0.4), ((25, 0, 0, 25), 1.0), ((0, 25, 25, 0), -1.0)]
)
def test_kappa_takes_chance_off(table: tuple[int, int, int, int], kappa: float):
    assert agreement(pairs(*table)).kappa == pytest.approx(kappa)


def test_few_labels_in_full_agreement_leave_a_wide_interval():
    assert agreement(pairs(5, 0, 0, 5)).low < 0.5  # type: ignore[operator]
    assert agreement(pairs(100, 0, 0, 100)).low > 0.95  # type: ignore[operator]


@pytest.mark.parametrize("table", [(30, 0, 0, 0), (0, 0, 0, 0)])
def test_labels_that_are_all_the_same_tell_nothing(table: tuple[int, int, int, int]):
    assert agreement(pairs(*table)).kappa is None
    assert not assessed(pairs(*table), Standard()).passed


def test_interval_holds_the_true_kappa_nineteen_times_in_twenty():
    throw, held = random.Random(7), 0
    for _ in range(400):
        gold = ["yes" if throw.random() < 0.5 else "no" for _ in range(60)]
        other = {"yes": "no", "no": "yes"}
        said = [(one, one if throw.random() < 0.9 else other[one]) for one in gold]
        found = agreement(said)
        held += found.low <= 0.8 <= found.high  # type: ignore[operator]
    assert held / 400 >= 0.93  # measured: 0.98, on the safe side


def test_judge_that_agrees_passes_and_its_figures_are_said():
    found = assessed(pairs(18, 2, 1, 19), Standard())
    assert found.passed and found.said == (
        "Calibrated. It agrees with people in 92 % of 40 answers: kappa 0.85 (almost perfect), "
        "between 0.60 and 1.00 with 95 % confidence."
    )


@pytest.mark.parametrize(
    ("table", "unread", "needs"),
    [
        ((13, 2, 2, 12), 0, "at least 30 labelled"),
        ((18, 2, 1, 19), 4, "readable verdict in 95 %"),
        ((15, 5, 5, 15), 0, "a kappa of 0.6"),
        ((14, 3, 3, 14), 0, "certainty of a kappa over 0.4"),
    ],
)
def test_judge_short_of_the_standard_is_told_what_it_needs(table, unread, needs):
    found = assessed([*pairs(*table), *[("yes", None)] * unread], Standard())
    assert not found.passed and found.said.startswith("Not calibrated") and needs in found.said


@pytest.mark.parametrize(
    ("kappa", "word"), [(0.81, "almost perfect"), (0.7, "substantial"), (0.5, "moderate"),
                        (0.3, "fair"), (0.0, "slight"), (-0.2, "worse than chance")],
)  # fmt: skip
def test_kappa_in_words(kappa: float, word: str):
    assert in_words(kappa) == word


LABELS = Path(__file__).parents[4] / "shared/corpus/judges/pyrit_refusal_human_labels.jsonl"


@pytest.mark.skipif(not LABELS.exists(), reason="the corpus of human labels is not here")
def test_refusal_scorer_agrees_with_people_as_measured():
    rows = [json.loads(line) for line in LABELS.read_text("utf-8").splitlines()]
    said = [
        (
            str(row["human_refusal"]),
            str(int(score({"scorer": "refusal"}, Answer(row["response"])).value)),
        )
        for row in rows
    ]
    found = assessed(said, Standard())
    missed = sum(one > other for one, other in said)
    print(len(rows), found.said, "missed", missed)
    assert found.read.share >= 0.85 and found.read.kappa >= 0.7  # type: ignore[operator]
    assert all(other == "0" for one, other in said if one == "0")
