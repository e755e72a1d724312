"""What the home page shows, put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import Http404

from fleet.overview.figures import figures_for
from fleet.overview.queue import Group, my_queue
from fleet.overview.revenue import Revenue
from fleet.overview.table import FleetTable, fleet_table
from fleet.overview.targets import TargetLine
from fleet.release.models import Release, Stage
from registry.models import Prompt, User, Variant


@dataclass(frozen=True)
class DefaultLine:
    """The platform default of a prompt: what serves every tenant without a variant."""

    variant: Variant
    release: Release | None
    tenants: int
    share: float | None


@dataclass(frozen=True)
class Home:
    """The whole page."""

    queue: list[Group]
    targets: list[TargetLine]
    prompts: list[tuple[Prompt, int]]
    prompt: Prompt | None
    default: DefaultLine | None
    table: FleetTable | None
    table_only: bool = False

    @property
    def keep(self) -> list[tuple[str, str]]:
        """What the filter form carries along."""
        if self.prompt is None or self.table is None:
            return []
        return [("prompt", self.prompt.slug), ("sort", self.table.sort)]


def home_page(user: User, asked: Mapping[str, str], *, table_only: bool = False) -> Home:
    """Read the page, or just its table where there is one; Http404 for an unknown prompt."""
    figures = figures_for(user)
    prompt = _chosen(figures.prompts, asked.get("prompt", ""))
    targets = [line for line in figures.targets if line.variants or line.campaign]
    tabs = [(one, figures.sizes.get(one.pk, 0)) for one in figures.prompts]
    if prompt is None:
        return Home(my_queue(user), targets, tabs, None, None, None)
    table = fleet_table(user, prompt, asked, figures)
    default = _default_line(user, prompt, figures.revenue)
    if table_only:
        return Home([], [], [], prompt, default, table, table_only=True)
    return Home(my_queue(user), targets, tabs, prompt, default, table)


def _chosen(prompts: list[Prompt], slug: str) -> Prompt | None:
    if not slug:
        return prompts[0] if prompts else None
    found = next((prompt for prompt in prompts if prompt.slug == slug), None)
    if found is None:
        raise Http404(f"There is no prompt called {slug}.")
    return found


def _default_line(user: User, prompt: Prompt, revenue: Revenue) -> DefaultLine | None:
    default = Variant.objects.visible_to(user).filter(prompt=prompt, tenant__isnull=True)
    variant = default.order_by("locale", "lane").first()
    if variant is None:
        return None
    live = Release.objects.filter(variant=variant, stage=Stage.LIVE)
    known = live.select_related("revision__model_target", "revision__adoption")
    release = known.defer("revision__text", "revision__segments").first()
    tenants = revenue.served_by_default(prompt.pk)
    share = revenue.share(revenue.of(tenants))
    return DefaultLine(variant, release, len(tenants), share)
