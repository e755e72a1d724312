"""Check 1: may this run speak at all? Errors are never failures and never passes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from evals.gate_checks.evidence import Evidence
from evals.gate_checks.wording import count_of
from evals.verdicts import Reason

MOST_LOST = 0.02  # share of calls without a score beyond which a run says nothing


def validity(evidence: Evidence) -> list[Reason]:
    """What makes the whole run void: too many calls without a score, or a changed judge."""
    found = [*_lost(evidence)]
    if change := changed_judge(evidence.judges):
        found.append(f"{change}; scores of two judges cannot be compared. Score both arms again.")
    return [Reason("validity", None, detail, "inconclusive") for detail in found]


def _lost(evidence: Evidence) -> list[str]:
    calls = evidence.all_calls
    if not calls or evidence.lost / calls <= MOST_LOST:
        return []
    of = f"of {count_of(calls, 'call')}"
    said = {
        f"{evidence.errors} {of} failed for technical reasons; run the evaluation again.":
            evidence.errors,
        f"{evidence.unscored} {of} were answered but could not be scored by the judge.":
            evidence.unscored,
        f"{evidence.unasked} {of} were never made; let the evaluation run to its end.":
            evidence.unasked,
    }  # fmt: skip
    return [sentence for sentence, number in said.items() if number]


def changed_judge(judges: Mapping[str, Collection[str]]) -> str:
    """How the judges differ, in words; empty where they do not.

    `judges` maps an arm to the judge versions that scored it, written “name@version”. Both arms
    must name the same, and nobody in two versions.
    """
    versions = defaultdict(set)
    for judge in {judge for arm in judges.values() for judge in arm}:
        name, _, version = judge.rpartition("@")
        versions[name or judge].add(version)
    swapped = sorted(name for name, seen in versions.items() if len(seen) > 1)
    if swapped:
        seen = " and ".join(sorted(versions[swapped[0]]))
        return f"The judge {swapped[0]} changed during the run (versions {seen})"
    if len({frozenset(arm) for arm in judges.values()}) > 1:
        return "The two arms were scored by different judges"
    return ""
