"""What a variant served before, and in which order one goes back through it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from fleet.release.models import Release, ReleaseKind, Stage
from fleet.review.models import Approval, Decision
from registry.models import Adoption, Revision, Variant

TOOK_TRAFFIC = (Stage.LIVE,)
"""Stages one goes back to without a gate. A canary alone is none: what was stopped as one, or
still runs, reaches everybody only through the gate."""


@dataclass(frozen=True)
class Step:
    """One release that was live for all."""

    revision: UUID
    kind: str


class Row(NamedTuple):
    """What is read of a release."""

    revision: UUID
    kind: str
    stage: str
    replaces: UUID | None


def way_back(variant: Variant) -> list[UUID]:
    """Ids of the revisions to go back through from what is live, the nearest first."""
    return ways_back([variant.pk]).get(variant.pk, [])


def ways_back(variants: Iterable[int] | QuerySet[Any]) -> dict[int, list[UUID]]:
    """`way_back` of many variants, given by id; one query."""
    rows = Release.objects.filter(variant__in=variants).values_list(
        "variant_id", "pk", "revision_id", "kind", "stage", "replaces_id"
    )
    by_variant: dict[int, dict[UUID, Row]] = {}
    for variant, pk, revision, kind, stage, replaces in rows:
        by_variant.setdefault(variant, {})[pk] = Row(revision, kind, stage, replaces)
    return {variant: unwound(live_steps(found)) for variant, found in by_variant.items()}


def live_steps(rows: dict[UUID, Row]) -> list[Step]:
    """Everything that was live for all, oldest first: each release names what it replaced."""
    at = next((pk for pk, row in rows.items() if row.stage == Stage.LIVE), None)
    steps: list[Step] = []
    while at is not None and at in rows:
        row = rows.pop(at)
        steps.append(Step(row.revision, row.kind))
        at = row.replaces
    return steps[::-1]


def unwound(steps: Sequence[Step]) -> list[UUID]:
    """What lies before the last of the steps, nearest first, without what was rolled away from.

    A rollback to a revision takes away whatever was put on top of it, so that going back twice
    goes further back and never forward to what was just left.
    """
    pile: list[UUID] = []
    for step in steps:
        if step.kind == ReleaseKind.ROLLBACK and step.revision in pile:
            while pile[-1] != step.revision:
                pile.pop()
        else:
            pile.append(step.revision)
    live = pile[-1] if pile else None
    return list(dict.fromkeys(revision for revision in pile[-2::-1] if revision != live))


def fit_revisions(variant: Variant) -> QuerySet[Revision]:
    """Revisions once live for all, approved or adopted, with nothing revoked in them.

    Newest first: the same conditions `roll_back` holds a goal to that needs no gate.
    """
    return fit(variant.revisions.all()).order_by("-number")


def fit(revisions: QuerySet[Revision]) -> QuerySet[Revision]:
    """Those of the revisions, of whatever variant, that may serve again without a gate."""
    approved = Approval.objects.filter(revision=OuterRef("pk"), decision=Decision.APPROVE)
    adopted = Adoption.objects.filter(revision=OuterRef("pk"))
    return revisions.filter(
        Q(Exists(approved)) | Q(Exists(adopted)),
        # The history tells a release that was live once from one that was stopped before.
        Exists(Release.history.filter(revision_id=OuterRef("pk"), stage__in=TOOK_TRAFFIC)),
        revocation__isnull=True,
        policy_version__revocation__isnull=True,
        base_version__revocation__isnull=True,
        overlay_version__revocation__isnull=True,
    )


def took_traffic(revision: Revision) -> bool:
    """Whether it was live for all at any time."""
    return Release.history.filter(revision_id=revision.pk, stage__in=TOOK_TRAFFIC).exists()
