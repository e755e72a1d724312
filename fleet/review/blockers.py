"""Why a Revision may not go out: one list, read by the page and obeyed by the action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evals.models import RunStage, Verdict, VerdictKind
from evals.suites import combined_hash, suite_versions_for
from fleet.release.models import Release, Stage
from fleet.review.evidence import latest_run, may_be_accepted, revocations_of
from fleet.review.models import Approval, Decision, Objection, ObjectionStage, Review
from fleet.review.rules import progress, requirements
from fleet.review.voids import WORSE, voids_of
from registry import checks, lines
from registry.models import Revision

__all__ = [
    "Blocker", "against_approving", "against_release", "blockers", "latest_run", "revocations_of",
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
    void = [
        Blocker(one.code, one.text, one.remedy, "approval" if one is WORSE else "block")
        for one in voids_of([revision])[revision.pk]
    ]
    return [
        *(one for one in void if one.weight == "block"),
        *_objections(revision),
        *_against_heads(revision),
        *_evidence(revision),
        *(one for one in void if one.weight == "approval"),
        *_approval(revision),
        *_live_moved(revision),
    ]


def against_approving(found: list[Blocker]) -> list[Blocker]:
    """Those of the blockers that stop a yes."""
    return [blocker for blocker in found if blocker.weight == "block"]


def against_release(found: list[Blocker], *, acknowledged: bool) -> list[Blocker]:
    """Those of the blockers that stop a release."""
    return [b for b in found if b.weight != "acknowledge" or not acknowledged]


def _objections(revision: Revision) -> list[Blocker]:
    raised = Objection.objects.filter(revision=revision, stage=ObjectionStage.RAISED)
    return [
        Blocker(
            "objection", f"{one.by.display_name} objects: {one.reason}",
            f"Mend it and submit again. Or {one.by.display_name} lifts it, or a policy owner "
            "outvotes it with a reason.",
        )
        for one in raised.select_related("by").order_by("at")
    ]  # fmt: skip


def _against_heads(revision: Revision) -> list[Blocker]:
    """What today's policy and base have against it, or that one of them is gone."""
    try:
        lines.policy_head(revision.variant.prompt)
        return [*_lint(revision), *_base_moved(revision)]
    except lines.MissingLayer as missing:
        return [Blocker("layer", str(missing), "Then submit it again.")]


def _lint(revision: Revision) -> list[Blocker]:
    return [
        Blocker("lint", f"{finding.message} “{finding.quote}”", finding.hint)
        for finding in checks.lint_revision(revision)
        if finding.severity == "block"
    ]


def _evidence(revision: Revision) -> list[Blocker]:
    run = latest_run(revision)
    if run is None:
        return [Blocker("evals", "It has not been evaluated.", "Start an eval run.")]
    if run.stage == RunStage.RUNNING:
        return [Blocker("evals", "Its eval run is still going.", "Wait for the verdict.")]
    if run.stage == RunStage.PAUSED:
        return [Blocker("evals", "Its eval run is paused.", "Let it go on, or cancel it.")]
    if run.eval_hash != combined_hash(suite_versions_for(revision.variant)):
        return [Blocker("evals", "The suites changed since it was evaluated.", "Evaluate again.")]
    verdict: Verdict = run.verdict
    if verdict.kind == VerdictKind.GO or hasattr(run, "accepted_risk"):
        return []
    if may_be_accepted(verdict):
        remedy = "Add cases to its suites and evaluate again, or accept the risk with a reason."
        return [Blocker("risk", verdict.headline, remedy)]
    return [Blocker("verdict", verdict.headline, "Open the run, mend what broke, submit again.")]


def _approval(revision: Revision) -> list[Blocker]:
    """A no, or who has yet to say yes."""
    said_no = Approval.objects.filter(revision=revision, decision=Decision.REJECT)
    rejection = said_no.select_related("by").first()
    if rejection is not None:
        return [
            Blocker(
                "rejected", f"{rejection.by.display_name} objects: {rejection.reason}",
                "Mend it and submit a new revision.", "approval",
            )
        ]  # fmt: skip
    far = progress(requirements(revision))
    if far.is_enough:
        return []
    text = f"Approved by {far.given} of {far.needed}." if far.given else "Nobody has approved it."
    return [
        Blocker(
            "approval", f"{text} Still needed: {far.missing}.",
            "Somebody who did not write it has to approve.", "approval",
        )
    ]  # fmt: skip


def _base_moved(revision: Revision) -> list[Blocker]:
    head = lines.base_head(revision.variant, revision.model_target)
    if head.pk == revision.base_version_id:
        return []
    return [
        Blocker(
            "base", f"The base prompt moved on to {head.semver}; this still stands on "
            f"{revision.base_version.semver}.",
            "Tick that you know, or rebase it on the new base.", "acknowledge",
        )
    ]  # fmt: skip


def _live_moved(revision: Revision) -> list[Blocker]:
    """Two edits of one live text do not know each other: the later would undo the earlier.

    Unless the later was started from the earlier one's text.
    """
    live = Release.objects.filter(variant=revision.variant_id, stage=Stage.LIVE)
    now = live.select_related("revision").defer("revision__text", "revision__segments").first()
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
