"""What the edit page offers: usual values of a rule's scope, and rules that can be put back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from registry.models import ModelTarget, Policy, PolicyDraft, PolicyVersion, Tenant, Variant

REMEMBERED = 20
"""Saves of a draft that are looked through for rules that were removed from it."""


def known_scopes(document: Mapping[str, Any]) -> dict[str, list[str]]:
    """What a rule may usually be narrowed to: what the fleet has, and what the document names."""
    found = {
        "segment": set(Tenant.objects.order_by().values_list("segment", flat=True).distinct()),
        "locale": set(Variant.objects.order_by().values_list("locale", flat=True).distinct()),
        "model": set(ModelTarget.objects.order_by().values_list("snapshot", flat=True)),
        "slot": set(document.get("slots") or ()),
    }
    for rule in document["rules"]:
        for key, value in (rule.get("scope") or {}).items():
            found[key].update([value] if isinstance(value, str) else value or ())
    return {key: sorted(filter(None, values)) for key, values in found.items()}


def removed_rules(
    policy: Policy, head: PolicyVersion | None, document: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Rules that the current version or an earlier save of the open draft has, and it has not.

    Each as it was last.
    """
    held = {rule["id"] for rule in document["rules"]}
    last: dict[str, dict[str, Any]] = {}
    saves = PolicyDraft.history.filter(policy=policy).order_by("-history_id")
    since = _since_last_close(list(saves.values_list("history_type", "rules")[:REMEMBERED]))
    for rules in (*since, *([head.rules] if head else [])):
        for rule in rules.get("rules", []):
            last.setdefault(rule["id"], rule)
    return [rule for rule_id, rule in last.items() if rule_id not in held]


def _since_last_close(saves: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """The saves of the draft that is open, newest first."""
    found = []
    for kind, rules in saves:
        if kind == "-":
            break
        found.append(rules)
    return found
