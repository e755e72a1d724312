"""Check 4: the whole. Is a fall larger than the margin ruled out?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from evals.gate_checks.evidence import Evidence
from evals.gate_checks.wording import p_is, points
from evals.paired_tests import ALPHA, mean_of, sign_flip_p
from evals.resampling import bounds
from evals.verdicts import CasePair, Reason

SETTLED = 0.001  # p up to which a fall is no chance, and needs no second asking


@dataclass(frozen=True)
class Fall:
    """A fall of one measure that the margin does not rule out. All are proportions, -1..1."""

    measure: str
    change: float
    low: float
    high: float
    margin: float
    p: float

    def reason(self) -> Reason:
        """No-go where the fall is surely larger than the margin, inconclusive where it may be."""
        # A few cases that all change alike leave a bootstrap no width: p has to agree.
        surely = self.high < -self.margin and self.p <= ALPHA
        fell = f"fell by {points(-self.change)} points" if self.change < 0 else "did not fall"
        said = (
            f"{'Overall' if surely else 'Too close to call:'} the {self.measure} {fell} "
            f"({p_is(self.p)}), but the true fall may be {points(min(1.0, -self.low))}; "
            f"{points(self.margin)} are tolerated."
        )
        return Reason("overall", None, said, "no_go" if surely else "inconclusive")


def overall(evidence: Evidence) -> list[Reason]:
    """The one-sided 95 % bound of the paired difference must lie above minus the margin.

    Where the other bound lies below it, no-go; where the data cannot tell, inconclusive. Graded
    scores are held to the same margin beside the passes. What the first asking does not rule out
    may be chance (p > .001): then both askings are judged, if every case was asked again.
    """
    found = _falls(evidence, evidence.cases)
    if _open(found) and (both := _both_askings(evidence)):
        found = _falls(evidence, both)
    return [fall.reason() for fall in found]


def needs_second_asking(evidence: Evidence) -> bool:
    """Whether fresh repeats of every case could still clear the whole."""
    return _open(_falls(evidence, evidence.cases))


def _open(found: list[Fall]) -> bool:
    return bool(found) and all(fall.p > SETTLED for fall in found)


def _both_askings(evidence: Evidence) -> tuple[CasePair, ...]:
    """Each case with its first and its fresh repeats; nothing where one was not asked again.

    Part of them would not do: only what looked bad is asked again, and that would flatter.
    """
    again = {pair.id: pair for pair in evidence.reserve}
    if any(case.id not in again for case in evidence.cases):
        return ()
    return tuple(
        replace(
            case,
            baseline=case.baseline + again[case.id].baseline,
            candidate=case.candidate + again[case.id].candidate,
        )
        for case in evidence.cases
    )


def _falls(evidence: Evidence, cases: tuple[CasePair, ...]) -> list[Fall]:
    if not cases:
        return []
    passes = [case.after - case.before for case in cases]
    scores = [case.score_after - case.score_before for case in cases]
    measures = {"pass rate": passes} | ({"mean score": scores} if scores != passes else {})
    margin = evidence.thresholds.margin_for(len(cases))
    found = []
    for name, changes in measures.items():
        low, high = bounds(changes)
        if low <= -margin:
            p = sign_flip_p([-change for change in changes])
            found.append(Fall(name, mean_of(changes), low, high, margin, p))
    return found
