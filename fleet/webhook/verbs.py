"""The events that others may be told of: a stable list, and what of each goes out.

A verb that is not here goes nowhere. Stages go by the tables of `move`: what a row becomes is
`noun.stage`. The names below `data` are the plain fields of the event that leave the house;
never a text, a reason or a person's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from fleet.bulk.models import BulkAct
from fleet.campaign.models import Campaign, Track
from fleet.experiment.models import Experiment
from fleet.release.models import BreakGlass, Release, ReleaseKind
from fleet.review.models import Objection, Review
from fleet.router.models import RouterRelease, RouterReview
from registry.models import Variant


@dataclass(frozen=True)
class Public:
    """One verb: the words for it, its group on the page, the fields of the event that go out."""

    verb: str
    label: str
    group: str
    data: tuple[str, ...] = ("origin",)


def _stages(model: type[Model], group: str, word: str) -> list[Public]:
    """Every stage that an arrow of the model's table leads to."""
    ends = {to for arrows in model.ARROWS.values() for to in arrows}  # type: ignore[attr-defined]
    choices: Any = model._meta.get_field("stage").flatchoices  # type: ignore[union-attr]
    noun = model._meta.model_name
    return [
        Public(f"{noun}.{stage}", f"{word}: {label}", group)
        for stage, label in choices
        if stage in ends
    ]


_REVIEWS, _RELEASES, _MIGRATIONS, _TEXTS = (
    "Reviews", "Releases", "Migrations and bulk acts", "Texts, variants and routers",
)  # fmt: skip
_WHICH = ("revision", "sha256")

_ALL = [
    Public("review.opened", "Review: Opened", _REVIEWS, ("revision",)),
    *_stages(Review, _REVIEWS, "Review"),
    Public("review.voided", "Review: Approval void", _REVIEWS, ("round",)),
    Public("objection.raised", "Objection: Raised", _REVIEWS, ()),
    *_stages(Objection, _REVIEWS, "Objection"),
    *(
        Public(f"release.{kind}", f"Went live: {kind.label}", _RELEASES, (*_WHICH, "from_revision"))
        for kind in ReleaseKind
    ),
    Public("break_glass.broken", "Break-glass: Broken", _RELEASES, ("revision",)),
    *_stages(BreakGlass, _RELEASES, "Break-glass"),
    Public("release.canary_started", "Canary: Started", _RELEASES, (*_WHICH, "percent")),
    Public("release.widened", "Canary: Wider", _RELEASES, ("revision", "percent", "from_percent")),
    Public("release.canary_stopped", "Canary: Stopped", _RELEASES, ("revision", "percent")),
    Public("release.shadow_started", "Shadow: Started", _RELEASES, _WHICH),
    Public("release.shadow_ended", "Shadow: Ended", _RELEASES, ("revision",)),
    Public("release.staging_started", "Staging: Started", _RELEASES, _WHICH),
    Public("release.staging_ended", "Staging: Ended", _RELEASES, ("revision",)),
    *_stages(Release, _RELEASES, "Release"),
    Public("experiment.started", "Experiment: Started", _RELEASES, ("arm", "share", "variants")),
    *_stages(Experiment, _RELEASES, "Experiment"),
    Public("campaign.opened", "Migration: Opened", _MIGRATIONS, ("tracks",)),
    *_stages(Campaign, _MIGRATIONS, "Migration"),
    Public("track.opened", "Track: Opened", _MIGRATIONS, ()),
    *_stages(Track, _MIGRATIONS, "Track"),
    Public("bulkact.started", "Bulk act: Started", _MIGRATIONS, ("kind", "variants")),
    *_stages(BulkAct, _MIGRATIONS, "Bulk act"),
    *_stages(Variant, _TEXTS, "Variant"),
    Public("revision.revoked", "Revision: Revoked", _TEXTS, ()),
    Public("policyversion.revoked", "Policy version: Revoked", _TEXTS, ()),
    Public("baseversion.revoked", "Base version: Revoked", _TEXTS, ()),
    Public("overlayversion.revoked", "Overlay version: Revoked", _TEXTS, ()),
    Public("policy.published", "Policy: New version", _TEXTS, ()),
    Public("base.published", "Base: New version", _TEXTS, ()),
    *_stages(RouterReview, _TEXTS, "Router review"),
    *_stages(RouterRelease, _TEXTS, "Router"),
]

PUBLIC: Mapping[str, Public] = {one.verb: one for one in _ALL}

TEST_VERB = "webhook.test"
"""What “send a test event” sends; nothing happened."""


def groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """Verbs and labels by group, as a form offers them."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in PUBLIC.values():
        found.setdefault(one.group, []).append((one.verb, one.label))
    return list(found.items())
