"""Why a Revision may not go out: one list, read by the page and obeyed by the action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from evals.models import RunStage, Verdict, VerdictKind
from fleet.review.evidence import latest_run, may_be_accepted, revocations_of
from fleet.review.known import Known, known_of
from fleet.review.models import Review
from fleet.review.voids import WORSE
from registry import checks, lines
from registry.models import Revision

__all__ = [
    "Blocker", "against_approving", "against_release", "blockers", "blockers_of", "latest_run",
    "revocations_of",
]  # fmt: skip

Weight = Literal["block", "approval", "acknowledge"]

CHAIN = 50
"""How many reviews, each started from the one before, are looked back through."""


@dataclass(frozen=True)
class Blocker:
    """One reason and what to do about it.

    `weight`: `block` stops approving and releasing, `approval` stops releasing,
    `acknowledge` must be ticked by whoever releases.
    """

    code: str
    text: str
    remedy: str
    weight: Weight = "block"


def blockers(revision: Revision) -> list[Blocker]:
    """Everything that stands between this Revision and traffic, worst first."""
    return blockers_of([revision])[revision.pk]


def blockers_of(revisions: Sequence[Revision]) -> dict[UUID, list[Blocker]]:
    """`blockers` of many Revisions; the queries do not grow with them."""
    known = known_of(revisions)
    return {revision.pk: _blockers(revision, known) for revision in revisions}


def _blockers(revision: Revision, known: Known) -> list[Blocker]:
    void = [
        Blocker(one.code, one.text, one.remedy, "approval" if one is WORSE else "block")
        for one in known.voids[revision.pk]
    ]
    return [
        *(one for one in void if one.weight == "block"),
        *_objections(revision, known),
        *_against_heads(revision, known),
        *_evidence(revision, known),
        *(one for one in void if one.weight == "approval"),
        *_approval(revision, known),
        *_live_moved(revision, known),
    ]


def against_approving(found: list[Blocker]) -> list[Blocker]:
    """Those of the blockers that stop a yes."""
    return [blocker for blocker in found if blocker.weight == "block"]


def against_release(found: list[Blocker], *, acknowledged: bool) -> list[Blocker]:
    """Those of the blockers that stop a release."""
    return [b for b in found if b.weight != "acknowledge" or not acknowledged]


def _objections(revision: Revision, known: Known) -> list[Blocker]:
    return [
        Blocker(
            "objection", f"{one.by.display_name} objects: {one.reason}",
            f"Mend it and submit again. Or {one.by.display_name} lifts it, or a policy owner "
            "outvotes it with a reason.",
        )
        for one in known.raised.get(revision.pk, [])
    ]  # fmt: skip


def _against_heads(revision: Revision, known: Known) -> list[Blocker]:
    """What today's policy and base have against it, or that one of them is gone."""
    try:
        return [*_lint(revision, known), *_base_moved(revision, known)]
    except lines.MissingLayer as missing:
        return [Blocker("layer", str(missing), "Then submit it again.")]


def _lint(revision: Revision, known: Known) -> list[Blocker]:
    return [
        Blocker("lint", f"{finding.message} “{finding.quote}”", finding.hint)
        for finding in checks.lint_revision(revision, known.heads.policy(revision))
        if finding.severity == "block"
    ]


def _evidence(revision: Revision, known: Known) -> list[Blocker]:
    run = known.runs.get(revision.pk)
    if run is None:
        return [Blocker("evals", "It has not been evaluated.", "Start an eval run.")]
    if run.stage == RunStage.RUNNING:
        return [Blocker("evals", "Its eval run is still going.", "Wait for the verdict.")]
    if run.stage == RunStage.PAUSED:
        return [Blocker("evals", "Its eval run is paused.", "Let it go on, or cancel it.")]
    if run.eval_hash != known.suites[revision.variant_id]:
        return [Blocker("evals", "The suites changed since it was evaluated.", "Evaluate again.")]
    verdict: Verdict = run.verdict
    if verdict.kind == VerdictKind.GO or hasattr(run, "accepted_risk"):
        return []
    if may_be_accepted(verdict):
        remedy = "Add cases to its suites and evaluate again, or accept the risk with a reason."
        return [Blocker("risk", verdict.headline, remedy)]
    return [Blocker("verdict", verdict.headline, "Open the run, mend what broke, submit again.")]


def _approval(revision: Revision, known: Known) -> list[Blocker]:
    """A no, or who has yet to say yes."""
    rejection = known.noes.get(revision.pk)
    if rejection is not None:
        return [
            Blocker(
                "rejected", f"{rejection.by.display_name} objects: {rejection.reason}",
                "Mend it and submit a new revision.", "approval",
            )
        ]  # fmt: skip
    far = known.far[revision.pk]
    if far.is_enough:
        return []
    text = f"Approved by {far.given} of {far.needed}." if far.given else "Nobody has approved it."
    return [
        Blocker(
            "approval", f"{text} Still needed: {far.missing}.",
            "Somebody who did not write it has to approve.", "approval",
        )
    ]  # fmt: skip


def _base_moved(revision: Revision, known: Known) -> list[Blocker]:
    head = known.heads.base(revision)
    if head.pk == revision.base_version_id:
        return []
    return [
        Blocker(
            "base", f"The base prompt moved on to {head.semver}; this still stands on "
            f"{revision.base_version.semver}.",
            "Tick that you know, or rebase it on the new base.", "acknowledge",
        )
    ]  # fmt: skip


def _live_moved(revision: Revision, known: Known) -> list[Blocker]:
    """Two edits of one live text do not know each other: the later would undo the earlier.

    Unless the later was started from the earlier one's text.
    """
    now = known.live.get(revision.variant_id)
    if now is None or revision.parent_id is None:
        return []
    if now.revision_id in (revision.pk, revision.parent_id):
        return []
    if follows(revision, now.revision):
        return []
    return [
        Blocker(
            "live", f"Revision {now.revision.number} went live after this was written; what it "
            "changed may be missing here.",
            "Compare the two. Tick that you know, or rebase it on what is live.", "acknowledge",
        )
    ]  # fmt: skip


def follows(revision: Revision, earlier: Revision) -> bool:
    """Whether this text was started from the other's, review by review."""
    review = Review.objects.filter(revision=revision).select_related("follows").first()
    for _ in range(CHAIN):
        review = review.follows if review is not None else None
        if review is None or review.revision_id == earlier.pk:
            break
    return review is not None and review.revision_id == earlier.pk
