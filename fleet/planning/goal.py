"""Where a campaign goes, and which live variants could go along."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from fleet.campaign.estimate import Bytes
from fleet.campaign.models import Campaign, Cause, Track
from fleet.campaign.reach import is_current, live_behind
from fleet.release.models import Release, Stage
from registry.models import BaseVersion, ModelTarget, PolicyVersion, Variant


@dataclass(frozen=True)
class Goal:
    """From one model to another, or to a published base or policy version."""

    cause: str
    source: ModelTarget | None = None
    target: ModelTarget | None = None
    base_version: BaseVersion | None = None
    policy_version: PolicyVersion | None = None

    @classmethod
    def model(cls, source: ModelTarget, target: ModelTarget) -> Goal:
        """A model migration."""
        return cls(Cause.MODEL, source, target)

    @classmethod
    def version(cls, version: BaseVersion | PolicyVersion) -> Goal:
        """A roll-out."""
        if isinstance(version, BaseVersion):
            return cls(Cause.BASE, base_version=version)
        return cls(Cause.POLICY, policy_version=version)

    @classmethod
    def of(cls, campaign: Campaign) -> Goal:
        """The goal of a campaign that exists."""
        return cls(
            campaign.cause, campaign.source, campaign.target, campaign.base_version,
            campaign.policy_version,
        )  # fmt: skip

    @property
    def problem(self) -> str:
        """Why nobody can go there, in words; empty when they can."""
        if self.cause == Cause.MODEL and self.source == self.target:
            return "Old and new model are the same. Choose another target."
        layer = self.base_version or self.policy_version
        if layer is not None and not is_current(layer):
            return f"{layer} is not the current version any more. Roll out the newest."
        return ""

    def live(self) -> QuerySet[Release]:
        """The live release of every variant that could move, owned by a campaign or not."""
        layer = self.base_version or self.policy_version
        if layer is not None:
            return live_behind(layer)
        return Release.objects.filter(stage=Stage.LIVE, revision__model_target=self.source)


@dataclass(frozen=True)
class Candidate:
    """One live variant that could move. Revenue in EUR a year, None for the platform default.

    `campaign` owns it already where it is not empty: its id and name. `size`: bytes of the
    composed text. `min_pass_rate` and `margin`: its own thresholds, 0 to 1, the margin None where
    it goes by the size of the suite.
    """

    variant: int
    revision: str
    prompt: int
    slug: str
    locale: str
    lane: str
    tenant: int | None
    name: str
    segment: str
    revenue: Decimal | None
    zone: str
    model: int
    size: int
    home: str
    min_pass_rate: float
    margin: float | None
    campaign: tuple[str, str] | None = None

    @property
    def title(self) -> str:
        """What the variant is called, as `Variant.__str__` says it."""
        parts = [self.locale] if self.locale != self.home else []
        parts += [self.lane] if self.lane != "primary" else []
        return f"{self.name} / {self.slug}" + (f" ({', '.join(parts)})" if parts else "")


COLUMNS = (
    "variant_id", "revision_id", "variant__prompt_id", "variant__prompt__slug", "variant__locale",
    "variant__lane", "variant__tenant_id", "variant__tenant__name", "variant__tenant__segment",
    "variant__tenant__annual_revenue", "variant__tenant__timezone", "revision__model_target_id",
    "size", "variant__tenant__locale", "variant__min_pass_rate", "variant__margin",
)  # fmt: skip
"""What `candidate_of` is made of, seen from a release; `size` is annotated."""


def candidates(goal: Goal) -> list[Candidate]:
    """Everybody who could move, the largest accounts first; two queries of plain values."""
    owned = owners()
    rows = (
        goal.live().order_by().annotate(size=Bytes("revision__text"))
        .values_list(*COLUMNS)
    )  # fmt: skip
    found = [candidate_of(row, owned) for row in rows.iterator(chunk_size=5000)]
    return sorted(found, key=lambda one: (-(one.revenue or Decimal(-1)), one.title))


def candidate_of(row: tuple[Any, ...], owned: dict[int, tuple[str, str]]) -> Candidate:
    """A row of COLUMNS as a candidate."""
    (variant, revision, prompt, slug, locale, lane, tenant, name, segment, revenue, zone, model,
     size, home, least, margin) = row  # fmt: skip
    return Candidate(
        variant, str(revision), prompt, slug, locale, lane, tenant, name or "Platform default",
        segment or "", revenue, zone or "UTC", model, size, home or "en", least, margin,
        owned.get(variant),
    )  # fmt: skip


def owners() -> dict[int, tuple[str, str]]:
    """Variant -> id and name of the open campaign that owns it; one query."""
    rows = Track.objects.filter(closed_at__isnull=True).order_by().values_list(
        "variant_id", "campaign_id", "campaign__name"
    )  # fmt: skip
    return {variant: (str(campaign), name) for variant, campaign, name in rows}


def names_of(variants: list[int]) -> str:
    """Up to three variants by name, for a refusal."""
    found = Variant.objects.select_related("tenant", "prompt").filter(pk__in=variants[:3])
    more = f" and {len(variants) - 3} more" if len(variants) > 3 else ""
    return ", ".join(str(one) for one in found) + more
