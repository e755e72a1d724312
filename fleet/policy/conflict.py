"""Two people in one policy: what the other changed, and what saving over it would do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fleet.policy.changes import Changes
from fleet.policy.rows import content_of
from registry.actions import PolicyContent, PolicyDraftConflict
from registry.models import Policy, PolicyDraft


@dataclass
class Conflict:
    """Somebody saved first: what they changed, and what saving mine would change in theirs."""

    who: str
    when: datetime | None
    edition: int
    theirs: Changes | None
    mine: Changes


def conflict_with(
    stale: PolicyDraftConflict, policy: Policy, mine: PolicyContent, opened_at: int
) -> Conflict:
    """What they changed since the form was opened, and what `mine` would change in theirs."""
    now = stale.theirs.content
    before = _saved_as(policy, opened_at)
    theirs = Changes(before, now) if before else None
    return Conflict(stale.who, stale.when, stale.theirs.edition, theirs, Changes(now, mine))


def _saved_as(policy: Policy, edition: int) -> PolicyContent | None:
    """What the draft said in an edition; for one that was never saved, what was current then."""
    saves = PolicyDraft.history.filter(policy=policy)
    row = saves.filter(edition=edition).exclude(history_type="-").first()
    if row is not None:
        return PolicyContent(row.text, row.rules)
    first = saves.filter(edition=edition + 1).order_by("history_id").first()
    versions = policy.versions.filter(revocation__isnull=True)
    if first is not None:
        versions = versions.filter(created_at__lte=first.history_date)
    head = versions.first()
    return content_of(head) if head else None
