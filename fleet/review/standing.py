"""How many Revisions stand with the people who decide, for lists: a few queries for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fleet.review.models import Approval, Decision, Objection, ObjectionStage
from fleet.review.rules import Light, Progress, progress_of
from registry.among import among
from registry.models import Revision


@dataclass(frozen=True)
class Standing:
    """One Revision: how far its approvals are, and whether somebody objects or said no."""

    progress: Progress
    is_objected: bool

    @property
    def is_approved(self) -> bool:
        """Whether enough people said yes and nobody objects."""
        return self.progress.is_enough and not self.is_objected

    @property
    def still(self) -> str:
        """Who is still needed where somebody said yes already, in words; else empty."""
        return self.progress.missing if self.progress.given else ""


def standings_of(revisions: Sequence[Revision | Light]) -> dict[UUID, Standing]:
    """Revision -> how it stands; the number of queries does not depend on how many there are."""
    ids = [revision.pk for revision in revisions]
    these = among("revision_id", ids)
    raised = Objection.objects.filter(these, stage=ObjectionStage.RAISED)
    said_no = Approval.objects.filter(these, decision=Decision.REJECT)
    against = {
        *raised.values_list("revision_id", flat=True),
        *said_no.values_list("revision_id", flat=True),
    }
    return {pk: Standing(far, pk in against) for pk, far in progress_of(revisions).items()}
