"""What an overlay's form stands on: what is live, what is under way, and the current layers."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from fleet.authoring.repair import track_to_repair
from fleet.campaign.models import Track
from fleet.release.models import Release, Stage
from fleet.review.models import UNDER_WAY, Review, ReviewStage
from registry import lines
from registry.lines import MissingLayer
from registry.models import (
    BaseVersion,
    ModelTarget,
    OverlayDraft,
    PolicyVersion,
    Revision,
    Variant,
)


@dataclass(frozen=True)
class Ground:
    """The records behind one variant's form.

    `start` is the revision whose overlay the form begins with: the one that broke in a
    migration, else the one under review, else what is live. A submitted text is made for
    `target` and composed on `policy` and `base`, the newest there are.
    """

    variant: Variant
    live: Revision | None
    track: Track | None
    review: Review | None
    start: Revision
    target: ModelTarget
    base: BaseVersion
    policy: PolicyVersion


def ground_of(variant: Variant) -> Ground:
    """MissingLayer when nothing is live and so no model is known, or a layer is not there."""
    live, track, review = _live(variant), track_to_repair(variant), _review(variant)
    underway = track or review
    start = underway.revision if underway else live
    if start is None:
        raise MissingLayer("Nothing is live for this variant yet, so there is nothing to edit.")
    target = (start if track is not None or live is None else live).model_target
    base = lines.base_head(variant, target)
    policy = lines.policy_head(variant.prompt)
    return Ground(variant, live, track, review, start, target, base, policy)


def _live(variant: Variant) -> Revision | None:
    """What takes traffic, with its layers; only what the form reads: it asks at every pause."""
    live = Release.objects.filter(variant=variant, stage=Stage.LIVE)
    found = live.select_related(
        "revision__model_target", "revision__overlay_version", "revision__base_version",
        "revision__policy_version",
    ).defer(
        "revision__segments", "revision__base_version__text", "revision__policy_version__text",
        "revision__policy_version__rules",
    ).first()  # fmt: skip
    return found.revision if found else None


def started_from(ground: Ground, opened_on: str, draft: OverlayDraft) -> Review | None:
    """The review whose text a submitted form was started from; None where it was what is live.

    `opened_on` is what the form says: a revision's id, or nothing of the kind for a draft. A
    draft was begun after the last submission, else its save would have been refused: it was
    started from the review under way, unless that came meanwhile by another way.
    """
    with suppress(ValueError):
        of = Review.objects.filter(variant=ground.variant, revision=UUID(opened_on))
        return of.exclude(stage=ReviewStage.PUBLISHED).first()
    saves = OverlayDraft.history.filter(id=draft.pk).order_by("history_id")
    begun, review = saves.values_list("history_date", flat=True).first(), ground.review
    return review if review and begun and review.opened_at <= begun else None


def _review(variant: Variant) -> Review | None:
    """The newest review whose revision is not out yet: the next text, if all goes well."""
    waiting = Review.objects.filter(variant=variant, stage__in=UNDER_WAY)
    found = waiting.select_related(
        "opened_by", "revision__overlay_version", "revision__model_target"
    )
    return found.order_by("-opened_at").first()
