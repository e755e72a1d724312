"""Any change of a track ends its links, in the transaction of the change."""

from __future__ import annotations

from fleet.campaign.models import Track, TrackStage
from fleet.signoff.holding import Problem
from fleet.signoff.links import end_links
from fleet.signoff.models import SignOffLink
from registry.events import Told


def hear(told: Told) -> None:
    """End the open links of tracks that left the stage in which their customers decide.

    What does not show as a move (a newer question set, say) is found when the link is opened.
    """
    left = [
        track for event, track in told
        if isinstance(track, Track) and "origin" in event.data
        and track.stage != TrackStage.AWAITING_SIGN_OFF
    ]  # fmt: skip
    if left:
        answered = left[0].stage == TrackStage.SIGNED_OFF
        links = SignOffLink.objects.filter(track__in=left)
        end_links(links, Problem.ANSWERED if answered else Problem.CHANGED)
