"""Who may not approve a Revision: whoever wrote any part of what is new in it."""

from __future__ import annotations

from registry.models import Revision, User


def contributors(revision: Revision) -> set[int]:
    """Ids of everybody who wrote something that the parent does not hold.

    Without a parent everything is new. A batch repin's author is who opened the campaign.
    """
    parent = revision.parent
    return {
        revision.author_id,
        *_overlay_authors(revision, parent),
        *_base_authors(revision, parent),
        *_policy_authors(revision, parent),
    }


def is_barred(revision: Revision, user: User) -> bool:
    """Whether this person's yes would be a yes to their own words."""
    return user.pk in contributors(revision)


def _overlay_authors(revision: Revision, parent: Revision | None) -> set[int]:
    mine = revision.overlay_version
    if mine is None:
        return set()
    old = parent.overlay_version if parent else None
    since = old.number if old is not None and old.overlay_id == mine.overlay_id else 0
    new = mine.overlay.versions.filter(number__gt=since, number__lte=mine.number)
    return {pk for version in new for pk in (version.author_id, *version.contributor_ids)}


def _base_authors(revision: Revision, parent: Revision | None) -> set[int]:
    mine = revision.base_version
    old = parent.base_version if parent else None
    since = old.number if old is not None and old.base_id == mine.base_id else 0
    new = mine.base.versions.filter(number__gt=since, number__lte=mine.number)
    return set(new.values_list("author_id", flat=True))


def _policy_authors(revision: Revision, parent: Revision | None) -> set[int]:
    mine = revision.policy_version
    old = parent.policy_version if parent else None
    since = old.number if old is not None and old.policy_id == mine.policy_id else 0
    new = mine.policy.versions.filter(number__gt=since, number__lte=mine.number)
    return set(new.values_list("author_id", flat=True))
