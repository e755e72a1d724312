"""Check 2: contract cases. What always held must hold, and a break must show twice."""

from __future__ import annotations

from collections.abc import Sequence

from evals.gate_checks.evidence import Evidence
from evals.gate_checks.wording import named
from evals.verdicts import CasePair, Reason, VerdictName


def must_pass(evidence: Evidence) -> list[Reason]:
    """No-go where a contract case broke and broke again afresh.

    A case that broke at first and cannot be asked again is inconclusive, as is one whose fresh
    repeats fail too but on a baseline that was not stable then. Who passes afresh is cleared.
    """
    broke = [case for case in evidence.cases if case.breaks_contract]
    again = {pair.id: pair for pair in evidence.reserve}
    twice = [case for case in broke if _breaks_again(again.get(case.id), case)]
    unasked = [case for case in broke if case.id not in again]
    failing = [
        case for case in broke
        if case.id in again and case not in twice and not again[case.id].holds_contract
    ]  # fmt: skip
    cleared = [case for case in broke if case.id in again and again[case.id].holds_contract]
    never_held = [
        case for case in evidence.cases
        if case.must_pass and not case.breaks_contract and not case.holds_contract
    ]  # fmt: skip
    held = f"that held on {evidence.old}"
    return [
        *_said(twice, evidence, "no_go", f"{held} {{fails}} on {evidence.new}: {{ids}}."),
        *_said(
            failing, evidence, "inconclusive",
            f"{held} {{fails}} on {evidence.new}, but asked afresh {evidence.old} did not always "
            "hold either: {ids}.",
        ),
        *_said(
            unasked, evidence, "inconclusive",
            f"{held} {{fails}} on {evidence.new}: {{ids}}. A single run may err: ask again.",
        ),
        *_said(cleared, evidence, "go", "failed at first and held when asked afresh: {ids}."),
        *_said(
            never_held, evidence, "go",
            f"{{fails}} now, and did not hold every time on {evidence.old} either: {{ids}}.",
        ),
    ]  # fmt: skip


def _breaks_again(pair: CasePair | None, case: CasePair) -> bool:
    """Whether the fresh repeats show the same; the case says that it is a contract case."""
    return pair is not None and pair.before == 1 and not pair.holds_contract


def _said(
    some: Sequence[CasePair], evidence: Evidence, verdict: VerdictName, sentence: str
) -> list[Reason]:
    if not some:
        return []
    about = _narrowest_shared_slice(some, evidence.cases)
    kind = f"must-pass case{'s' if len(some) > 1 else ''}{f' about {about}' if about else ''}"
    fails = "fails" if len(some) == 1 else "fail"
    told = sentence.replace("{fails}", fails).replace("{ids}", named([case.id for case in some]))
    return [Reason("must_pass", about, f"{len(some)} {kind} {told}", verdict)]


def _narrowest_shared_slice(some: Sequence[CasePair], cases: Sequence[CasePair]) -> str | None:
    """The smallest slice that all of `some` belong to; None where they share none."""
    shared = set.intersection(*(set(case.slices) for case in some))
    return min(
        shared, key=lambda name: (sum(name in case.slices for case in cases), name), default=None
    )
