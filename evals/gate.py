"""The release gate: does a candidate do what its baseline did, well enough to go.

Six checks (`evals.gate_checks`, a file each): validity, must-pass cases, slices, the whole, the
floor, and power. A run that is not valid says nothing; otherwise harm outweighs doubt, and doubt
outweighs go.

It takes two askings. The first, every case once or more, screens; `to_confirm` names the cases
that have to be asked again; their fresh answers (or held-back cases) are the ``reserve`` on which
`decide` confirms. Breaking one more case never turns a stop into a go, and the order of cases
does not matter.

Pure: values in, values out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from evals.gate_checks.evidence import Evidence
from evals.gate_checks.floor import floor
from evals.gate_checks.must_pass import must_pass
from evals.gate_checks.overall import needs_second_asking, overall
from evals.gate_checks.power import power, power_of
from evals.gate_checks.slices import Slice, drop_p, screened, slice_p_values, slices
from evals.gate_checks.validity import validity
from evals.paired_tests import mean_of
from evals.verdicts import CasePair, Decision, Reason, Thresholds, UnusableInput, VerdictName

__all__ = [
    "CasePair", "Decision", "Reason", "Thresholds", "UnusableInput", "decide", "to_confirm",
]  # fmt: skip

ORDER = ("validity", "slice", "must_pass", "power", "overall", "floor")
"""Which reason makes the headline, of those that carry the verdict."""


def decide(
    thresholds: Thresholds,
    cases: Sequence[CasePair],
    reserve: Sequence[CasePair] = (),
    errors: int = 0,
    *,
    unscored: int = 0,
    unasked: int = 0,
    judges: Mapping[str, Collection[str]] | None = None,
    compared: str = "model",
    calls: int | None = None,
) -> Decision:
    """Judge a candidate against its baseline on the same cases.

    ``reserve`` confirms what the cases make one suspect: pairs of the same ids hold fresh repeats,
    other ids are held-back cases. A slice is confirmed on the pairs that carry its tag, a must-pass
    case on the pair of its id. What cannot be confirmed is inconclusive.

    Calls of either arm that brought no score, and are in no pair: ``errors`` failed for
    infrastructure reasons, ``unscored`` were answered but a judge could not score them,
    ``unasked`` were never made (stopped at the budget). Over 2 % of all calls together, the run
    is inconclusive. ``calls`` is that number where the scores given are not one call each (one arm
    standing for both); None: the scores given and the calls lost.

    ``judges`` maps an arm to the judge versions that scored it (“name@version”); a change
    between or within the arms is inconclusive. ``compared`` is the noun for what differs between
    the arms, as the sentences say it: “the old model”.

    Raises UnusableInput for ids that occur twice and for negative counts.
    """
    _refuse_twice(cases, "Two cases have")
    _refuse_twice(reserve, "Two cases of the reserve have")
    if min(errors, unscored, unasked) < 0:
        raise UnusableInput("errors, unscored and unasked must not be negative.")
    evidence = Evidence(
        thresholds, _ordered(cases), _ordered(reserve), errors, unscored, unasked, judges or {},
        compared, calls,
    )  # fmt: skip
    p_values = slice_p_values(evidence)
    suspects = screened(evidence, p_values)
    reasons = (
        *validity(evidence),
        *must_pass(evidence),
        *slices(evidence, suspects),
        *power(evidence),
        *overall(evidence),
        *floor(evidence),
    )
    return _decision(evidence, reasons, p_values, suspects)


def to_confirm(thresholds: Thresholds, cases: Sequence[CasePair]) -> tuple[str, ...]:
    """Ids of the cases that must be asked again, in both arms, before `decide` can settle.

    Those are all cases of every slice that looks worse (p <= .10), the must-pass cases that broke,
    and every case where the whole is too close to call and no must-pass case broke: one of those
    settles it at a small part of the calls. Sorted, each once. Nothing to confirm: empty, and a
    reserve of the same ids would change nothing. The fresh answers go to `decide` as ``reserve``.
    """
    evidence = Evidence(thresholds, _ordered(cases))
    lost = {case.id for case in cases if case.breaks_contract}
    if not lost and needs_second_asking(evidence):
        return tuple(case.id for case in evidence.cases)
    suspects = screened(evidence, slice_p_values(evidence))
    return tuple(sorted(lost | {case.id for one in suspects for case in one.cases}))


def _ordered(cases: Sequence[CasePair]) -> tuple[CasePair, ...]:
    return tuple(sorted(cases, key=lambda case: case.id))


def _refuse_twice(cases: Sequence[CasePair], said: str) -> None:
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise UnusableInput(f"{said} the same id: {case.id}.")
        seen.add(case.id)


def _decision(
    evidence: Evidence,
    reasons: Sequence[Reason],
    p_values: Mapping[str, float],
    suspects: Sequence[Slice],
) -> Decision:
    cases, verdict, power_said = evidence.cases, _verdict(reasons), power_of(evidence)
    broken = tuple(case.id for case in cases if case.broken)
    fixed = tuple(case.id for case in cases if case.fixed)
    before, after = mean_of([c.before for c in cases]), mean_of([c.after for c in cases])
    return Decision(
        verdict=verdict,
        headline=_headline(verdict, reasons, len(cases), len(broken), len(fixed), before, after),
        reasons=tuple(sorted(reasons, key=lambda why: _rank(why, verdict))),
        broken=broken,
        fixed=fixed,
        p_values={
            "overall": drop_p(cases),
            **{f"slice:{name}": p for name, p in p_values.items()},
            **{f"confirm:{one.name}": one.p_again for one in suspects if one.reserve},
        },
        smallest_detectable_effect=power_said.drop,
        cases_needed=power_said.needed,
        power=str(power_said),
        baseline_pass_rate=before,
        candidate_pass_rate=after,
    )


def _verdict(reasons: Sequence[Reason]) -> VerdictName:
    if any(why.check == "validity" for why in reasons):
        return "inconclusive"
    if any(why.verdict == "no_go" for why in reasons):
        return "no_go"
    return "inconclusive" if any(why.verdict == "inconclusive" for why in reasons) else "go"


def _rank(why: Reason, verdict: VerdictName) -> tuple[bool, bool, int]:
    """What carries the verdict first, cautions last."""
    return why.verdict != verdict, why.verdict == "go", ORDER.index(why.check)


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
    first = min(reasons, key=lambda why: _rank(why, verdict))
    return f"{_SPOKEN[verdict]}: {first.detail}"
