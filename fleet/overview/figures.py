"""What home says of the whole fleet: counts, revenue and the choices of its filters.

These read every variant, the list beside them a hundred. Between two things that happened they
cannot change, so they are kept until something does.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, QuerySet

from fleet.overview.revenue import Revenue, load_revenue
from fleet.overview.targets import TargetLine, target_lines
from registry.kept import Kept
from registry.models import ModelTarget, Prompt, PromptKind, Tenant, User, Variant

KEPT_AT_MOST = 64
"""People whose reach differs; who sees everything shares one entry."""

Options = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True)
class Figures:
    """`sizes`: variants of customers by prompt; `options`: choices of the filters by prompt;
    `orders`: of the variants of customers, 8 bytes each.
    """

    revenue: Revenue
    targets: list[TargetLine]
    prompts: list[Prompt]
    sizes: dict[int, int]
    options: dict[int, Options]
    orders: dict[tuple[int, str], array[int]] = field(default_factory=dict)

    def kept_order(self, key: tuple[int, str], read: Iterable[int]) -> array[int]:
        """The variants of a prompt in an order: (prompt, sort), read when first asked for.

        To sort 10,000 of them takes PostgreSQL 20 ms, whichever hundred are shown.
        """
        if key not in self.orders:
            self.orders[key] = array("q", read)
        return self.orders[key]


_kept = Kept[Figures](KEPT_AT_MOST)


def figures_for(user: User) -> Figures:
    """The figures within a person's reach, as of now."""
    reach = user.pk if user.sees_own_tenants_only else 0
    return _kept.get(reach, lambda: _read(user))


def _read(user: User) -> Figures:
    mine = Variant.objects.visible_to(user).filter(tenant__isnull=False)
    sizes = dict(
        mine.order_by().values_list("prompt_id").annotate(size=Count("pk")).values_list(
            "prompt_id", "size"
        )
    )  # fmt: skip
    tasks = Prompt.objects.exclude(kind=PromptKind.JUDGE)  # judges serve no customer
    prompts = sorted(tasks, key=lambda one: (-sizes.get(one.pk, 0), one.slug))
    revenue = load_revenue()
    return Figures(
        revenue, target_lines(user, revenue), prompts, sizes,
        {prompt.pk: _options(mine.filter(prompt=prompt)) for prompt in prompts},
    )  # fmt: skip


def _options(mine: QuerySet[Variant]) -> Options:
    """What the filters of one prompt offer."""
    tenants = Tenant.objects.filter(Exists(mine.filter(tenant=OuterRef("pk")))).order_by()
    owners = User.objects.filter(Exists(tenants.filter(owners=OuterRef("pk"))), is_active=True)
    people = [(owner.username, owner.display_name) for owner in owners]
    models = ModelTarget.objects.filter(
        Exists(mine.filter(releases__stage="live", releases__revision__model_target=OuterRef("pk")))
    )
    segments = tenants.order_by("segment").values_list("segment", flat=True).distinct()
    locales = mine.order_by("locale").values_list("locale", flat=True).distinct()
    return {
        "segment": [(name, name) for name in segments],
        "owner": sorted(people, key=lambda row: row[1].lower()),
        "model": [(model.snapshot, model.snapshot) for model in models],
        "locale": [(name, name) for name in locales],
    }
