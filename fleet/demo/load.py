"""Load the demo fleet through the same actions the pages call. Safe to repeat."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from evals.safety import shipped
from evals.suites import CORE, LABELS, write_suite
from fleet.demo import files
from fleet.demo.hours import load_hours
from fleet.demo.people import load_people
from fleet.release.actions import adopt
from registry.actions import (
    announce_retirement,
    freeze,
    freeze_overlay,
    overlay_for,
    publish_base,
    publish_policy,
)
from registry.compose import Slot, Variable
from registry.models import (
    Contact,
    Lane,
    ModelTarget,
    Prompt,
    PromptKind,
    Tenant,
    User,
    Variant,
)

SERVED_BEFORE = "It served before the product came: forked by hand over two years."

JUDGES = ("tone-judge",)
"""Prompts of kind judge, each with answers that people labelled."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Cast:
    """Who does what while the demo loads."""

    people: dict[str, User]

    @property
    def engineer(self) -> User:
        """Writes bases and suites, adopts the forks."""
        return self._first("prompt_engineer")

    @property
    def policy_owner(self) -> User:
        """Publishes the policy."""
        return self._first("policy_owner")

    def _first(self, role: str) -> User:
        return next(user for user in self.people.values() if role in user.role_names)


def load_demo(say: Say, *, tenants: int = 47, locales: int = 1, lanes: int = 1) -> None:
    """Bring the demo fleet up to `tenants` x `locales` x `lanes`; what is there stays.

    Beyond the 47 written tenants, further ones repeat their overlays under new names.
    """
    cast = Cast(load_people())
    targets = load_targets(cast)
    policy = publish_policy(
        text=files.text("policy", "text.md"), rules=files.document("policy", "rules.json"),
        by=cast.policy_owner, note="The demo's global policy.",
    )  # fmt: skip
    write_suite(
        policy=policy.policy, cases=shipped.cases(), by=cast.policy_owner, name=shipped.NAME
    )
    rows = tenant_rows(tenants)
    found = {row["slug"]: load_tenant(row, cast) for row in rows}
    load_pool(files.toml("tenants.toml"))
    for slug in JUDGES:
        load_prompt(slug, cast, targets["successor"])
    for slug in files.stems("overlays"):
        prompt = load_prompt(slug, cast, targets["successor"])
        target = targets["current"] if slug == "support-triage" else targets["successor"]
        for number, row in enumerate(rows, 1):
            load_variants(prompt, found[row["slug"]], row, target, cast, locales, lanes)
            if number % 10 == 0 or number == len(rows):
                say(f"{slug}: {number} of {len(rows)} tenants")
    load_hours(cast.people)


def load_targets(cast: Cast) -> dict[str, ModelTarget]:
    """The demo's model targets by the part they play, retirement counted from today."""
    found = {}
    for row in files.toml("models.toml")["models"]:
        target, made = ModelTarget.objects.get_or_create(
            provider=row["provider"], snapshot=row["snapshot"],
            defaults={
                "context_window": row["context_window"],
                "input_price": Decimal(str(row["input_price"])),
                "output_price": Decimal(str(row["output_price"])),
            },
        )  # fmt: skip
        if made:
            retires_on = timezone.localdate() + dt.timedelta(days=row["retires_in_days"])
            target = announce_retirement(
                target, retires_on=retires_on, source=row["retirement_source"], by=cast.engineer
            )
        found[row["role"]] = target
    return found


def tenant_rows(count: int) -> list[dict[str, Any]]:
    """`count` tenants: the written ones first, then repeats of them under new names."""
    written = files.toml("tenants.toml")["tenants"]
    rows = []
    for number in range(count):
        row, turn = written[number % len(written)], number // len(written)
        again = {"slug": f"{row['slug']}-{turn + 1}", "name": f"{row['name']} {turn + 1}"}
        rows.append({**row, "overlay": row["slug"], **(again if turn else {})})
    return rows


@transaction.atomic
def load_tenant(row: dict[str, Any], cast: Cast) -> Tenant:
    """One tenant with its owners and contacts."""
    tenant, made = Tenant.objects.get_or_create(
        slug=row["slug"],
        defaults={
            "name": row["name"], "segment": row["segment"], "locale": row["locale"],
            "timezone": row["timezone"], "annual_revenue": Decimal(str(row["annual_revenue"])),
            "contract_notes": row.get("contract_notes", ""),
        },
    )  # fmt: skip
    if made:
        tenant.owners.set(cast.people[name] for name in row["owners"])
        for contact in row["contacts"]:
            Contact.objects.create(tenant=tenant, **contact)
    return tenant


