"""Adopt forks: base and policy written, and each exact fork live at once as base and overlay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from fleet.adoption.forks import Forks, TenantRow
from fleet.adoption.ground import Ground, Shape, lay_ground
from fleet.adoption.planning import plan
from fleet.release.actions import adopt, lock
from fleet.review.actions import live_revision
from registry.actions import freeze, freeze_overlay, overlay_for
from registry.compose import compose, sha256_of
from registry.models import (
    ModelTarget,
    OverlayVersion,
    Prompt,
    Tenant,
    User,
    Variant,
)
from registry.roles import require


@dataclass(frozen=True)
class ForkOutcome:
    """What became of one fork: `adopted`, `unchanged` or `left`, why, and where it serves."""

    name: str
    what: str
    detail: str
    variant: Variant | None = None


@dataclass(frozen=True)
class Import:
    """One import: what to adopt, for which prompt, on which model, by whom and why."""

    prompt: Prompt
    forks: Forks
    tenants: Mapping[str, TenantRow]
    target: ModelTarget
    by: User
    reason: str


@dataclass(frozen=True)
class Fork:
    """One fork to adopt: its text, the values it is composed from, and whose it is."""

    name: str
    text: str
    values: Mapping[str, str]
    tenant: Tenant | TenantRow
    detail: str = "exact"


@transaction.atomic
def import_forks(task: Import) -> Iterator[ForkOutcome]:
    """Adopt every fork that composes back byte for byte; the others are left as they are.

    Running it again changes nothing: what serves the same text already is `unchanged`.
    """
    require(task.by, "adopt")
    found = plan(task.forks, task.prompt).found
    shape = Shape(found.base_text_with_slots, found.slots, found.fence_removed)
    ground = lay_ground(
        task.prompt, shape, task.forks.texts.values(), target=task.target, by=task.by,
        reason=task.reason,
    )  # fmt: skip
    outcomes = []
    for row in found.report:
        if not row.exact:
            outcomes.append(ForkOutcome(row.name, "left", row.detail))
            continue
        tenant = task.tenants.get(row.name, TenantRow(row.name, row.name))
        text, values = task.forks.texts[row.name], found.values[row.name]
        outcomes.append(adopt_fork(ground, Fork(row.name, text, values, tenant, row.detail)))
    return iter(outcomes)


@transaction.atomic
def adopt_fork(ground: Ground, fork: Fork) -> ForkOutcome:
    """Make one fork live as base and overlay, if composing gives it back byte for byte.

    What serves the same text already stays as it is, and so does another text that is live.
    """
    try:
        variant = lock(_variant(ground.prompt, fork.tenant))
    except ValidationError as error:
        why = f"not a tenant's name: {'; '.join(error.messages)}"
        return ForkOutcome(fork.name, "left", why)
    live = live_revision(variant)
    if live is not None and live.sha256 == sha256_of(fork.text):
        return ForkOutcome(fork.name, "unchanged", "serves exactly this already", variant)
    if live is not None:
        why = f"another text is live (revision {live.number})"
        return ForkOutcome(fork.name, "left", why, variant)
    base, policy = ground.base, ground.policy
    if compose(policy.text, base.text, base.slot_list, fork.values).text != fork.text:
        return ForkOutcome(fork.name, "left", "composing would not give the exact text back")
    revision = freeze(
        variant, by=ground.by, note=ground.reason, target=ground.target, policy=policy, base=base,
        overlay=_overlay(ground, variant, fork.values),
    )  # fmt: skip
    assert revision.text == fork.text, "an exact fork composes back byte for byte"
    adopt(revision, by=ground.by, reason=ground.reason, source=fork.name)
    return ForkOutcome(fork.name, "adopted", fork.detail, variant)


def _overlay(ground: Ground, variant: Variant, values: Mapping[str, str]) -> OverlayVersion | None:
    if not values:
        return None
    return freeze_overlay(overlay_for(variant), values, by=ground.by, note=ground.reason)


def _variant(prompt: Prompt, tenant: Tenant | TenantRow) -> Variant:
    if isinstance(tenant, TenantRow):
        tenant = _tenant(tenant)
    return Variant.objects.get_or_create(
        prompt=prompt, tenant=tenant, locale=tenant.locale, lane="primary"
    )[0]


def _tenant(row: TenantRow) -> Tenant:
    """The tenant of that slug, made from what is known of it when there is none."""
    found = Tenant.objects.filter(slug=row.slug).first()
    if found is not None:
        return found
    tenant = Tenant(
        slug=row.slug, name=row.name, segment=row.segment, locale=row.locale,
        annual_revenue=row.annual_revenue,
    )  # fmt: skip
    tenant.full_clean()
    tenant.save()
    return tenant
