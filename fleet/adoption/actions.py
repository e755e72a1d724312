"""Adopt a folder of forks: base, slots and overlays found, each exact fork live at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from fleet.adoption.forks import Forks, TenantRow
from fleet.release.actions import adopt
from fleet.review.actions import live_revision
from registry import lines
from registry.actions import freeze, freeze_overlay, overlay_for, publish_base, publish_policy
from registry.compose import Variable, compose, sha256_of
from registry.models import (
    BaseVersion,
    ModelTarget,
    OverlayVersion,
    PolicyVersion,
    Prompt,
    Tenant,
    User,
    Variant,
)
from registry.roles import require
from registry.unfork import ForkReport, Unforked, find_variables, unfork


@dataclass(frozen=True)
class ForkOutcome:
    """What became of one fork: `adopted`, `unchanged` or `left`, and why."""

    name: str
    what: str
    detail: str


@dataclass(frozen=True)
class Import:
    """One import: what to adopt, for which prompt, on which model, by whom and why."""

    prompt: Prompt
    forks: Forks
    tenants: Mapping[str, TenantRow]
    target: ModelTarget
    by: User
    reason: str


def plan(forks: Forks, prompt: Prompt) -> Unforked:
    """Find base, slots and overlays without writing anything.

    A prompt that has a base already keeps it: the forks are read against its slots.
    """
    base = _present_base(prompt)
    if base is not None and _is_same_prompt(base, forks.base):
        return unfork(base.text, forks.texts, policy_text(prompt), slots=base.slot_list)
    return unfork(forks.base, forks.texts, policy_text(prompt))


def policy_text(prompt: Prompt) -> str:
    """The policy text that would be fenced in front of this prompt's texts, if there is one."""
    try:
        return lines.policy_head(prompt).text
    except lines.MissingLayer:
        return ""


@transaction.atomic
def import_forks(task: Import) -> Iterator[ForkOutcome]:
    """Adopt every fork that composes back byte for byte; the others are left as they are.

    Running it again changes nothing: what serves the same text already is `unchanged`.
    """
    require(task.by, "adopt")
    found = plan(task.forks, task.prompt)
    policy = _policy(task, found)
    base = _base(task, found)
    outcomes = [_adopt_one(task, row, found, policy, base) for row in found.report]
    return iter(outcomes)


def _adopt_one(
    task: Import, row: ForkReport, found: Unforked, policy: PolicyVersion, base: BaseVersion
) -> ForkOutcome:
    if not row.exact:
        return ForkOutcome(row.name, "left", row.detail)
    try:
        variant = _variant(task, row.name)
    except ValidationError as error:
        return ForkOutcome(row.name, "left", f"not a tenant's name: {'; '.join(error.messages)}")
    text = task.forks.texts[row.name]
    live = live_revision(variant)
    if live is not None and live.sha256 == sha256_of(text):
        return ForkOutcome(row.name, "unchanged", "serves exactly this already")
    if live is not None:
        return ForkOutcome(row.name, "left", f"another text is live (revision {live.number})")
    overlay = _overlay(task, variant, found.values[row.name])
    revision = freeze(
        variant, by=task.by, note=task.reason, target=task.target, overlay=overlay, policy=policy,
        base=base,
    )  # fmt: skip
    assert revision.text == text, "an exact fork composes back byte for byte"
    adopt(revision, by=task.by, reason=task.reason, source=row.name)
    return ForkOutcome(row.name, "adopted", row.detail)


def _overlay(task: Import, variant: Variant, values: Mapping[str, str]) -> OverlayVersion | None:
    if not values:
        return None
    return freeze_overlay(overlay_for(variant), values, by=task.by, note=task.reason)


def _variant(task: Import, slug: str) -> Variant:
    row = task.tenants.get(slug, TenantRow(slug, slug))
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        tenant = Tenant(
            slug=slug, name=row.name, segment=row.segment, locale=row.locale,
            annual_revenue=row.annual_revenue,
        )  # fmt: skip
        tenant.full_clean()
        tenant.save()
    return Variant.objects.get_or_create(
        prompt=task.prompt, tenant=tenant, locale=tenant.locale, lane="primary"
    )[0]


def _policy(task: Import, found: Unforked) -> PolicyVersion:
    """The global policy where the forks begin with it, else a line whose text they carry."""
    if found.fence_removed:
        return lines.policy_head(task.prompt)
    return publish_policy(
        text="", rules=_rules(task), by=task.by, prompt=task.prompt,
        note="The forks carry their policy in their own text.",
    )  # fmt: skip


def _rules(task: Import) -> dict[str, Any]:
    """The global rules, with limits that hold the longest fork as it is."""
    try:
        rules = dict(lines.policy_head(task.prompt).rules)
    except lines.MissingLayer:
        return {"name": "No rules yet", "version": 1, "rules": []}
    longest = max((len(text) for text in task.forks.texts.values()), default=0)
    limits = dict(rules.get("limits", {}))
    limits["overlay_chars"] = max(limits.get("overlay_chars", 0), longest)
    return {**rules, "limits": limits}


def _base(task: Import, found: Unforked) -> BaseVersion:
    present = _present_base(task.prompt)
    if present is not None and present.text == found.base_text_with_slots:
        return present
    names = {name for text in task.forks.texts.values() for name in find_variables(text)}
    return publish_base(
        prompt=task.prompt, text=found.base_text_with_slots, slots=found.slots,
        variables=[Variable(name, required=False) for name in sorted(names)],
        by=task.by, note=task.reason, semver=_next(present),
    )  # fmt: skip


def _present_base(prompt: Prompt) -> BaseVersion | None:
    return BaseVersion.objects.filter(base__prompt=prompt).order_by("-number").first()


def _is_same_prompt(base: BaseVersion, text: str) -> bool:
    """Whether the given file is the prompt's base: its text with or without the slots filled."""
    plain = compose("", base.text, base.slot_list, {}).text
    return text.removesuffix("\n") in (base.text, plain) or text in (base.text, plain)


def _next(present: BaseVersion | None) -> str:
    if present is None:
        return "1.0.0"
    major = present.semver.split(".")[0]
    return f"{int(major) + 1 if major.isdigit() else present.number + 1}.0.0"