def load_pool(document: dict[str, Any]) -> None:
    """The customers without a variant of their own, as one tenant: the default serves them."""
    Tenant.objects.get_or_create(
        slug="self-serve",
        defaults={
            "name": "Self-serve customers", "segment": "self-serve",
            "annual_revenue": Decimal(str(document["platform_default_revenue"])),
            "contract_notes": "Everybody without an overlay: the platform default answers them.",
        },
    )  # fmt: skip


@transaction.atomic
def load_prompt(slug: str, cast: Cast, target: ModelTarget) -> Prompt:
    """One prompt with its base, its live platform default, and its suite (a judge: its labels)."""
    spec = files.toml("prompts", slug, "base.toml")
    prompt, _ = Prompt.objects.get_or_create(
        slug=slug,
        defaults={"name": spec["name"], "kind": spec["kind"], "description": spec["description"]},
    )
    publish_base(
        prompt=prompt, text=files.text("prompts", slug, "base.md"), semver=spec["semver"],
        slots=[Slot.from_json(row) for row in spec["slots"]],
        variables=[Variable.from_json(row) for row in spec["variables"]],
        by=cast.engineer, note="As it served when the product came.",
    )  # fmt: skip
    suite = LABELS if spec["kind"] == PromptKind.JUDGE else CORE
    cases = files.cases("suites", slug, f"{suite}.jsonl")
    write_suite(prompt=prompt, cases=cases, by=cast.engineer, scope=suite)
    default, made = Variant.objects.get_or_create(
        prompt=prompt, tenant=None, defaults={"min_pass_rate": spec["min_pass_rate"]}
    )
    if made:
        revision = freeze(
            default, by=cast.engineer, note=SERVED_BEFORE, target=target, overlay=None
        )
        adopt(revision, by=cast.engineer, reason=SERVED_BEFORE)
    return prompt


def load_variants(
    prompt: Prompt, tenant: Tenant, row: dict[str, Any], target: ModelTarget, cast: Cast,
    locales: int, lanes: int,
) -> None:  # fmt: skip
    """A tenant's variants of a prompt, where it has an overlay of it."""
    path = files.DATA / "overlays" / prompt.slug / f"{row['overlay']}.toml"
    if not path.exists():
        return
    spec = files.toml("overlays", prompt.slug, path.name)
    load_slice(prompt, tenant, row, cast)
    others = [locale for locale in LOCALES if locale != tenant.locale]
    for locale in [tenant.locale, *others][:locales]:
        for lane in Lane.values[:lanes]:
            load_variant(prompt, tenant, locale, lane, spec, target, cast)


LOCALES = (
    *("en", "de", "fr", "es", "it", "nl", "pl"),
    *("pt-BR", "ja", "sv-SE", "tr-TR", "ko-KR", "da-DK"),
)
"""Locales of the scale fleet, in the order they are given out; a tenant's own comes first."""


@transaction.atomic
def load_variant(
    prompt: Prompt, tenant: Tenant, locale: str, lane: str, spec: dict[str, Any],
    target: ModelTarget, cast: Cast,
) -> None:  # fmt: skip
    """One variant, adopted with the overlay its file holds."""
    floor = spec.get(
        "min_pass_rate", files.toml("prompts", prompt.slug, "base.toml")["min_pass_rate"]
    )
    variant, made = Variant.objects.get_or_create(
        prompt=prompt, tenant=tenant, locale=locale, lane=lane, defaults={"min_pass_rate": floor}
    )
    if not made:
        return
    overlay = freeze_overlay(
        overlay_for(variant), spec["values"], by=cast.engineer, note=spec["reason"]
    )
    revision = freeze(
        variant, by=cast.engineer, note=spec["reason"], target=target, overlay=overlay
    )
    adopt(revision, by=cast.engineer, reason=SERVED_BEFORE, source=f"{tenant.slug}.md")


def load_slice(prompt: Prompt, tenant: Tenant, row: dict[str, Any], cast: Cast) -> None:
    """The tenant's own cases, where there are any."""
    if (files.DATA / "suites" / prompt.slug / f"{row['overlay']}.jsonl").exists():
        cases = files.cases("suites", prompt.slug, f"{row['overlay']}.jsonl")
        write_suite(prompt=prompt, tenant=tenant, cases=cases, by=cast.engineer)
