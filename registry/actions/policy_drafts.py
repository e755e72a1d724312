"""Write a policy: open its draft, save it, discard it, publish it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from registry import border, events
from registry.actions.layers import publish_policy
from registry.guardrails import load_policy
from registry.models import Policy, PolicyDraft, PolicyVersion, User
from registry.roles import require

BLANK: dict[str, Any] = {
    "name": "Global policy", "version": 1, "declared_variables": [], "allowed_domains": [],
    "limits": {}, "rules": [],
}  # fmt: skip
"""What the editor of a line without any version opens with."""


@dataclass(frozen=True)
class PolicyContent:
    """What a policy says: its text for the model, and its document of rules and lists."""

    text: str
    rules: dict[str, Any]


@dataclass(frozen=True)
class OpenedPolicy:
    """What an editor opens with: the draft, or what is current where there is none."""

    content: PolicyContent
    edition: int
    draft: PolicyDraft | None
    head: PolicyVersion | None

    @property
    def changed(self) -> bool:
        """Whether the draft says anything else than the current version."""
        head = self.head
        return head is None or self.content != PolicyContent(head.text, head.rules)


class PolicyDraftConflict(Exception):
    """Somebody else saved, published or discarded first; holds what there is now."""

    def __init__(self, theirs: OpenedPolicy, who: str, when: datetime | None) -> None:
        super().__init__(
            f"{who} changed this policy while you were writing. "
            "What you typed is still here; nothing was overwritten."
        )
        self.theirs = theirs
        self.who = who
        self.when = when


class NothingToPublish(Exception):
    """The draft says what the current version says already, or there is none."""


def open_policy(policy: Policy) -> OpenedPolicy:
    """The line's draft, its edition and its current version. Writes nothing."""
    draft = PolicyDraft.objects.filter(policy=policy).select_related("saved_by").first()
    head = current_version(policy)
    if draft is not None:
        return OpenedPolicy(PolicyContent(draft.text, draft.rules), draft.edition, draft, head)
    content = PolicyContent(head.text, head.rules) if head else PolicyContent("", dict(BLANK))
    return OpenedPolicy(content, policy_edition(policy), None, head)


def current_version(policy: Policy) -> PolicyVersion | None:
    """The newest version of the line that is not revoked."""
    return policy.versions.filter(revocation__isnull=True).select_related("author").first()


def policy_edition(policy: Policy) -> int:
    """The edition of a line whose draft is closed: one more than its last draft; 0: never one.

    Closing counts, so that whoever still holds the closed draft's form is refused.
    """
    last = PolicyDraft.history.filter(policy=policy).aggregate(last=Max("edition"))["last"]
    return 0 if last is None else int(last) + 1


def begin_global_policy(*, by: User) -> Policy:
    """The global line, made where there is none yet."""
    require(by, "author_policy")
    return Policy.objects.get_or_create(prompt=None, defaults={"name": "Global policy"})[0]


@transaction.atomic
def save_policy_draft(
    policy: Policy, content: PolicyContent, *, edition: int, by: User
) -> PolicyDraft:
    """Save this content as the line's draft.

    `edition` is what the form was opened with. What somebody else saved, published or
    discarded since raises PolicyDraftConflict, and nothing is stored. PolicyError where the
    rules do not load, UnusableText for what no text column can hold.
    """
    require(by, "author_policy")
    clean = PolicyContent(border.from_form(content.text), content.rules)
    check_json(clean.rules)
    load_policy(clean.rules)
    opened = _locked(policy)
    if opened.draft is not None and opened.content == clean:
        return opened.draft
    _refuse_stale(opened, edition)
    draft = opened.draft or PolicyDraft(policy=policy, edition=opened.edition, contributor_ids=[])
    draft.text, draft.rules, draft.saved_by = clean.text, clean.rules, by
    draft.edition += 1
    draft.contributor_ids = sorted({*draft.contributor_ids, by.pk})
    draft.save()
    return draft


@transaction.atomic
def discard_policy_draft(policy: Policy, *, edition: int, by: User) -> None:
    """Throw the draft away; its history stays. PolicyDraftConflict as for saving."""
    require(by, "author_policy")
    opened = _locked(policy)
    if opened.draft is None:
        return
    _refuse_stale(opened, edition)
    opened.draft.delete()
    events.record("policy.draft_discarded", policy, by)


@transaction.atomic
def publish_policy_draft(policy: Policy, *, edition: int, note: str, by: User) -> PolicyVersion:
    """Append the draft as the line's next version, and close the draft.

    No variant changes by this: each is moved by its own decision. Everyone who typed in the
    draft is kept as a contributor. Raises NothingToPublish and PolicyDraftConflict.
    """
    require(by, "author_policy")
    opened = _locked(policy)
    _refuse_stale(opened, edition)
    draft = opened.draft
    if draft is None or not opened.changed:
        raise NothingToPublish("The draft says what the current version says already.")
    version = publish_policy(
        text=draft.text, rules=draft.rules, by=by, note=border.from_form(note),
        prompt=policy.prompt, contributors=draft.contributor_ids,
    )  # fmt: skip
    draft.delete()
    return version


def check_json(document: Any) -> None:
    """Raise UnusableText for a text or number within that the database cannot hold."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            border.check(value)
        elif isinstance(value, float) and not math.isfinite(value):
            raise border.UnusableText("A number is too large, or none at all. Write it out.")
        elif isinstance(value, dict):
            waiting.extend((*value.keys(), *value.values()))
        elif isinstance(value, list):
            waiting.extend(value)


def _locked(policy: Policy) -> OpenedPolicy:
    return open_policy(Policy.objects.select_for_update(no_key=True).get(pk=policy.pk))


def _refuse_stale(opened: OpenedPolicy, edition: int) -> None:
    if opened.edition == edition:
        return
    who, when = "Somebody else", None
    if opened.draft is not None:
        who, when = opened.draft.saved_by.display_name, opened.draft.saved_at
    elif opened.head is not None:
        who, when = opened.head.author.display_name, opened.head.created_at
    raise PolicyDraftConflict(opened, who, when)
