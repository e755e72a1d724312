"""Any change of a track ends its links, in the transaction of the change."""

from __future__ import annotations

from django.db.models import Model

from fleet.campaign.models import Track, TrackStage
from fleet.signoff.holding import Problem
from fleet.signoff.links import end_links
from fleet.signoff.models import SignOffLink
from registry.models import Event


def hear(event: Event, subject: Model) -> None:
    """End the open links of a track that left the stage in which its customer decides.

    What does not show as a move (a newer question set, say) is found when the link is opened.
    """
    if not isinstance(subject, Track) or "origin" not in event.data:
        return
    if subject.stage == TrackStage.AWAITING_SIGN_OFF:
        return
    answered = subject.stage == TrackStage.SIGNED_OFF
    links = SignOffLink.objects.filter(track=subject)
    end_links(links, Problem.ANSWERED if answered else Problem.CHANGED)
