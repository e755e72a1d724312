"""What the fleet table knows of a variant, read in one query for a whole page of them."""

from __future__ import annotations

from functools import cache

from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Concat, NullIf, Trim

from evals.models import EvalRun, RunKind
from fleet.release.models import Release, Stage
from fleet.review.models import Review, ReviewStage
from registry.models import Adoption, OverlayDraft, User, Variant, VariantStage

STATES = {
    "withdrawn": "Withdrawn",
    "retired": "Retired",
    "planned": "Move planned",
    "queued": "Move queued",
    "evaluating": "Evaluating",
    "needs_work": "Needs work",
    "awaiting_sign_off": "Waiting for sign-off",
    "signed_off": "Signed off",
    "cutover_scheduled": "Cutover scheduled",
    "cut_over": "Cut over",
    "watched": "Being watched",
    "deferred": "Move deferred",
    "rolled_back": "Move rolled back",
    "canary": "Canary running",
    "open": "In review",
    "changes_requested": "Changes requested",
    "approved": "Approved, not live yet",
    "scheduled": "Publish scheduled",
    "draft": "Live, draft open",
    "live": "Live",
    "nothing": "Nothing live yet",
}
"""What a variant's most pressing state is called on screen. The first that holds is shown.

A migration's states are called as on its board, with a word more where they could be another's.
"""

UNDECIDED = (
    ReviewStage.OPEN, ReviewStage.CHANGES_REQUESTED, ReviewStage.APPROVED, ReviewStage.SCHEDULED,
)  # fmt: skip
"""Stages of a review that is not through."""

OWNER_NAME = Coalesce(
    NullIf(Trim(Concat("first_name", Value(" "), "last_name")), Value("")), "username"
)
"""A person's name as `User.display_name` has it, in SQL."""


@cache
def columned() -> QuerySet[Variant]:
    """Every variant with its columns, to be filtered: putting the query together takes longer
    than asking it, so it is done once."""
    return with_columns(Variant.objects.all())


def with_columns(variants: QuerySet[Variant]) -> QuerySet[Variant]:
    """Annotate what the table shows, sorts and filters by."""
    runs = EvalRun.objects.filter(variant=OuterRef("pk"), kind=RunKind.GATE, verdict__isnull=False)
    newest = runs.order_by("-started_at")
    owners = User.objects.filter(tenants=OuterRef("tenant_id"), is_active=True)
    return (
        variants.annotate(
            live=FilteredRelation("releases", condition=Q(releases__stage="live")),
            open_track=FilteredRelation("tracks", condition=Q(tracks__closed_at__isnull=True)),
        )
        .annotate(
            live_number=F("live__revision__number"),
            live_revision=F("live__revision_id"),
            model=F("live__revision__model_target__snapshot"),
            model_id=F("live__revision__model_target_id"),
            retires_on=F("live__revision__model_target__retires_on"),
            is_adopted=Exists(Adoption.objects.filter(revision=OuterRef("live__revision_id"))),
            run_id=Subquery(newest.values("pk")[:1]),
            verdict=Subquery(newest.values("verdict__kind")[:1]),
            owner=Subquery(
                owners.annotate(shown=OWNER_NAME).order_by("shown").values("shown")[:1]
            ),
            track_id=F("open_track__id"),
            state=_state(),
        )
    )  # fmt: skip


def _state() -> Case:
    reviews = Review.objects.filter(variant=OuterRef("pk"), stage__in=UNDECIDED)
    canaries = Release.objects.filter(variant=OuterRef("pk"), stage=Stage.CANARY)
    drafts = OverlayDraft.objects.filter(
        overlay__tenant=OuterRef("tenant_id"), overlay__prompt=OuterRef("prompt_id")
    )
    review = Subquery(reviews.order_by("-opened_at").values("stage")[:1])
    return Case(
        When(~Q(stage=VariantStage.ACTIVE), then=F("stage")),
        When(open_track__campaign__stage="planned", then=Value("planned")),
        When(open_track__stage="scheduled", then=Value("cutover_scheduled")),  # not a publish
        When(open_track__stage__isnull=False, then=F("open_track__stage")),
        When(Exists(canaries), then=Value("canary")),
        When(Exists(reviews), then=review),
        When(live__id__isnull=True, then=Value("nothing")),
        When(Exists(drafts), then=Value("draft")),
        default=Value("live"),
        output_field=CharField(),
    )
