"""What a rollback of a whole migration, policy or base would do to each variant."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db.models import QuerySet

from fleet.campaign.models import SERVING, Campaign, Track
from fleet.release.earlier import fit, ways_back
from fleet.release.models import Release, Stage
from fleet.release.revoked import live_on, pin_of
from registry.models import BaseVersion, PolicyVersion, Revision, User, Variant, VariantStage

Layer = PolicyVersion | BaseVersion

HEAVY = ("text", "segments")


@dataclass(frozen=True)
class Line:
    """One variant: the revision live now, where it goes back to, or why it cannot (`why`).

    `note` is what somebody should know before it goes.
    """

    variant: Variant
    live: Revision
    goal: Revision | None
    why: str = ""
    note: str = ""


@dataclass(frozen=True)
class Plan:
    """Every variant that stands on what is to be undone."""

    lines: list[Line]

    @cached_property
    def going(self) -> list[Line]:
        """Variants that go back."""
        return [line for line in self.lines if line.goal is not None]

    @cached_property
    def staying(self) -> list[Line]:
        """Variants that cannot, with the reason."""
        return [line for line in self.lines if line.goal is None]

    @property
    def rows(self) -> list[tuple[Variant, Revision | None]]:
        """The rows of the bulk act."""
        return [(line.variant, line.goal) for line in self.going]

    @property
    def seen(self) -> str:
        """Changes whenever another variant would go, or one elsewhere."""
        said = sorted((line.variant.pk, str(line.goal and line.goal.pk)) for line in self.lines)
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def plan_of_layer(version: Layer, user: User) -> Plan:
    """Each variant live on `version` goes back to what was live before on another version."""
    live = list(live_on(version, user).order_by("variant__tenant__name", "variant_id"))
    variants = live_on(version, user).order_by().values("variant")
    goals = _fit_by_id(Revision.objects.filter(variant__in=variants), {pin_of(version): version})
    ways = ways_back(variants)
    return Plan([_line(release, ways.get(release.variant_id, []), goals) for release in live])


def _line(release: Release, way: Iterable[UUID], goals: dict[UUID, Revision]) -> Line:
    goal = next((goals[pk] for pk in way if pk in goals), None)
    why = "" if goal else NO_GOAL
    return Line(release.variant, release.revision, goal, why)


NO_GOAL = "Nothing fit to serve was live before on another version. Publish a new revision."


def plan_of_campaign(campaign: Campaign, user: User) -> Plan:
    """Each variant that was cut over goes back to what was live before its cutover."""
    tracks = list(_cut_over(campaign, user))
    live = {
        release.variant_id: release
        for release in Release.objects.filter(
            stage=Stage.LIVE, variant__in=[track.variant_id for track in tracks]
        )
        .select_related("revision")
        .defer("revision__text", "revision__segments")
    }
    goals = _fit_by_id(Revision.objects.filter(pk__in=[track.baseline_id for track in tracks]), {})
    return Plan([_track_line(track, live.get(track.variant_id), goals) for track in tracks])


def _cut_over(campaign: Campaign, user: User) -> QuerySet[Track]:
    found = campaign.tracks.filter(stage__in=SERVING, variant__in=Variant.objects.visible_to(user))
    return (
        found.select_related("variant__tenant", "variant__prompt", "revision", "baseline")
        .defer(*(f"{name}__{column}" for name in ("revision", "baseline") for column in HEAVY))
        .order_by("variant__tenant__name", "variant_id")
    )


def _track_line(track: Track, live: Release | None, goals: dict[UUID, Revision]) -> Line:
    variant, now = track.variant, live.revision if live else track.revision
    if variant.stage != VariantStage.ACTIVE:
        return Line(variant, now, None, f"It is {variant.get_stage_display().lower()}.")
    if now.pk == track.baseline_id:
        return Line(variant, now, None, f"It serves revision {now.number} again already.")
    goal = goals.get(track.baseline_id)
    if goal is None:
        return Line(variant, now, None, f"Revision {track.baseline.number} was revoked.")
    moved_on = now.pk != track.revision_id
    note = f"Revision {now.number} went live after the cutover; it is left too." if moved_on else ""
    return Line(variant, now, goal, note=note)


def _fit_by_id(revisions: QuerySet[Revision], but: dict[str, object]) -> dict[UUID, Revision]:
    """The fit ones of the revisions, but those with that pin."""
    found = fit(revisions.exclude(**but) if but else revisions)
    return {revision.pk: revision for revision in found.defer(*HEAVY)}
