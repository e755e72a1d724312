"""What is known against or for a Revision: its runs, and what of it was revoked."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from evals.models import EvalRun, RunKind, RunStage, Verdict, VerdictKind
from registry.models import Revision, Revocation

RANK = {VerdictKind.GO: 0, VerdictKind.INCONCLUSIVE: 1, VerdictKind.NO_GO: 2}
"""How bad a verdict is; a worse one than an approval was given on voids the approval."""

_LAYERS = ("policy_version", "base_version", "overlay_version")


def latest_run(revision: Revision) -> EvalRun | None:
    """The newest run of a Revision for the gate that was not cancelled; trials do not count."""
    return latest_runs([revision.pk]).get(revision.pk)


def latest_runs(revisions: Iterable[UUID]) -> dict[UUID, EvalRun]:
    """Revision -> its newest run for the gate that was not cancelled; one query."""
    runs = EvalRun.objects.filter(revision_id__in=list(revisions), kind=RunKind.GATE).exclude(
        stage=RunStage.CANCELLED
    )
    newest = runs.order_by("revision_id", "-started_at").distinct("revision_id")
    return {run.revision_id: run for run in newest.select_related("verdict", "accepted_risk__by")}


ACCEPTABLE = {"power", "floor"}
"""Checks that are inconclusive for want of cases alone: a person may take that risk."""


def may_be_accepted(verdict: Verdict) -> bool:
    """Whether nothing but the small number of cases keeps a verdict from being go."""
    reasons = verdict.decision.get("reasons", [])
    checks = {one["check"] for one in reasons if one.get("verdict") != VerdictKind.GO}
    return verdict.kind == VerdictKind.INCONCLUSIVE and "power" in checks and checks <= ACCEPTABLE


def revocations_of(revision: Revision) -> list[Revocation]:
    """Revocations of the Revision itself or of anything it pins."""
    return revocations_by([revision])[revision.pk]


def revocations_by(revisions: Iterable[Revision]) -> dict[UUID, list[Revocation]]:
    """`revocations_of` of many Revisions; a query a layer, however many there are."""
    revisions = list(revisions)
    found: dict[UUID, list[Revocation]] = {revision.pk: [] for revision in revisions}
    for pin, key in (("revision", "pk"), *((layer, f"{layer}_id") for layer in _LAYERS)):
        ids = {getattr(revision, key) for revision in revisions} - {None}
        revoked = Revocation.objects.filter(**{f"{pin}__in": ids})
        by_pin = {getattr(one, f"{pin}_id"): one for one in revoked}
        for revision in revisions:
            if getattr(revision, key) in by_pin:
                found[revision.pk].append(by_pin[getattr(revision, key)])
    return found
