"""Models with what hangs on each: days left, variants pinned, revenue at risk."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count

from fleet.campaign.lists import campaigns_of
from fleet.campaign.models import Campaign, CampaignStage
from fleet.overview.revenue import Revenue
from fleet.release.models import Release, Stage
from registry.models import ModelTarget, User, Variant

SOON_DAYS = 60
"""Under this many days left a model is marked: a fleet's migration takes about two months."""

PLAN_DAYS = 180
"""Under this many days left home offers to plan the move; the models page always does."""


@dataclass(frozen=True)
class TargetLine:
    """One model: who is live on it, and what their business is worth a year (EUR)."""

    target: ModelTarget
    variants: int
    revenue: Decimal
    share: float | None
    campaign: Campaign | None

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
        """Whether home should offer to plan the move."""
        return bool(self.variants) and self.days is not None and self.days < PLAN_DAYS


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
    running = {
        campaign.source_id: campaign
        for campaign in campaigns_of(user).filter(stage=CampaignStage.RUNNING).order_by("opened_at")
    }
    lines = [
        TargetLine(
            target, variants[target.pk], revenue.of(tenants[target.pk]),
            revenue.share(revenue.of(tenants[target.pk])), running.get(target.pk),
        )
        for target in ModelTarget.objects.all()
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (line.days is None, line.days or 0, str(line.target)))
