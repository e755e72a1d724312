"""Hold an overlay against the policy that is current: the guardrails, fed from the database."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from registry import lines, slots
from registry.guardrails import (
    Finding,
    LintContext,
    Policy,
    against_default,
    lint,
    load_policy,
)
from registry.guardrails.semantics import suspicion
from registry.models import BaseVersion, ModelTarget, PolicyVersion, Revision, Variant


def lint_values(
    variant: Variant,
    values: Mapping[str, str],
    *,
    base: BaseVersion | None = None,
    target: ModelTarget | None = None,
    policy: PolicyVersion | None = None,
) -> list[Finding]:
    """What the policy (the current one), the base's slots and its text say about these values."""
    policy = policy or lines.policy_head(variant.prompt)
    if base is None:
        base = _newest_base(variant, target)
    found = lint(dict(values), policy_of(policy), _context(variant, base, target))
    return [
        *found,
        *slots.findings(base.slot_list, values),
        *against_default(base.text, base.slot_list, values, variant.locale),
    ]


def lint_revision(revision: Revision, policy: PolicyVersion | None = None) -> list[Finding]:
    """What the policy (the current one) says about the overlay that a Revision pins."""
    overlay = revision.overlay_version
    if overlay is None:
        return []
    return lint_values(
        revision.variant, overlay.values, base=revision.base_version,
        target=revision.model_target, policy=policy,
    )  # fmt: skip


def policy_of(version: PolicyVersion) -> Policy:
    """The loaded rules of a frozen policy version."""
    return _loaded(version.pk)


@lru_cache(maxsize=64)
def _loaded(pk: int) -> Policy:
    # A policy version never changes (invariant 1), so its loaded form is good for ever.
    return load_policy(PolicyVersion.objects.values_list("rules", flat=True).get(pk=pk))


def _newest_base(variant: Variant, target: ModelTarget | None) -> BaseVersion:
    if target is not None:
        return lines.base_head(variant, target)
    newest = variant.revisions.select_related("model_target").order_by("-number").first()
    if newest is None:
        raise lines.MissingLayer("This variant has no revision yet.")
    return lines.base_head(variant, newest.model_target)


def _context(variant: Variant, base: BaseVersion, target: ModelTarget | None) -> LintContext:
    declared: list[dict[str, Any]] = base.slots
    return LintContext(
        segment=variant.tenant.segment if variant.tenant else None,
        locale=variant.locale,
        model=target.snapshot if target else None,
        declared_variables=tuple(variable["name"] for variable in base.variables),
        slot_limits=tuple(
            (slot["name"], slot["max_chars"]) for slot in declared if slot.get("max_chars")
        ),
        suspicion=suspicion(),
    )
