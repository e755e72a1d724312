"""The gate cannot be talked round: order is of no account, harm never helps, nothing crashes."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from evals.gate import CasePair, Thresholds, decide, to_confirm

RANK = {"no_go": 0, "inconclusive": 1, "go": 2}

thresholds = st.builds(
    Thresholds, st.sampled_from([0.0, 0.5, 0.8]), st.sampled_from([None, 0.01, 0.1, 0.3])
)


@st.composite
def suites(draw: st.DrawFn) -> tuple[list[CasePair], list[CasePair]]:
    """Cases near every border of the gate, and a reserve of fresh and of held-back pairs.

    They are drawn as blocks of equal cases, for what matters is how many there are of a kind.
    """
    repeats = draw(st.sampled_from([1, 1, 3, 5]))
    grades = st.sampled_from(draw(st.sampled_from([(0.0, 1.0), (0.0, 0.4, 0.5, 0.9, 1.0)])))
    scores = st.tuples(*[grades] * repeats)
    steady = (1.0,) * repeats
    cases: list[CasePair] = []
    for tag in "ab":
        cases += [
            CasePair(f"{tag}{n:03}", (tag, "all"), False, steady, steady)
            for n in range(draw(st.sampled_from([10, 24, 30])))
        ]
        for number, count in enumerate(draw(st.lists(st.integers(1, 6), max_size=4))):
            kind = CasePair("", (tag,), draw(st.booleans()), draw(scores), draw(scores))
            cases += [replace(kind, id=f"{tag}x{number}.{n}") for n in range(count)]
    full = next(size for size in (48, 64, 110) if size >= len(cases))  # few sizes: draws are kept
    cases += [
        CasePair(f"z{n:03}", ("all",), False, steady, steady) for n in range(full - len(cases))
    ]
    again = {1: steady, 2: (0.0,) * repeats}
    reserve = [
        replace(case, baseline=steady, candidate=again[how])
        for case, how in zip(cases, draw(st.lists(st.integers(0, 2))), strict=False)
        if how
    ]
    if draw(st.booleans()):
        chosen = set(to_confirm(Thresholds(), cases))
        fate = draw(scores)
        reserve = [replace(c, candidate=fate) if c.broken else c for c in cases if c.id in chosen]
    held_back = draw(st.integers(0, 8))
    reserve += [CasePair(f"h{n}", ("a",), False, steady, draw(scores)) for n in range(held_back)]
    return cases, reserve


@settings(max_examples=40, deadline=None)
@given(suites(), thresholds, st.randoms(use_true_random=False))
def test_order_of_cases_and_reserve_does_not_matter(suite, limits, random):
    cases, reserve = suite
    mixed = random.sample(cases, len(cases)), random.sample(reserve, len(reserve))
    assert decide(limits, cases, reserve) == decide(limits, *mixed)
    assert to_confirm(limits, cases) == to_confirm(limits, mixed[0])


@settings(max_examples=120, deadline=None)
@given(suites(), thresholds, st.data())
def test_breaking_one_more_case_never_turns_a_stop_into_go(suite, limits, data):
    """Nor does lowering one score, in the cases or in the reserve: so fixing never stops a go."""
    cases, reserve = suite
    before = decide(limits, cases, reserve)
    arm = data.draw(st.sampled_from([arm for arm in (cases, reserve) if arm]))
    place = data.draw(st.integers(0, len(arm) - 1))
    factor = data.draw(st.sampled_from([0.0, 0.0, 0.45, 0.9]))
    was = arm[place]
    worse = replace(was, candidate=tuple(score * factor for score in was.candidate))
    lowered = [[worse if pair is was else pair for pair in one] for one in (cases, reserve)]
    after = decide(limits, lowered[0], lowered[1])
    assert before.verdict == "go" or after.verdict != "go"
    for name, p in before.p_values.items():
        assert after.p_values.get(name, 0) <= p + 1e-12


@settings(max_examples=40, deadline=None)
@given(suites(), thresholds)
def test_what_needs_no_confirming_is_settled_without_a_reserve(suite, limits):
    cases, _ = suite
    if not to_confirm(limits, cases):
        again = [replace(case, candidate=(0.0,)) for case in cases]
        assert decide(limits, cases) == decide(limits, cases, again)


any_score = st.floats(0, 1)
anything = st.lists(
    st.builds(
        CasePair, st.text(max_size=3), st.lists(st.text(max_size=2), max_size=3).map(tuple),
        st.booleans(), st.lists(any_score, min_size=1, max_size=4).map(tuple),
        st.lists(any_score, min_size=1, max_size=4).map(tuple),
    ),
    max_size=12, unique_by=lambda case: case.id,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(anything, anything, st.integers(0, 9))
def test_whatever_the_results_there_is_a_verdict_in_words(cases, reserve, errors):
    decision = decide(Thresholds(0.5), cases, reserve, errors)
    assert decision.verdict in RANK and decision.headline
    assert 0 <= decision.smallest_detectable_effect <= 1
    assert all(0 <= p <= 1 for p in decision.p_values.values())
    assert not (errors > 2 and len(cases) + len(reserve) < 20) or decision.verdict != "go"
