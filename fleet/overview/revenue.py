"""Whose revenue hangs on what, in EUR a year."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from registry.models import Tenant, Variant, VariantStage

ZERO = Decimal(0)


@dataclass(frozen=True)
class Revenue:
    """Every tenant's annual revenue; which prompts each has a variant of is read when asked."""

    by_tenant: dict[int, Decimal]

    @cached_property
    def tenants_of_prompt(self) -> dict[int, frozenset[int]]:
        """Prompt -> the tenants with a variant of it that is not retired; one query."""
        return _tenants_of_prompt()

    @cached_property
    def whole(self) -> Decimal:
        """The revenue of all tenants."""
        return sum(self.by_tenant.values(), ZERO)

    def of(self, tenants: set[int] | frozenset[int]) -> Decimal:
        """The revenue of these tenants, each counted once."""
        return sum((self.by_tenant[pk] for pk in tenants), ZERO)

    def share(self, amount: Decimal) -> float | None:
        """An amount as a proportion of the whole; None while no revenue is known."""
        return float(amount / self.whole) if self.whole else None

    def served_by_default(self, prompt_id: int) -> frozenset[int]:
        """Tenants without a variant of this prompt: the platform default serves them."""
        return frozenset(self.by_tenant) - self.tenants_of_prompt.get(prompt_id, frozenset())


def load_revenue() -> Revenue:
    """Read it in one query, and another one where a platform default's revenue is asked for."""
    return Revenue(dict(Tenant.objects.order_by().values_list("pk", "annual_revenue")))


def _tenants_of_prompt() -> dict[int, frozenset[int]]:
    pairs = Variant.objects.filter(tenant__isnull=False).exclude(stage=VariantStage.RETIRED)
    tenants_of: dict[int, set[int]] = {}
    for prompt, tenant in pairs.order_by().values_list("prompt_id", "tenant_id").distinct():
        tenants_of.setdefault(prompt, set()).add(tenant)
    return {prompt: frozenset(tenants) for prompt, tenants in tenants_of.items()}
