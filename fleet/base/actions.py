"""Try a base's draft on the fleet, and publish it."""

from __future__ import annotations

from django.db import transaction

from fleet.blast.actions import newest_try, start_dry_run
from fleet.blast.models import BlastRadius
from fleet.release.models import Release, Stage
from registry.actions import BaseContent, open_base, publish_base_draft, save_base_draft
from registry.models import Base, BaseVersion, User


class NotTried(Exception):
    """No dry run of exactly this content has finished, and nobody said to go on without one."""


class NoReason(Exception):
    """A version without a word on why."""


@transaction.atomic
def try_draft(base: Base, content: BaseContent, *, edition: int, by: User) -> BlastRadius:
    """Save this content as the draft and start a dry run of it over the fleet.

    All or nothing: raises what `save_base_draft` and `start_dry_run` raise.
    """
    _save(base, content, edition=edition, by=by)
    return start_dry_run(by=by, base=base, document=content.as_document())


@transaction.atomic
def publish_draft(
    base: Base,
    content: BaseContent,
    *,
    edition: int,
    semver: str,
    why: str,
    untried: bool,
    by: User,
) -> BaseVersion:
    """Save this content and publish it. No variant changes by this.

    NotTried where no dry run of exactly this content has finished, unless `untried` says
    that the person knows. NoReason, and what `publish_base_draft` raises.
    """
    if not why.strip():
        raise NoReason("Say why, in a sentence. It is kept with the version.")
    if not untried and needs_trial(base) and newest_try(base, content.as_document()) is None:
        raise NotTried(
            "This draft has not been tried on the fleet. Try it first, or tick that you publish "
            "it without knowing whom it would break."
        )
    edition = _save(base, content, edition=edition, by=by)
    return publish_base_draft(base, edition=edition, semver=semver.strip(), note=why.strip(), by=by)


def needs_trial(base: Base) -> bool:
    """Whether anybody is live on this prompt, so that there is a fleet to try a draft on."""
    return Release.objects.filter(stage=Stage.LIVE, variant__prompt=base.prompt_id).exists()


def _save(base: Base, content: BaseContent, *, edition: int, by: User) -> int:
    """The edition after the content is the draft; what is there already is not saved again."""
    opened = open_base(base)
    if opened.draft is None and opened.content == content:
        return opened.edition
    if opened.draft is not None and opened.content == content and opened.edition == edition:
        return edition
    return save_base_draft(base, content, edition=edition, by=by).edition
