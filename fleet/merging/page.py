"""What the page of merging shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.db.models import Count, QuerySet

from fleet.merging.found import Found, OneTenant, Repeats, find
from fleet.merging.said import Line, base_slots, lines_of, state_of
from fleet.merging.shown import ManyShown, TenantShown
from registry.actions.merging import place_of
from registry.compose import Slot
from registry.merging import Group
from registry.models import Overlay, Prompt, Tenant, User, Variant

SHOWN = 25
"""Groups shown of each list; the search finds the others."""

AT_ONCE = 1_000
"""Lines compared while the page is made; more are compared while the page says so."""

KEPT_SECONDS = 600
"""How long what was found is kept; it is found anew as soon as anything is written."""


@dataclass(frozen=True)
class MergedLine:
    """A line that goes on as its tenant's shared one."""

    pk: int
    tenant: Tenant
    place: str


@dataclass
class MergingPage:
    """One prompt's overlays. Reads what a template asks for, once."""

    user: User
    prompt: Prompt | None
    q: str = ""

    @cached_property
    def prompts(self) -> list[Prompt]:
        """Prompts that have overlays this person may see."""
        return list(prompts_of(self.user))

    @cached_property
    def count(self) -> int:
        """Overlay lines of the prompt that still apply, within reach."""
        lines = Overlay.objects.filter(prompt=self.prompt, merged_into__isnull=True)
        if self.user.sees_own_tenants_only:
            lines = lines.filter(tenant_id__in=self.user.own_tenant_ids)
        return lines.count()

    @property
    def is_large(self) -> bool:
        """Whether comparing takes long enough to be told."""
        return self.count > AT_ONCE

    @property
    def may_base(self) -> bool:
        """Whether what many tenants say is this person's to see and to act on."""
        return not self.user.sees_own_tenants_only

    @cached_property
    def found(self) -> Found:
        """Everything there is to bring together; kept until something is written."""
        assert self.prompt is not None
        reach = "all"
        if self.user.sees_own_tenants_only:  # a tenant given to somebody else is gone at once
            own = sorted(self.user.own_tenant_ids)
            reach = sha256(repr(own).encode()).hexdigest()[:32]
        key = f"merging-{reach}-{state_of(self.prompt)}"
        known = cache.get(key)
        if known is None:
            known = find(lines_of(self.prompt, self.user), self.slots)
            cache.set(key, known, KEPT_SECONDS)
        return known

    @cached_property
    def slots(self) -> dict[str, dict[str, Slot]]:
        """The base's slots by locale ("" for any), then by name."""
        return base_slots(self.prompt) if self.prompt else {}

    @cached_property
    def one(self) -> list[TenantShown]:
        """Groups of one tenant's lines, those that match the search."""
        groups = [one for one in self.found.one if self._matches(one.group)]
        slug = self.prompt.slug if self.prompt else ""
        return [TenantShown(one, self._variants(one), slug) for one in groups[:SHOWN]]

    @cached_property
    def many(self) -> list[ManyShown]:
        """What many tenants say."""
        found = self.found.many if self.may_base else ()
        groups = [many for many in found if self._matches(many.group)]
        slug = self.prompt.slug if self.prompt else ""
        return [ManyShown(many, slug) for many in groups[:SHOWN]]

    @cached_property
    def repeats(self) -> list[Repeats]:
        """Lines that repeat the base."""
        found = [one for one in self.found.repeats if self._is_named(one.line)]
        return found[: SHOWN * 2]

    @cached_property
    def merged(self) -> list[MergedLine]:
        """Lines that were merged, the newest first: each can be taken back."""
        lines = Overlay.objects.filter(prompt=self.prompt, merged_into__isnull=False)
        if self.user.sees_own_tenants_only:
            lines = lines.filter(tenant_id__in=self.user.own_tenant_ids)
        if self.q:
            lines = lines.filter(tenant__name__icontains=self.q)
        found = lines.select_related("tenant").order_by("-pk")[: SHOWN * 2]
        return [MergedLine(line.pk, line.tenant, place_of(line)) for line in found]

    @property
    def hidden(self) -> int:
        """How many more there are than are shown."""
        found = self.found
        many = len(found.many) if self.may_base else 0
        shown = len(self.one) + len(self.many) + len(self.repeats)
        return 0 if self.q else len(found.one) + many + len(found.repeats) - shown

    def _matches(self, group: Group[Line]) -> bool:
        return not self.q or any(self._is_named(line) for line in group.who)

    def _is_named(self, line: Line) -> bool:
        return self.q.casefold() in line.tenant_name.casefold()

    def _variants(self, one: OneTenant) -> int:
        """Variants of the tenant that have no line of their own and would take the shared one."""
        tenant = one.group.who[0].tenant
        lines = Overlay.objects.filter(
            prompt=self.prompt, tenant_id=tenant, merged_into__isnull=True
        ).values_list("locale", "lane")
        places = list(lines)
        variants = Variant.objects.filter(prompt=self.prompt, tenant_id=tenant)
        return sum(
            not any(
                locale in ("", own.locale) and lane in ("", own.lane) for locale, lane in places
            )
            for own in variants.only("locale", "lane")
        )


def most_said(user: User) -> Prompt | None:
    """The prompt with most overlays: where there is most to bring together."""
    found: Prompt | None = prompts_of(user).order_by("-lines").first()
    return found


def prompts_of(user: User) -> QuerySet[Any]:
    """Prompts with overlays this person may see, by slug, each with the number of its `lines`."""
    found = Prompt.objects.all()
    if user.sees_own_tenants_only:
        found = found.filter(overlays__tenant_id__in=user.own_tenant_ids)
    return found.annotate(lines=Count("overlays", distinct=True)).filter(lines__gt=0)
