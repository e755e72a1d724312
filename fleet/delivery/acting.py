"""What a key may do beside reading: roll a variant back, at once and without a gate."""

from __future__ import annotations

import datetime as dt
import uuid
from http import HTTPStatus
from typing import Annotated, Any

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field, WithJsonSchema

from fleet.campaign.actions import roll_back_variant
from fleet.delivery.api import PROBLEMS, ProblemDocument, bearer
from fleet.delivery.keys import acting_user
from fleet.delivery.models import ApiKey, Scope
from fleet.delivery.problems import Problem
from fleet.release.actions import CannotRollBack, lock
from fleet.release.models import Release, ReleaseKind, Stage
from fleet.review.actions import Blocked
from registry.border import UnusableText
from registry.models import Revision, User, Variant
from registry.roles import NotAllowed
from registry.transitions import IllegalMove

router = Router()

LONGEST_ID = 18
"""Digits of an id that PostgreSQL's bigint holds in any case."""

# Read as text: whatever is no id of a variant is not found, not malformed.
VariantId = Annotated[str, WithJsonSchema({"type": "integer", "minimum": 1})]


class RollbackBody(Schema):
    """Where to, and why."""

    to: uuid.UUID | None = Field(
        None, description="A release of this variant; null: what was live before the live one."
    )
    reason: str = Field(description="Stands on the variant's timeline.")


class RollbackAnswer(Schema):
    """What is live now."""

    release_id: uuid.UUID
    prompt_id: uuid.UUID
    revision: int
    sha256: str
    stage: str
    variant: int
    prompt: str
    tenant: str | None
    locale: str
    lane: str
    replaces: uuid.UUID | None
    at: dt.datetime


@router.post(
    "/variants/{variant_id}/rollback", auth=bearer(Scope.RELEASES_WRITE),
    response={200: RollbackAnswer, **PROBLEMS, 409: ProblemDocument},
    operation_id="rollBack",
)  # fmt: skip
def roll_back(request: HttpRequest, variant_id: VariantId, body: RollbackBody) -> dict[str, Any]:
    """Serve an earlier revision again, at once. 409: live already, or nothing to go back to."""
    if not body.reason.strip():
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Say why: “reason” is empty.")
    key: ApiKey = request.auth  # type: ignore[attr-defined]
    variant = variant_of(key, variant_id)
    try:
        return _as_json(_roll_back(variant, acting_user(key), body))
    except NotAllowed as no:
        raise Problem(HTTPStatus.FORBIDDEN, str(no)) from None
    except UnusableText as unusable:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"reason: {unusable}") from None
    except (CannotRollBack, Blocked, IllegalMove) as why:
        raise Problem(HTTPStatus.CONFLICT, str(why)) from None


@transaction.atomic
def _roll_back(variant: Variant, by: User, body: RollbackBody) -> Release:
    goal = _goal(variant, body.to)
    if goal is None:
        _refuse_again(lock(variant), by, body.reason.strip())
    return roll_back_variant(variant, by=by, reason=body.reason, to=goal)


def _refuse_again(variant: Variant, by: User, reason: str) -> None:
    """A caller who heard no answer sends the same again: it must not go back a second time."""
    live = Release.objects.filter(variant=variant, stage=Stage.LIVE).select_related("revision")
    now = live.first()
    if now is None or now.kind != ReleaseKind.ROLLBACK:
        return
    if now.released_by_id == by.pk and now.reason == reason:
        raise CannotRollBack(
            f"Revision {now.revision.number} is live already: this very request rolled back to it. "
            "To go further back, name the release in “to” or give another reason."
        )


def variant_of(key: ApiKey, variant_id: str) -> Variant:
    """The variant, where the key may know of it; else 404."""
    missing = Problem(HTTPStatus.NOT_FOUND, "There is no variant with this id.")
    if not (variant_id.isascii() and variant_id.isdigit() and len(variant_id) <= LONGEST_ID):
        raise missing
    found = Variant.objects.visible_to(acting_user(key)).select_related("tenant", "prompt")
    variant = found.filter(pk=int(variant_id)).first()
    if variant is None:
        raise missing
    return variant


def _goal(variant: Variant, to: uuid.UUID | None) -> Revision | None:
    if to is None:
        return None
    release = variant.releases.filter(pk=to).select_related("revision").first()
    if release is None:
        raise Problem(HTTPStatus.NOT_FOUND, "This variant has no release with this id.")
    return release.revision


def _as_json(release: Release) -> dict[str, Any]:
    variant, revision = release.variant, release.revision
    return {
        "release_id": release.pk, "prompt_id": revision.pk, "revision": revision.number,
        "sha256": revision.sha256, "stage": release.stage, "variant": variant.pk,
        "prompt": variant.prompt.slug, "tenant": variant.tenant.slug if variant.tenant else None,
        "locale": variant.locale, "lane": variant.lane, "replaces": release.replaces_id,
        "at": release.released_at,
    }  # fmt: skip
