"""Try a draft in a test as the worker does."""

from __future__ import annotations

from typing import Any

from fleet.blast.actions import start_dry_run
from fleet.blast.job import try_out
from fleet.blast.models import BlastRadius
from registry import work
from registry.models import Base, BaseVersion, Policy, PolicyVersion, User, WorkItem


def base_draft(**changes: Any) -> dict[str, Any]:
    """The head of the only base, with these changes."""
    head = BaseVersion.objects.order_by("-number")[0]
    return {"text": head.text, "slots": head.slots, "variables": head.variables} | changes


def with_slot(name: str, **changes: Any) -> dict[str, Any]:
    """The head of the only base with one slot changed."""
    draft = base_draft()
    slots = [dict(row, **changes) if row["name"] == name else row for row in draft["slots"]]
    return draft | {"slots": slots}


def policy_draft(*rules: dict[str, Any], text: str | None = None) -> dict[str, Any]:
    """The head of the global policy with these rules added."""
    head = PolicyVersion.objects.order_by("-number")[0]
    document = head.rules | {"rules": [*head.rules["rules"], *rules]}
    return {"text": head.text if text is None else text, "rules": document}


def forbid(phrase: str, **more: Any) -> dict[str, Any]:
    """A rule that blocks a phrase."""
    return {
        "id": f"no-{phrase}", "type": "forbidden_phrase", "severity": "block",
        "message": f"Do not say {phrase}.", "params": {"phrases": [phrase]},
    } | more  # fmt: skip


def try_base(by: User, document: dict[str, Any]) -> BlastRadius:
    """A finished dry run of a base draft."""
    return run(start_dry_run(by=by, base=Base.objects.first(), document=document))


def try_policy(by: User, document: dict[str, Any]) -> BlastRadius:
    """A finished dry run of a policy draft."""
    return run(start_dry_run(by=by, policy=Policy.objects.first(), document=document))


def claim(radius: BlastRadius) -> WorkItem:
    """The dry run's work item, taken."""
    item = work.claim(WorkItem.objects.get(payload__radius=str(radius.pk)).pk)
    assert item is not None
    return item


def run(radius: BlastRadius) -> BlastRadius:
    """Do the work, and read what it stored."""
    try_out(claim(radius))
    return BlastRadius.objects.get(pk=radius.pk)
