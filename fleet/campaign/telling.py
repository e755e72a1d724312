"""Tell our own people what became of a track; the customer is written letters."""

from __future__ import annotations

from fleet.campaign.models import Track
from fleet.notify.actions import tell
from registry.models import User


def people_of(track: Track) -> list[User]:
    """Who brings a track home: its owner, else the account's, else who opened the campaign."""
    tenant = track.variant.tenant
    if track.owner is not None and track.owner.is_active:
        return [track.owner]
    return (tenant.active_owners if tenant else []) or [track.campaign.opened_by]


def cut_over_refused(track: Track, person: User | None, why: str) -> None:
    """The cutover that was due did not happen."""
    more = [person] if person is not None else []
    _tell(track, None, "refused", f"Cutover refused: {track.variant}", why, more)


def held(track: Track, why: str) -> None:
    """A canary does not go on by itself."""
    body = f"{why}\n\nIt goes on by itself once this is settled."
    _tell(track, None, "held", f"Canary held: {track.variant}", body, [])


def watch_broken(track: Track, why: str) -> None:
    """The watch after a cutover found something."""
    body = f"{why}\n\nRoll it back, or end its watch with a reason."
    _tell(track, None, "watch_broken", f"Look at {track.variant}", body, [])


def rolled_back(track: Track, by: User, reason: str) -> None:
    """A variant serves what it served before."""
    subject = f"Rolled back: {track.variant}"
    _tell(track, by, "rolled_back", subject, reason, [track.campaign.opened_by])


def _tell(
    track: Track, by: User | None, what: str, subject: str, body: str, more: list[User]
) -> None:
    """Once a stage of the track: the same stage held anew is told by its page alone."""
    people = {one.pk: one for one in [*people_of(track), *more] if by is None or one.pk != by.pk}
    tell(
        f"track:{track.pk}:{what}:{track.moves}", f"track.{what}", people.values(),
        subject=subject, body=body, path=track.get_absolute_url(), variant=track.variant,
    )  # fmt: skip
