"""Check 5: the absolute floor, whatever the baseline did."""

from __future__ import annotations

from evals.gate_checks.evidence import Evidence
from evals.gate_checks.power import FEWEST_CERTIFYING
from evals.gate_checks.wording import percent
from evals.paired_tests import mean_of, wilson_lower
from evals.verdicts import Reason

ROUNDING = 1e-12  # 0.8 of five cases is 4 of 5, however floats say it


def floor(evidence: Evidence) -> list[Reason]:
    """A pass rate under the variant's threshold is no-go.

    At or above it, with a Wilson lower bound under it, it is a caution; inconclusive only where
    the suite has under 50 cases and 50 at the same rate would have shown it.
    """
    cases, least = evidence.cases, evidence.thresholds.min_pass_rate
    if not cases:
        return []
    rate = mean_of([case.after for case in cases])
    if rate < least - ROUNDING:
        return [Reason("floor", None, _missed(evidence, rate), "no_go")]
    low = wilson_lower(rate, len(cases))
    if low >= least - ROUNDING:
        return []
    said = (
        f"{percent(rate)} of the cases pass, which keeps the agreed {percent(least)}; but with "
        f"{len(cases)} cases the true rate may be as low as {percent(low)}."
    )
    if len(cases) < FEWEST_CERTIFYING and wilson_lower(rate, FEWEST_CERTIFYING) >= least:
        said += f" {FEWEST_CERTIFYING} cases at this rate would show it."
        return [Reason("floor", None, said, "inconclusive")]
    return [Reason("floor", None, said, "go")]


def _missed(evidence: Evidence, rate: float) -> str:
    least = evidence.thresholds.min_pass_rate
    said = f"{percent(rate)} of the cases pass; {percent(least)} were agreed."
    before = mean_of([case.before for case in evidence.cases])
    if before >= least - ROUNDING:
        return said
    return (
        f"{said} That is not this change alone: {evidence.old} misses it too, with "
        f"{percent(before)}. Mend the prompt, or agree on another floor."
    )
