"""Check 4: the whole. Is a fall larger than the margin ruled out?"""

from __future__ import annotations

from evals.gate_checks.evidence import Evidence
from evals.gate_checks.wording import p_is, points
from evals.paired_tests import ALPHA, mean_of, sign_flip_p
from evals.resampling import lower_bound
from evals.verdicts import Reason


def overall_p(evidence: Evidence) -> float:
    """p of a fall of the pass rate over all cases, by repeats; McNemar's with one repeat."""
    return sign_flip_p([case.before - case.after for case in evidence.cases])


def overall(evidence: Evidence) -> list[Reason]:
    """The one-sided 95 % bound of the paired difference must lie above minus the margin.

    Where it does not and the fall itself is significant, no-go; where the data cannot tell,
    inconclusive. Graded scores are held to the same margin beside the passes.
    """
    cases = evidence.cases
    if not cases:
        return []
    passes = [case.after - case.before for case in cases]
    scores = [case.score_after - case.score_before for case in cases]
    measures = {"pass rate": passes} | ({"mean score": scores} if scores != passes else {})
    margin = evidence.thresholds.margin_for(len(cases))
    found = [_said(name, changes, margin) for name, changes in measures.items()]
    return [why for why in found if why]


def _said(measure: str, changes: list[float], margin: float) -> Reason | None:
    low = lower_bound(changes)
    if low > -margin:
        return None
    p = sign_flip_p([-change for change in changes])
    said = (
        f"the {measure} changed by {points(mean_of(changes))} points ({p_is(p)}) and may have "
        f"fallen by {points(min(1.0, -low))}; {points(margin)} are tolerated."
    )
    if p <= ALPHA:
        return Reason("overall", None, f"Overall {said}", "no_go")
    return Reason("overall", None, f"Too close to call: {said}", "inconclusive")
