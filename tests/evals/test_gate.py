"""The simple gate: what it lets go, what it stops, and that it cannot be talked round."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.gate import CasePair, Decision, Thresholds, UnusableInput, decide


def pair(
    number: int,
    before: float | tuple[float, ...] = 1,
    after: float | tuple[float, ...] = 1,
    *slices: str,
    must_pass: bool = False,
) -> CasePair:
    old = before if isinstance(before, tuple) else (before,)
    new = after if isinstance(after, tuple) else (after,)
    return CasePair(f"c{number:03}", slices or ("all",), must_pass, old, new)


def passing(count: int, start: int = 100) -> list[CasePair]:
    return [pair(start + number) for number in range(count)]


def checks(decision: Decision) -> set[str]:
    return {why.check for why in decision.reasons}


def test_nothing_broken_goes():
    decision = decide(Thresholds(0.8), passing(40))
    assert decision.verdict == "go"
    assert decision.headline == "Go: 100% of 40 cases pass (100% before); 0 broke, 0 were fixed."


def test_ten_passing_cases_go():
    assert decide(Thresholds(0.8), passing(10)).verdict == "go"


def test_nine_cases_are_inconclusive_for_lack_of_power():
    decision = decide(Thresholds(), passing(9))
    assert decision.verdict == "inconclusive"
    assert decision.headline == (
        "Inconclusive: 9 cases cannot show whether anything broke; it takes 10."
    )


def test_no_cases_are_inconclusive():
    assert decide(Thresholds(0.8), []).verdict == "inconclusive"


def test_errors_over_two_per_cent_are_inconclusive_even_where_all_else_is_bad():
    cases = [pair(number, 1, 0, must_pass=True) for number in range(48)]
    decision = decide(Thresholds(0.9), cases, errors=2)  # 2 of 98
    assert decision.verdict == "inconclusive"
    assert "2 of 98 calls failed" in decision.headline


def test_errors_up_to_two_per_cent_are_borne():
    assert decide(Thresholds(), passing(49), errors=2).verdict == "go"  # 2 of 100


def test_one_broken_must_pass_case_stops_the_candidate():
    cases = [*passing(60), pair(1, 1, 0, "refunds", must_pass=True)]
    decision = decide(Thresholds(0.8), cases)
    assert decision.verdict == "no_go"
    assert decision.headline == (
        "No-go: 1 must-pass case about refunds that held before fails now: c001."
    )


@pytest.mark.parametrize(
    ("after", "verdict"), [((1, 1, 1, 1, 0), "go"), ((1, 1, 1, 0, 0), "no_go")]
)
def test_must_pass_needs_four_of_five_repeats(after: tuple[float, ...], verdict: str):
    cases = [*passing(60), pair(1, (1, 1, 1, 1, 1), after, must_pass=True)]
    assert decide(Thresholds(0.8), cases).verdict == verdict


def test_must_pass_that_was_unstable_before_does_not_count():
    cases = [*passing(60), pair(1, (1, 0, 1), (0, 0, 0), must_pass=True)]
    assert decide(Thresholds(0.8), cases).verdict == "go"


def test_a_broken_slice_is_named_although_the_whole_hardly_moves():
    cases = [*passing(190), *(pair(number, 1, 0, "refusals") for number in range(6))]
    decision = decide(Thresholds(0.8), cases)
    assert decision.verdict == "no_go"
    assert checks(decision) == {"slice"}
    assert decision.headline == (
        "No-go: 6 of 6 cases about refusals passed before and fail now (p = 0.016)."
    )
    assert decision.broken == ("c000", "c001", "c002", "c003", "c004", "c005")


def test_a_slice_that_breaks_as_much_as_it_mends_goes():
    broken = [pair(number, 1, 0, "tone") for number in range(4)]
    fixed = [pair(number, 0, 1, "tone") for number in range(10, 14)]
    decision = decide(Thresholds(0.8), [*passing(80), *broken, *fixed])
    assert decision.verdict == "go"
    assert (len(decision.broken), len(decision.fixed)) == (4, 4)


def test_a_spread_out_fall_is_stopped_overall():
    cases = [pair(n, 1, 0 if n < 14 else 1, f"s{n}") for n in range(100)]
    decision = decide(Thresholds(0.5), cases)
    assert decision.verdict == "no_go"
    assert checks(decision) == {"overall"}


def test_a_fall_that_cannot_be_told_from_chance_is_inconclusive():
    cases = [pair(n, 1, 0 if n < 2 else 1, f"s{n}") for n in range(20)]
    decision = decide(Thresholds(0.5), cases)
    assert (decision.verdict, checks(decision)) == ("inconclusive", {"overall"})
    assert decision.headline.startswith("Inconclusive: Too close to call")


def test_floor_stops_a_candidate_that_was_never_good():
    cases = [*passing(30), *(pair(n, 0, 0) for n in range(10))]
    decision = decide(Thresholds(0.8), cases)
    assert (decision.verdict, checks(decision)) == ("no_go", {"floor"})
    assert decision.headline == "No-go: 75.0% of the cases pass; 80% were agreed."


@pytest.mark.parametrize(("cases", "margin"), [(299, 0.10), (300, 0.05), (699, 0.05), (700, 0.03)])
def test_margin_narrows_with_the_number_of_cases(cases: int, margin: float):
    assert Thresholds().margin_for(cases) == margin


def test_output_has_the_shape_of_the_contract():
    out = decide(Thresholds(0.8), [*passing(60), pair(1, 1, 0, must_pass=True)]).as_dict()
    contract = {
        "verdict", "reasons", "broken", "fixed", "p_values", "smallest_detectable_effect",
    }  # fmt: skip
    assert contract <= out.keys()
    assert set(out["reasons"][0]) == {"check", "slice", "detail"}


@pytest.mark.parametrize("scores", [(), (1.2,), (-0.1,), (float("nan"),)])
def test_scores_outside_0_to_1_are_refused(scores: tuple[float, ...]):
    with pytest.raises(UnusableInput, match="c1"):
        CasePair("c1", (), False, (1.0,), scores)


def test_two_cases_of_one_id_are_refused():
    with pytest.raises(UnusableInput, match="same id"):
        decide(Thresholds(), [pair(1), pair(1)])


grades = st.sampled_from([0.0, 0.4, 0.5, 1.0])


@st.composite
def suites(draw: st.DrawFn) -> list[CasePair]:
    repeats = draw(st.integers(1, 3))
    scores = st.tuples(*[grades] * repeats)
    count = draw(st.integers(8, 30))
    slices = st.sampled_from("abc")
    return [
        CasePair(f"c{n}", (draw(slices),), draw(st.booleans()), draw(scores), draw(scores))
        for n in range(count)
    ]


thresholds = st.builds(
    Thresholds, st.sampled_from([0.0, 0.5, 0.8]), st.sampled_from([None, 0.01, 0.1, 0.3])
)


@settings(max_examples=150, deadline=None)
@given(suites(), thresholds, st.randoms(use_true_random=False))
def test_order_of_cases_does_not_matter(cases, limits, random):
    shuffled = random.sample(cases, len(cases))
    assert decide(limits, cases) == decide(limits, shuffled)


@settings(max_examples=400, deadline=None)
@given(suites(), thresholds, st.data())
def test_breaking_one_more_case_never_turns_stop_into_go(cases, limits, data):
    victim = data.draw(st.integers(0, len(cases) - 1))
    was = cases[victim]
    worse = CasePair(
        was.id, was.slices, was.must_pass, was.baseline, (0.0,) * len(was.candidate)
    )  # fmt: skip
    before = decide(limits, cases)
    after = decide(limits, [*cases[:victim], worse, *cases[victim + 1 :]])
    assert before.verdict == "go" or after.verdict != "go"
