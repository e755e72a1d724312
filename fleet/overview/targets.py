"""Models with what hangs on each: days left, variants pinned, revenue at risk."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q

from fleet.campaign.lists import campaigns_of
from fleet.campaign.models import SERVING, Campaign, CampaignStage, Track
from fleet.overview.revenue import Revenue
from fleet.release.models import Release, Stage
from registry.models import ModelTarget, User, Variant

SOON_DAYS = 60
"""Under this many days left a model is marked: a fleet's migration takes about two months."""

PLAN_DAYS = 180
"""Under this many days left home offers to plan the move; the models page always does."""


@dataclass(frozen=True)
class Covering:
    """A migration away from a model, planned or running: `left` of its tracks are not through."""

    campaign: Campaign
    left: int

    @property
    def is_plan(self) -> bool:
        """Whether it has not begun."""
        return self.campaign.stage == CampaignStage.PLANNED


@dataclass(frozen=True)
class TargetLine:
    """One model: who is live on it, and what their business is worth a year (EUR).

    `campaigns` move variants away from it.
    """

    target: ModelTarget
    variants: int
    revenue: Decimal
    share: float | None
    campaigns: tuple[Covering, ...] = ()

    @property
    def campaign(self) -> Campaign | None:
        """The newest migration that runs."""
        running = [one.campaign for one in self.campaigns if not one.is_plan]
        return running[-1] if running else None

    @property
    def tracks_left(self) -> int:
        """Tracks of all its migrations that are not through."""
        return sum(one.left for one in self.campaigns)

    @property
    def uncovered(self) -> int:
        """Variants live on it that no migration takes away."""
        return max(0, self.variants - self.tracks_left)

    @property
    def days(self) -> int | None:
        """Days until it is retired; negative once past, None when unknown."""
        return self.target.days_left()

    @property
    def is_urgent(self) -> bool:
        """Whether its end is near enough to act on now."""
        return self.days is not None and self.days < SOON_DAYS

    @property
    def is_to_plan(self) -> bool:
        """Whether home should offer to plan the move of what is not covered."""
        return bool(self.uncovered) and self.days is not None and self.days < PLAN_DAYS


def target_lines(user: User, revenue: Revenue) -> list[TargetLine]:
    """Every model, the one that ends first on top; counts what `user` may see."""
    live = (
        Release.objects.filter(stage=Stage.LIVE, variant__in=Variant.objects.visible_to(user))
        .order_by()
        .values_list("revision__model_target_id", "variant__tenant_id", "variant__prompt_id")
        .annotate(variants=Count("pk"))
    )
    variants: dict[int, int] = defaultdict(int)
    tenants: dict[int, set[int]] = defaultdict(set)
    for target, tenant, prompt, count in live:
        variants[target] += count
        tenants[target] |= {tenant} if tenant else revenue.served_by_default(prompt)
    covering = _covering(user)
    lines = [
        TargetLine(
            target, variants[target.pk], revenue.of(tenants[target.pk]),
            revenue.share(revenue.of(tenants[target.pk])), tuple(covering[target.pk]),
        )
        for target in ModelTarget.objects.all()
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (line.days is None, line.days or 0, str(line.target)))


def _covering(user: User) -> dict[int | None, list[Covering]]:
    """Source model -> its migrations that are planned or run, the oldest first; two queries."""
    mine = Q(variant__in=Variant.objects.visible_to(user))
    still = Track.objects.filter(mine, closed_at__isnull=True).exclude(stage__in=SERVING)
    left = dict(
        still.order_by().values_list("campaign_id").annotate(left=Count("pk")).values_list(
            "campaign_id", "left"
        )
    )  # fmt: skip
    under_way = campaigns_of(user).filter(
        stage__in=[CampaignStage.PLANNED, CampaignStage.RUNNING], source__isnull=False
    )
    found: dict[int | None, list[Covering]] = defaultdict(list)
    for campaign in under_way.order_by("opened_at"):
        found[campaign.source_id].append(Covering(campaign, left.get(campaign.pk, 0)))
    return found
