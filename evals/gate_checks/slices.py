"""Check 3: slices. Screened on the first asking, confirmed on another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evals.gate_checks.evidence import Evidence
from evals.gate_checks.wording import count_of, named, p_is, points
from evals.paired_tests import ALPHA, holm, mcnemar_p, mean_of, sign_flip_p
from evals.verdicts import CasePair, Reason

FEWEST_TESTED = 30  # cases of a slice that is tested alone; smaller ones count in the whole
SCREEN = 0.10  # p up to which a slice is looked at again
STRONG = 0.001  # p of a screening so clear that a weak second showing does not clear it
WEAK = 0.25  # p under which a second showing still points the same way
SMALLEST_FALL = 0.02  # of a mean score: less is nobody's business where nothing failed
FEWEST_CONFIRMING = 5  # five broken of five is the smallest exact p under .05


@dataclass(frozen=True)
class Slice:
    """A slice that looked worse: its cases, and the pairs that can confirm it."""

    name: str
    cases: tuple[CasePair, ...]
    reserve: tuple[CasePair, ...]
    p: float

    @property
    def p_again(self) -> float:
        """p on the reserve; 1 without one."""
        return drop_p(self.reserve) if self.reserve else 1.0

    @property
    def can_be_confirmed(self) -> bool:
        """Whether the reserve has enough pairs that could break at all."""
        return sum(pair.score_before > 0 for pair in self.reserve) >= FEWEST_CONFIRMING


def drop_p(pairs: Sequence[CasePair]) -> float:
    """One-sided p of a fall: exact McNemar on the cases that changed sides by majority.

    Graded scores are sign-flipped as well, where their mean fell by 2 points or more; the
    smaller p counts. Whether scores are graded is told from the baseline, so that no answer of a
    candidate chooses its own test; with one repeat of pass and fail both tests are one.
    """
    passes = mcnemar_p(sum(pair.broken for pair in pairs), sum(pair.fixed for pair in pairs))
    falls = [pair.score_before - pair.score_after for pair in pairs]
    if mean_of(falls) < SMALLEST_FALL or not any(map(_is_graded, pairs)):
        return passes
    return min(passes, sign_flip_p(falls))


def _is_graded(pair: CasePair) -> bool:
    one_repeat = len(pair.baseline) == len(pair.candidate) == 1
    return one_repeat or any(0 < score < 1 for score in pair.baseline)


def slice_p_values(evidence: Evidence) -> dict[str, float]:
    """The p of every slice that is tested alone: 30 cases or more, those held back included."""
    return {name: drop_p(pairs) for name, pairs in _tested(evidence).items()}


def screened(evidence: Evidence, p_values: Mapping[str, float]) -> list[Slice]:
    """The slices to look at again, clearest first and, of equals, the narrowest."""
    found = []
    for name in [name for name, p in p_values.items() if p <= SCREEN]:
        cases = tuple(case for case in evidence.cases if name in case.slices)
        ids = {case.id for case in cases}
        again = [pair for pair in evidence.reserve if pair.id in ids or name in pair.slices]
        found.append(Slice(name, cases, tuple(again), p_values[name]))
    return sorted(found, key=lambda one: (one.p, len(one.cases), one.name))


def _tested(evidence: Evidence) -> dict[str, list[CasePair]]:
    inside, ids = _by_slice(evidence.cases), defaultdict[str, set[str]](set)
    for name, pairs in (*inside.items(), *_by_slice(evidence.reserve).items()):
        ids[name].update(pair.id for pair in pairs)
    return {name: inside[name] for name in sorted(inside) if len(ids[name]) >= FEWEST_TESTED}


def _by_slice(pairs: Sequence[CasePair]) -> dict[str, list[CasePair]]:
    found: dict[str, list[CasePair]] = defaultdict(list)
    for pair in pairs:
        for name in set(pair.slices):
            found[name].append(pair)
    return found


def slices(evidence: Evidence, suspects: Sequence[Slice]) -> list[Reason]:
    """What became of the slices that were screened.

    Confirmed by Holm's .05 over all of them: no-go. Inconclusive: nothing to confirm it on; under
    .05 alone but not by Holm (else one more screened slice could clear its neighbour); or so
    clear at first that a reserve pointing the same way does not clear it. Otherwise a caution.
    """
    confirmed = set(holm({one.name: one.p_again for one in suspects}))
    reasons = []
    for one in suspects:
        seen = _seen(one, evidence)
        again = _again(one)
        if one.name in confirmed:
            reasons.append(Reason("slice", one.name, f"{seen}{again}", "no_go"))
        elif not one.can_be_confirmed:
            asked = count_of(len(one.reserve), "fresh or held-back case")
            why = f" Not confirmed: {asked if one.reserve else 'nothing'} to confirm it on."
            reasons.append(Reason("slice", one.name, seen + why, "inconclusive"))
        elif one.p_again <= ALPHA or (one.p <= STRONG and one.p_again < WEAK):
            why = f"{again} That neither confirms nor clears it: ask more cases."
            reasons.append(Reason("slice", one.name, seen + why, "inconclusive"))
        else:
            why = f"{again} So it was not confirmed."
            reasons.append(Reason("slice", one.name, seen + why, "go"))
    return reasons


def _seen(one: Slice, evidence: Evidence) -> str:
    lost = [case.id for case in one.cases if case.broken]
    if not lost:
        fall = mean_of([case.score_before - case.score_after for case in one.cases])
        return (
            f"Scores of the {len(one.cases)} cases about {one.name} are {points(fall)} points "
            f"lower than on {evidence.old} ({p_is(one.p)})."
        )
    fails = "fails" if len(lost) == 1 else "fail"
    return (
        f"{count_of(len(lost), 'case')} about {one.name} that passed on {evidence.old} {fails} "
        f"on {evidence.new} ({p_is(one.p)}): {named(lost)}."
    )


def _again(one: Slice) -> str:
    known = {case.id for case in one.cases}
    manner = "Asked afresh" if all(pair.id in known for pair in one.reserve) else "Held-back cases"
    broke = sum(pair.broken for pair in one.reserve)
    fixed = sum(pair.fixed for pair in one.reserve)
    return f" {manner}: {broke} broke, {fixed} fixed ({p_is(one.p_again)})."
