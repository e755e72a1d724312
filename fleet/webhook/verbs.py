"""The events that others may be told of: a stable list, and what of each goes out.

A verb that is not here goes nowhere. Stages go by the tables of `move`: what a row becomes is
`noun.stage`. The names below `data` are the plain fields of the event that leave the house;
never a text, a reason or a person's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleet.bulk.models import BulkStage
from fleet.campaign.models import CampaignStage, TrackStage
from fleet.experiment.models import ExperimentStage
from fleet.release.models import ReleaseKind, Stage
from fleet.review.models import ReviewStage
from registry.models import VariantStage


@dataclass(frozen=True)
class Public:
    """One verb: the words for it, its group on the page, the fields of the event that go out."""

    verb: str
    label: str
    group: str
    data: tuple[str, ...] = ("origin",)


def _stages(noun: str, group: str, word: str, stages: Any) -> list[Public]:
    return [Public(f"{noun}.{one.value}", f"{word}: {one.label}", group) for one in stages]


_REVIEWS, _RELEASES, _MIGRATIONS, _TEXTS = (
    "Reviews", "Releases", "Migrations and roll-outs", "Texts and variants",
)  # fmt: skip
_SWITCHED = ("revision", "from_revision", "sha256")

_ALL = [
    Public("review.opened", "Review: Opened", _REVIEWS, ("revision",)),
    *_stages("review", _REVIEWS, "Review", ReviewStage),
    *(
        Public(f"release.{kind.value}", f"Live by: {kind.label}", _RELEASES, _SWITCHED)
        for kind in ReleaseKind
    ),
    *_stages("release", _RELEASES, "Release", Stage),
    *_stages("experiment", _RELEASES, "Experiment", ExperimentStage),
    *_stages("bulkact", _RELEASES, "Bulk act", BulkStage),
    Public("campaign.opened", "Migration: Opened", _MIGRATIONS, ("tracks",)),
    *_stages("campaign", _MIGRATIONS, "Migration", CampaignStage),
    Public("track.opened", "Track: Opened", _MIGRATIONS, ()),
    *_stages("track", _MIGRATIONS, "Track", TrackStage),
    *_stages("variant", _TEXTS, "Variant", VariantStage),
    Public("revision.revoked", "Revision: Revoked", _TEXTS, ()),
    Public("policy.published", "Policy: New version", _TEXTS, ()),
    Public("base.published", "Base: New version", _TEXTS, ()),
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
