"""Blind choices: a drop of 12 points is caught at the stated sample size, an even match goes."""

from __future__ import annotations

import random
from math import comb

import pytest

from evals.preferences import choices_needed, count_by_case, weigh
from evals.verdicts import UnusableInput


def chances(choices: int, share: float) -> dict[str, float]:
    """Exact chance of each verdict where the new answer is chosen with probability `share`."""
    found = dict.fromkeys(("go", "no_go", "inconclusive"), 0.0)
    for wins in range(choices + 1):
        chance = comb(choices, wins) * share**wins * (1 - share) ** (choices - wins)
        found[weigh(wins, choices - wins).verdict] += chance
    return found


def test_a_drop_of_twelve_points_is_caught_at_the_stated_size_and_an_even_match_goes():
    assert choices_needed(0.12) == 200
    assert chances(200, 0.38)["go"] <= 0.05
    assert chances(200, 0.38)["no_go"] >= 0.95
    assert chances(200, 0.50)["go"] >= 0.95


def test_ties_only_lower_the_need():
    """By simulation: a fifth of ties, and the same drop of the new answers' share."""
    rng = random.Random(1)
    verdicts = []
    for _ in range(400):
        drawn = rng.choices(["new", "old", "tie"], [0.28, 0.52, 0.2], k=choices_needed(0.12))
        verdicts.append(weigh(*(drawn.count(one) for one in ("new", "old", "tie"))).verdict)
    assert verdicts.count("no_go") / 400 >= 0.95


def test_few_choices_are_inconclusive_and_say_how_many_would_tell():
    found = weigh(20, 20)
    assert found.headline == (
        "Inconclusive: of 40 blind choices 20 went to the new answers, 20 to the old, 0 to "
        "neither. A drop of 12 points is neither shown nor ruled out; 200 choices would tell."
    )
    assert weigh(0, 0).verdict == "inconclusive"


def test_words_of_a_clear_preference():
    assert weigh(70, 125, 5).headline == (
        "No-go: of 200 blind choices 70 went to the new answers, 125 to the old, 5 to neither "
        "(p < 0.001): the old ones are preferred."
    )


def test_a_choice_more_for_the_old_never_helps_the_new():
    rank = {"no_go": 0, "inconclusive": 1, "go": 2}
    for total in (20, 120, 200, 300):
        verdicts = [rank[weigh(wins, total - wins).verdict] for wins in range(total + 1)]
        assert verdicts == sorted(verdicts)


def test_several_people_on_one_case_count_as_its_majority():
    choices = [("a", "old"), ("a", "old"), ("a", "new"), ("b", "new"), ("c", "new"), ("c", "old")]
    assert count_by_case(choices) == (1, 1, 1)


@pytest.mark.parametrize("counts", [(-1, 0, 0), (0, -1, 0), (0, 0, -1)])
def test_negative_counts_are_refused(counts: tuple[int, int, int]):
    with pytest.raises(UnusableInput):
        weigh(*counts)
