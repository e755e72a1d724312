"""Build small fleets through the same actions the product calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group

from evals.suites import write_suite
from fleet.release.actions import adopt
from registry.actions import freeze, freeze_overlay, overlay_for, publish_base, publish_policy
from registry.compose import Slot, Variable
from registry.groups import sync_groups
from registry.models import ModelTarget, Prompt, Tenant, User, Variant
from registry.roles import ROLES
from tests.replay import record, replay

PASSWORD = "a-long-test-password"

RULES = {
    "name": "Test policy",
    "version": 1,
    "declared_variables": ["user_name"],
    "allowed_domains": [],
    "limits": {"overlay_chars": 1600},
    "rules": [
        {
            "id": "refunds", "type": "must_not_contradict", "severity": "block",
            "message": "No refund may be promised.", "fix_hint": "Offer to look into it.",
            "scope": {}, "params": {"topic": "refunds"},
        },
        {
            "id": "limits", "type": "size_limit", "severity": "block",
            "message": "Too long.", "fix_hint": "Shorten it.", "scope": {}, "params": {},
        },
    ],
}  # fmt: skip

BASE = "You help the customers of {{user_name}}'s shop.\n\n{{> tone}}\n\n{{> citations}}\nEnd."
SLOTS = [
    Slot("tone", "Tone", "How it should sound.", default="Be friendly.", max_chars=400),
    Slot("citations", "Citations", "Whether to name sources.", before="## Citations\n"),
]
VARIABLES = [Variable("user_name", description="Who asks", sample="Ana")]


@dataclass
class Fleet:
    """What a test has to work with."""

    people: dict[str, User]
    prompt: Prompt
    old: ModelTarget
    new: ModelTarget
    default: Variant
    variants: list[Variant] = field(default_factory=list)

    @property
    def engineer(self) -> User:
        """A prompt engineer."""
        return self.people["prompt_engineer"]

    @property
    def manager(self) -> User:
        """A customer-success manager who owns every tenant but the last."""
        return self.people["customer_success"]

    @property
    def policy_owner(self) -> User:
        """A policy owner."""
        return self.people["policy_owner"]

    @property
    def operator(self) -> User:
        """An operator."""
        return self.people["operator"]

    @property
    def viewer(self) -> User:
        """Somebody who may only look."""
        return self.people["viewer"]


def make_user(role: str, username: str | None = None) -> User:
    """A person with one role and the password PASSWORD."""
    if not Group.objects.filter(name=role).exists():
        sync_groups()
    user = User.objects.create_user(
        username or role, email=f"{username or role}@fleet.example", password=PASSWORD,
        is_staff=role == "operator",
    )  # fmt: skip
    user.groups.add(Group.objects.get(name=role))
    return user


def make_cases(count: int, *, prefix: str = "case") -> list[dict[str, object]]:
    """Cases that any answer with text passes."""
    return [
        {
            "key": f"{prefix}-{n}", "messages": [{"role": "user", "content": f"Question {n}?"}],
            "variables": {"user_name": "Ana"}, "tags": ["general"], "must_pass": False,
            "expectations": [{"scorer": "not_contains", "values": ["@@never@@"]}],
        }
        for n in range(count)
    ]  # fmt: skip


def build_fleet(tenants: int = 3, cases: int = 60) -> Fleet:
    """A prompt, its default and `tenants` adopted variants on the old model."""
    people = {role: make_user(role) for role in ROLES}
    engineer, owner = people["prompt_engineer"], people["policy_owner"]
    publish_policy(text="Never promise a refund.", rules=RULES, by=owner, note="First policy")
    prompt = Prompt.objects.create(slug="support-triage", name="Support triage")
    publish_base(
        prompt=prompt, text=BASE, slots=SLOTS, variables=VARIABLES, by=engineer, note="First base",
        semver="1.0.0",
    )  # fmt: skip
    old = ModelTarget.objects.create(provider="simulator", snapshot="sim-aurora-2025-02-11")
    new = ModelTarget.objects.create(provider="simulator", snapshot="sim-borealis-2026-06-30")
    write_suite(prompt=prompt, cases=make_cases(cases), by=engineer)
    default = Variant.objects.create(prompt=prompt, tenant=None)
    fleet = Fleet(people, prompt, old, new, default)
    _make_live(fleet, default, new, {})
    for n in range(tenants):
        fleet.variants.append(_make_variant(fleet, n, owned=n < tenants - 1))
    return fleet


def usual_fleet(tenants: int = 3, cases: int = 60) -> Fleet:
    """`build_fleet()`, from the rows of the first of this size that this process built."""
    groups = tuple(Group.objects.order_by("pk").values_list("pk", "name"))
    if not groups:
        sync_groups()
        return usual_fleet(tenants, cases)
    kind = (tenants, cases, groups)
    if kind not in _USUAL:
        built, rows = record(lambda: build_fleet(tenants, cases))
        keys = (
            {role: user.pk for role, user in built.people.items()}, built.prompt.pk,
            built.old.pk, built.new.pk, built.default.pk, [one.pk for one in built.variants],
        )  # fmt: skip
        _USUAL[kind] = keys, rows
    (people, prompt, old, new, default, variants), rows = _USUAL[kind]
    replay(rows)
    users = User.objects.in_bulk(people.values())
    targets = ModelTarget.objects.in_bulk([old, new])
    found = Variant.objects.select_related("tenant", "prompt").in_bulk([default, *variants])
    return Fleet(
        {role: users[pk] for role, pk in people.items()}, Prompt.objects.get(pk=prompt),
        targets[old], targets[new], found[default], [found[pk] for pk in variants],
    )  # fmt: skip


_USUAL: dict[object, Any] = {}
"""What a fleet's rows are, by its size and the roles' groups they refer to."""


def _make_variant(fleet: Fleet, n: int, *, owned: bool) -> Variant:
    tenant = Tenant.objects.create(
        slug=f"tenant-{n}", name=f"Tenant {n}", segment=("retail", "health")[n % 2],
        annual_revenue=Decimal(100_000 * (n + 1)),
    )  # fmt: skip
    if owned:
        tenant.owners.add(fleet.manager)
    variant = Variant.objects.create(prompt=fleet.prompt, tenant=tenant)
    _make_live(fleet, variant, fleet.old, {"tone": f"Be formal, variant {n}."})
    return variant


def _make_live(fleet: Fleet, variant: Variant, target: ModelTarget, values: dict[str, str]) -> None:
    overlay = None
    if variant.tenant is not None:
        overlay = freeze_overlay(overlay_for(variant), values, by=fleet.engineer, note="Adopted")
    revision = freeze(variant, by=fleet.engineer, note="Adopted", target=target, overlay=overlay)
    adopt(revision, by=fleet.engineer, reason="It served before the product came.")
