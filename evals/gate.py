"""The release gate: does a candidate do what its baseline did, well enough to go.

This is the simple gate. It is honest about what it checks and cheap to compute; a sounder one
(held-back cases, fresh repeats, cluster bootstrap) replaces it later behind the same ``decide``.

The checks, in the order in which they speak:

* validity: more than 2 % of the calls failed for infrastructure reasons: inconclusive.
* power: fewer than 10 cases: inconclusive.
* must_pass: a contract case that passed in every repeat before and now passes in fewer than
  ceil(0.8 K).
* slice: per slice of at least 5 cases, the exact one-sided McNemar test on majority passes, Holm
  at .05.
* overall: the one-sided 95 % bound of the paired difference must lie above minus the margin.
  Where it does not and the difference itself is surely negative, no-go; where the data cannot
  tell, inconclusive.
* floor: the candidate's pass rate under ``min_pass_rate``: no-go.

Pure: values in, values out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.paired_tests import Z_80, Z_95, holm, mcnemar_p, mean_of, paired_difference
from evals.verdicts import CasePair, Decision, Reason, Thresholds, UnusableInput, VerdictName

__all__ = ["CasePair", "Decision", "Reason", "Thresholds", "UnusableInput", "decide"]

MOST_ERRORS = 0.02  # share of failed calls beyond which a run says nothing
FEWEST_CASES = 10
FEWEST_IN_SLICE = 5  # five broken of five is the smallest exact p under .05


def decide(
    thresholds: Thresholds,
    cases: Sequence[CasePair],
    reserve: Sequence[CasePair] = (),
    errors: int = 0,
) -> Decision:
    """Judge a candidate against its baseline on the same cases.

    ``errors`` counts calls of either arm that failed for infrastructure reasons; they are not
    among the scores. ``reserve`` is accepted for the sound gate and not used by this one. The
    order of cases does not matter. Raises UnusableInput for duplicate case ids or a negative
    number of errors.
    """
    ordered = sorted(cases, key=lambda case: case.id)
    if len({case.id for case in ordered}) != len(ordered):
        raise UnusableInput("Two cases have the same id.")
    if errors < 0:
        raise UnusableInput("errors must not be negative.")
    slices = slice_p_values(ordered)
    reasons = (
        *_validity(ordered, errors),
        *_power(ordered),
        *_must_pass(ordered),
        *_slices(ordered, slices),
        *_overall(thresholds, ordered),
        *_floor(thresholds, ordered),
    )
    return _decision(thresholds, ordered, reasons, slices)


def _decision(
    thresholds: Thresholds,
    cases: Sequence[CasePair],
    reasons: tuple[Reason, ...],
    slices: dict[str, float],
) -> Decision:
    verdict = _verdict(reasons)
    broken = tuple(case.id for case in cases if case.broken)
    fixed = tuple(case.id for case in cases if case.fixed)
    before, after = mean_of([c.before for c in cases]), mean_of([c.after for c in cases])
    return Decision(
        verdict=verdict,
        headline=_headline(verdict, reasons, len(cases), len(broken), len(fixed), before, after),
        reasons=reasons,
        broken=broken,
        fixed=fixed,
        p_values={
            "overall": mcnemar_p(len(broken), len(fixed)),
            **{f"slice:{name}": p for name, p in slices.items()},
        },
        smallest_detectable_effect=smallest_detectable_effect(cases),
        baseline_pass_rate=before,
        candidate_pass_rate=after,
    )


def _verdict(reasons: Sequence[Reason]) -> VerdictName:
    """An invalid run says nothing; otherwise harm outweighs doubt, and doubt outweighs go."""
    if any(why.check in ("validity", "power") for why in reasons):
        return "inconclusive"
    if any(why.verdict == "no_go" for why in reasons):
        return "no_go"
    return "inconclusive" if reasons else "go"


def _validity(cases: Sequence[CasePair], errors: int) -> list[Reason]:
    calls = errors + sum(len(case.baseline) + len(case.candidate) for case in cases)
    if not calls or errors / calls <= MOST_ERRORS:
        return []
    detail = f"{errors} of {calls} calls failed for technical reasons; run the evaluation again."
    return [Reason("validity", None, detail, "inconclusive")]


def _power(cases: Sequence[CasePair]) -> list[Reason]:
    if len(cases) >= FEWEST_CASES:
        return []
    detail = f"{_cases(len(cases))} cannot show whether anything broke; it takes {FEWEST_CASES}."
    return [Reason("power", None, detail, "inconclusive")]


def _must_pass(cases: Sequence[CasePair]) -> list[Reason]:
    lost = [case for case in cases if case.breaks_contract]
    if not lost:
        return []
    ids = [case.id for case in lost]
    about = _narrowest_shared_slice(lost, cases)
    kind = f"must-pass case{'s' if len(lost) > 1 else ''}{f' about {about}' if about else ''}"
    verb = "fails" if len(lost) == 1 else "fail"
    detail = f"{len(lost)} {kind} that held before {verb} now: {_named(ids)}."
    return [Reason("must_pass", about, detail, "no_go")]


def _narrowest_shared_slice(some: Sequence[CasePair], cases: Sequence[CasePair]) -> str | None:
    """The smallest slice that all of ``some`` belong to; None where they share none."""
    shared = set.intersection(*(set(case.slices) for case in some))
    return min(
        shared, key=lambda name: (sum(name in case.slices for case in cases), name), default=None
    )


def _slices(cases: Sequence[CasePair], p_values: Mapping[str, float]) -> list[Reason]:
    reasons = []
    sizes = {name: sum(name in case.slices for case in cases) for name in p_values}
    # Smallest p first and, of equals, the narrowest slice: it says most.
    for name in sorted(holm(p_values), key=lambda name: (p_values[name], sizes[name], name)):
        inside = [case for case in cases if name in case.slices]
        broken = sum(case.broken for case in inside)
        detail = (
            f"{broken} of {len(inside)} cases about {name} passed before and fail now "
            f"(p {_p(p_values[name])})."
        )
        reasons.append(Reason("slice", name, detail, "no_go"))
    return reasons


def _overall(thresholds: Thresholds, cases: Sequence[CasePair]) -> list[Reason]:
    if not cases:
        return []
    margin = thresholds.margin_for(len(cases))
    mean, error = paired_difference(_changes(cases))
    if mean - Z_95 * error > -margin:
        return []
    surely_worse = mean + Z_95 * error < 0
    said = (
        f"the pass rate changed by {_points(mean)} points and may have fallen by "
        f"{_points(min(1.0, Z_95 * error - mean))}; {_points(margin)} are tolerated."
    )
    if surely_worse:
        return [Reason("overall", None, f"Overall {said}", "no_go")]
    return [Reason("overall", None, f"Too close to call: {said}", "inconclusive")]


def _floor(thresholds: Thresholds, cases: Sequence[CasePair]) -> list[Reason]:
    rate = mean_of([case.after for case in cases])
    if not cases or rate >= thresholds.min_pass_rate - 1e-12:
        return []
    detail = f"{rate:.1%} of the cases pass; {thresholds.min_pass_rate:.0%} were agreed."
    return [Reason("floor", None, detail, "no_go")]


def slice_p_values(cases: Sequence[CasePair]) -> dict[str, float]:
    """The exact one-sided McNemar p of every slice with at least five cases."""
    names = sorted({name for case in cases for name in case.slices})
    result = {}
    for name in names:
        inside = [case for case in cases if name in case.slices]
        if len(inside) >= FEWEST_IN_SLICE:
            broken = sum(case.broken for case in inside)
            result[name] = mcnemar_p(broken, sum(case.fixed for case in inside))
    return result


def _changes(cases: Sequence[CasePair]) -> list[float]:
    return [case.after - case.before for case in cases]


def smallest_detectable_effect(cases: Sequence[CasePair]) -> float:
    """The smallest true fall of the pass rate, 0..1, noticed four times in five."""
    if not cases:
        return 1.0
    _, error = paired_difference(_changes(cases))
    return min(1.0, (Z_95 + Z_80) * error)


_SPOKEN = {"no_go": "No-go", "inconclusive": "Inconclusive"}


def _headline(
    verdict: VerdictName,
    reasons: Sequence[Reason],
    cases: int,
    broken: int,
    fixed: int,
    before: float,
    after: float,
) -> str:
    if verdict == "go":
        return (
            f"Go: {after:.0%} of {cases} cases pass ({before:.0%} before); "
            f"{broken} broke, {fixed} {'was' if fixed == 1 else 'were'} fixed."
        )
    order = ("validity", "power", "slice", "must_pass", "overall", "floor")
    of_verdict = [why for why in reasons if why.verdict == verdict]
    first = min(of_verdict, key=lambda why: order.index(why.check))
    return f"{_SPOKEN[verdict]}: {first.detail}"


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count} cases"


def _named(ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:5])
    return shown if len(ids) <= 5 else f"{shown} and {len(ids) - 5} more"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def _points(value: float) -> str:
    return f"{value * 100:.1f}"
