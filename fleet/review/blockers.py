"""Why a Revision may not go out: one list, read by the page and obeyed by the action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evals.models import EvalRun, RunStage, Verdict, VerdictKind
from evals.suites import combined_hash, suite_versions_for
from fleet.release.models import Release, Stage
from fleet.review.models import Approval, Decision
from registry import checks, lines
from registry.models import Revision, Revocation

Weight = Literal["block", "approval", "acknowledge"]

RANK = {VerdictKind.GO: 0, VerdictKind.INCONCLUSIVE: 1, VerdictKind.NO_GO: 2}
"""How bad a verdict is; a worse one than an approval was given on voids the approval."""


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
    return [
        *_revoked(revision),
        *_against_heads(revision),
        *_evidence(revision),
        *_approval(revision),
        *_live_moved(revision),
    ]


def against_approving(found: list[Blocker]) -> list[Blocker]:
    """Those of the blockers that stop a yes."""
    return [blocker for blocker in found if blocker.weight == "block"]


def against_release(found: list[Blocker], *, acknowledged: bool) -> list[Blocker]:
    """Those of the blockers that stop a release."""
    return [b for b in found if b.weight != "acknowledge" or not acknowledged]


def latest_run(revision: Revision) -> EvalRun | None:
    """The newest run of a Revision that was not cancelled."""
    runs = revision.eval_runs.exclude(stage=RunStage.CANCELLED).select_related("verdict")
    return runs.order_by("-started_at").first()


def revocations_of(revision: Revision) -> list[Revocation]:
    """Revocations of the Revision itself or of anything it pins."""
    pins = revision.pins
    own = Revocation.objects.filter(revision=revision)
    layers = [
        Revocation.objects.filter(**{f"{name}_id": pins[name]})
        for name in ("policy_version", "base_version", "overlay_version")
        if pins[name] is not None
    ]
    return [revocation for found in (own, *layers) for revocation in found]


def _revoked(revision: Revision) -> list[Blocker]:
    return [
        Blocker(
            "revoked", f"A part of it was revoked: {revocation.reason}",
            "Write a new revision without it.",
        )
        for revocation in revocations_of(revision)
    ]  # fmt: skip


def _against_heads(revision: Revision) -> list[Blocker]:
    """What today's policy and base have against it, or that one of them is gone."""
    try:
        return [*_policy_moved(revision), *_lint(revision), *_base_moved(revision)]
    except lines.MissingLayer as missing:
        return [Blocker("layer", str(missing), "Then submit it again.")]


def _policy_moved(revision: Revision) -> list[Blocker]:
    head = lines.policy_head(revision.variant.prompt)
    if head.pk == revision.policy_version_id:
        return []
    return [
        Blocker(
            "policy", f"The policy moved on to version {head.number} since this was frozen.",
            "Open the overlay and submit it again: it will be checked under the new policy.",
        )
    ]  # fmt: skip


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
    if run.eval_hash != combined_hash(suite_versions_for(revision.variant)):
        return [Blocker("evals", "The suites changed since it was evaluated.", "Evaluate again.")]
    verdict: Verdict = run.verdict
    if verdict.kind == VerdictKind.GO:
        return []
    return [Blocker("verdict", verdict.headline, "Open the run, mend what broke, submit again.")]


def _approval(revision: Revision) -> list[Blocker]:
    given = list(Approval.objects.filter(revision=revision).select_related("by", "run"))
    objection = next((a for a in given if a.decision == Decision.REJECT), None)
    if objection is not None:
        return [
            Blocker(
                "rejected", f"{objection.by.display_name} objects: {objection.reason}",
                "Mend it and submit a new revision.", "approval",
            )
        ]  # fmt: skip
    if not given:
        return [
            Blocker(
                "approval", "Nobody has approved it yet.",
                "Somebody who did not write it has to approve.", "approval",
            )
        ]  # fmt: skip
    return [] if any(_still_good(approval, revision) for approval in given) else [_VOID]


_VOID = Blocker(
    "void", "Its approval is void: newer evidence is worse than what was approved.",
    "Look at the newer eval run and decide again.", "approval",
)  # fmt: skip


def _still_good(approval: Approval, revision: Revision) -> bool:
    """Invariant 4: same text, same pins, and no newer evidence with a worse verdict."""
    if approval.sha256 != revision.sha256 or approval.pins != revision.pins:
        return False
    run = latest_run(revision)
    if run is None or run.stage != RunStage.DONE or run.pk == approval.run_id:
        return True
    return RANK[VerdictKind(run.verdict.kind)] <= RANK[VerdictKind(approval.verdict)]


def _base_moved(revision: Revision) -> list[Blocker]:
    head = lines.base_head(revision.variant, revision.model_target)
    if head.pk == revision.base_version_id:
        return []
    return [
        Blocker(
            "base", f"The base prompt moved on to {head.semver}; this still stands on "
            f"{revision.base_version.semver}.",
            "Tick that you know, or submit the overlay again on the new base.", "acknowledge",
        )
    ]  # fmt: skip


def _live_moved(revision: Revision) -> list[Blocker]:
    """Two edits of one live text do not know each other: the later would undo the earlier."""
    live = Release.objects.filter(variant=revision.variant_id, stage=Stage.LIVE)
    now = live.select_related("revision").defer("revision__text", "revision__segments").first()
    if now is None or revision.parent_id is None:
        return []
    if now.revision_id in (revision.pk, revision.parent_id):
        return []
    return [
        Blocker(
            "live", f"Revision {now.revision.number} went live after this was written; what it "
            "changed may be missing here.",
            "Compare the two. Tick that you know, or submit the overlay again.", "acknowledge",
        )
    ]  # fmt: skip
