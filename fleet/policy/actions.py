"""Try a policy's draft on the fleet, and publish it."""

from __future__ import annotations

from django.db import transaction

from fleet.blast.actions import newest_try, start_dry_run
from fleet.blast.models import BlastRadius
from registry.actions import (
    PolicyContent,
    open_policy,
    publish_policy_draft,
    save_policy_draft,
)
from registry.models import Policy, PolicyVersion, User


class NotTried(Exception):
    """No dry run of exactly this draft has finished, and nobody said to go on without one."""


class NoReason(Exception):
    """A version without a word on why."""


@transaction.atomic
def try_draft(policy: Policy, content: PolicyContent, *, edition: int, by: User) -> BlastRadius:
    """Save this content as the draft and start a dry run of it over the fleet.

    All or nothing: raises what `save_policy_draft` and `start_dry_run` raise.
    """
    if content != open_policy(policy).content:
        save_policy_draft(policy, content, edition=edition, by=by)
    document = document_of(open_policy(policy).content)
    return start_dry_run(by=by, policy=policy, document=document)


@transaction.atomic
def publish_draft(
    policy: Policy, *, edition: int, why: str, untried: bool, by: User
) -> PolicyVersion:
    """Publish the draft as it is saved. No variant changes by this.

    NotTried where no dry run of exactly this content has finished, unless `untried` says
    that the person knows. NoReason, PolicyDraftConflict, NothingToPublish.
    """
    if not why.strip():
        raise NoReason("Say why, in a sentence. It is kept with the version.")
    content = open_policy(policy).content
    if not untried and newest_try(policy, document_of(content)) is None:
        raise NotTried(
            "This draft has not been tried on the fleet. Try it first, or tick that you publish "
            "it without knowing what it would block."
        )
    return publish_policy_draft(policy, edition=edition, note=why.strip(), by=by)


def document_of(content: PolicyContent) -> dict[str, object]:
    """The content as a dry run takes it."""
    return {"text": content.text, "rules": content.rules}
