"""What takes the ground from under an approval (design.md, invariant 4): one list for all.

`blockers` shows it, `void_stale` acts on it. A base behind its head is no such thing: that is
a warning to be ticked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from evals.models import EvalRun, RunStage, VerdictKind
from fleet.release.models import Release, Stage
from fleet.review.evidence import RANK, latest_runs, revocations_by
from fleet.review.models import Approval
from fleet.review.rules import counting_of
from registry import lines
from registry.models import ModelTarget, PolicyVersion, Prompt, Revision


@dataclass(frozen=True)
class Void:
    """One reason why a yes no longer counts, and what to do. `code` names the kind."""

    code: str
    text: str
    remedy: str


def voids_of(
    revisions: Sequence[Revision], runs: Mapping[UUID, EvalRun] | None = None
) -> dict[UUID, list[Void]]:
    """Revision -> why no approval of it counts any more; queries grow with the prompts alone.

    Without an approval it says what would void one. Newer evidence can only void a yes that
    was given. `runs`: their newest ones, where the caller has read them already.
    """
    revoked = revocations_by(revisions)
    heads = _policy_heads(revisions)
    models = _moved_models(revisions)
    if runs is None:
        runs = latest_runs(revision.pk for revision in revisions)
    given: dict[UUID, list[Approval]] = {revision.pk: [] for revision in revisions}
    for approval in counting_of(given):
        given[approval.revision_id].append(approval)
    return {
        revision.pk: [
            *(_revoked(one.reason) for one in revoked[revision.pk]),
            *_policy(revision, heads.get(revision.pk)),
            *_model(revision, models.get(revision.pk)),
            *_evidence(given[revision.pk], runs.get(revision.pk)),
        ]
        for revision in revisions
    }


def _revoked(reason: str) -> Void:
    return Void(
        "revoked", f"A part of it was revoked: {reason}", "Write a new revision without it."
    )


def _policy(revision: Revision, head: PolicyVersion | None) -> list[Void]:
    if head is None or head.pk == revision.policy_version_id:
        return []
    return [
        Void(
            "policy", f"The policy moved on to version {head.number} since this was frozen.",
            "Rebase it, or open the overlay and submit it again: it is checked under the new "
            "policy.",
        )
    ]  # fmt: skip


def _model(revision: Revision, live: ModelTarget | None) -> list[Void]:
    if live is None:
        return []
    return [
        Void(
            "model", f"The variant runs on {live} by now; this was written for "
            f"{revision.model_target}.",
            "Rebase it: it is evaluated and decided on the model that is live.",
        )
    ]  # fmt: skip


def _evidence(given: Iterable[Approval], run: EvalRun | None) -> list[Void]:
    """A newer verdict that is worse than what somebody said yes to."""
    if run is None or run.stage != RunStage.DONE:
        return []
    now = RANK[VerdictKind(run.verdict.kind)]
    worse = any(
        approval.run_id != run.pk and approval.verdict
        and now > RANK[VerdictKind(approval.verdict)]
        for approval in given
    )  # fmt: skip
    return [WORSE] if worse else []


WORSE = Void(
    "void", "Its approval is void: newer evidence is worse than what was approved.",
    "Look at the newer eval run and decide again.",
)  # fmt: skip


def _policy_heads(revisions: Iterable[Revision]) -> dict[UUID, PolicyVersion]:
    """Revision -> the policy that is current for its prompt, where there is one."""
    by_prompt: dict[int, PolicyVersion | None] = {}
    found = {}
    for revision in revisions:
        prompt = revision.variant.prompt
        if prompt.pk not in by_prompt:
            by_prompt[prompt.pk] = _head(prompt)
        if (head := by_prompt[prompt.pk]) is not None:
            found[revision.pk] = head
    return found


def _head(prompt: Prompt) -> PolicyVersion | None:
    try:
        return lines.policy_head(prompt)
    except lines.MissingLayer:
        return None


def _moved_models(revisions: Iterable[Revision]) -> dict[UUID, ModelTarget]:
    """Revision -> the live model, where the variant moved to another one after it was written.

    What is itself on the way to another model started from the live one, so it is not moved.
    """
    revisions = list(revisions)
    live = {
        release.variant_id: release.revision.model_target
        for release in Release.objects.filter(
            variant__in={one.variant_id for one in revisions}, stage=Stage.LIVE
        ).select_related("revision__model_target").defer("revision__text", "revision__segments")
    }  # fmt: skip
    ids = [one.parent_id for one in revisions if one.parent_id is not None]
    earlier = Revision.objects.filter(pk__in=ids).order_by()
    parents = dict(earlier.values_list("pk", "model_target_id"))
    found = {}
    for revision in revisions:
        now = live.get(revision.variant_id)
        was = parents.get(revision.parent_id) if revision.parent_id else None
        if now is not None and was is not None and now.pk not in (was, revision.model_target_id):
            found[revision.pk] = now
    return found
