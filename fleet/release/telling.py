"""Tell the people whom a release concerns: who released it and who wrote it."""

from __future__ import annotations

from fleet.notify.actions import tell
from fleet.release.models import Release
from registry.models import User


def canary_started(release: Release, by: User) -> None:
    """Its author hears that it takes its first sessions."""
    _tell(
        release, by, "canary_started",
        f"Canary: {_name(release)} gets {release.share * 100:.4g} % of sessions",
        "It goes on after each soak time." if release.by_time else "A person takes it on by hand.",
    )  # fmt: skip


def promoted(release: Release, by: User | None, said: str) -> None:
    """Author and releaser hear that everybody gets it, and what that rests on."""
    _tell(release, by, "promoted", f"Live for all: {_name(release)}", said)


def stopped(release: Release, by: User | None, reason: str) -> None:
    """Author and releaser hear why a canary was stopped."""
    _tell(release, by, "canary_stopped", f"Canary stopped: {_name(release)}", reason)


def held(release: Release, why: str) -> None:
    """Author and releaser hear, once a step, that a canary does not go on by itself."""
    _tell(
        release, None, f"canary_held:{release.step}", f"Canary held: {_name(release)}",
        f"{why}\n\nIt goes on by itself once this is settled.",
    )  # fmt: skip


def _name(release: Release) -> str:
    return f"{release.variant} revision {release.revision.number}"


def _tell(release: Release, by: User | None, what: str, subject: str, body: str) -> None:
    """Everybody concerned but whoever did it."""
    review = getattr(release.revision, "review", None)
    people = [release.released_by, review.opened_by if review else release.revision.author]
    tell(
        f"release:{release.pk}:{what}", f"release.{what.partition(':')[0]}",
        [user for user in people if by is None or user.pk != by.pk],
        subject=subject, body=body, path=release.variant.get_absolute_url(),
        variant=release.variant,
    )  # fmt: skip
