"""Which revisions a person may look at, and how two of them differ."""

from __future__ import annotations

from django.db.models import QuerySet

from registry.models import Revision, User, Variant


def visible_revisions(user: User) -> QuerySet[Revision]:
    """Revisions within the person's reach, with their pins."""
    return Revision.objects.filter(variant__in=Variant.objects.visible_to(user)).select_related(
        "variant__tenant", "variant__prompt", "policy_version", "base_version",
        "overlay_version", "model_target", "author",
    )  # fmt: skip


def live_of(revisions: QuerySet[Revision]) -> QuerySet[Revision]:
    """Those of the Revisions that are live: at most one a variant.

    Asked by the relation's name, since releases belong to the room above.
    """
    return revisions.filter(releases__stage="live")


def pins_that_differ(old: Revision, new: Revision) -> list[tuple[str, str, str]]:
    """(layer, old, new) in words for each pin the two do not share."""
    pairs = [
        ("Policy", _number(old.policy_version), _number(new.policy_version)),
        ("Base", old.base_version.semver, new.base_version.semver),
        ("Overlay", _number(old.overlay_version), _number(new.overlay_version)),
        ("Model", str(old.model_target), str(new.model_target)),
    ]
    same = [
        old.policy_version_id == new.policy_version_id,
        old.base_version_id == new.base_version_id,
        old.overlay_version_id == new.overlay_version_id,
        old.model_target_id == new.model_target_id,
    ]
    return [pair for pair, equal in zip(pairs, same, strict=True) if not equal]


def _number(version: object | None) -> str:
    return str(version.number) if version is not None else "none"  # type: ignore[attr-defined]
