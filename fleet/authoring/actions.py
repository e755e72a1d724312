"""Submit an overlay: the draft becomes a Revision under review, and a broken track's repair."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from fleet.authoring.check import checked
from fleet.authoring.ground import ground_of, started_from
from fleet.campaign.actions import measured_for, take_fix
from fleet.review.actions import open_review
from fleet.review.models import Review
from registry.actions import save_draft
from registry.models import User, Variant


class NothingToSubmit(Exception):
    """What is typed is what is live, on the layers that are live."""


@transaction.atomic
def submit_overlay(
    variant: Variant,
    values: Mapping[str, str],
    rationale: str,
    by: User,
    *,
    edition: int = 0,
    opened_on: str = "",
) -> Review:
    """Save these texts as the draft, open a review of them and start its evaluation.

    Where a model migration waits for a repair of this variant, the new Revision is made
    for that migration's model and its track takes it. `edition` is the draft the form was
    opened with (0: none), `opened_on` what that form says it began with. All or nothing:
    raises NothingToSubmit, and what `save_draft` (DraftConflict) and `open_review` (Blocked,
    AlreadyDecided, NothingToMeasure) raise.
    """
    draft = save_draft(variant, values, edition=edition, by=by)
    ground = ground_of(variant)
    if checked(ground, values, "").is_empty:
        assert ground.live is not None
        raise NothingToSubmit(
            f"Revision {ground.live.number}, which is live, has exactly this content already. "
            "Change something first."
        )
    track = ground.track
    review = open_review(
        variant, values, rationale=rationale, by=by,
        follows=started_from(ground, opened_on, draft), **(measured_for(track) if track else {}),
    )  # fmt: skip
    if track is not None:
        run = review.revision.eval_runs.order_by("-started_at").first()
        assert run is not None  # open_review started it in this transaction
        take_fix(track, review.revision, run, by=by)
    return review
