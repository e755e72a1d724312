"""Which acts on a review this person may do now; the actions themselves check again."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.urls import reverse

from fleet.campaign import scope
from fleet.campaign.models import Track
from fleet.review.actions.commenting import may_comment
from fleet.review.blockers import Blocker, against_approving, against_release, blockers
from fleet.review.models import Approval, ObjectionStage, Review, ReviewStage
from fleet.review.queue_rows import UNDECIDED
from registry.models import User

MOVED = ("base", "policy", "live", "model")
"""Blockers that a rebase answers: what the text stands on is no longer what there is."""

ACTS = (
    "approve", "request-changes", "resume", "reject", "withdraw", "publish", "schedule",
    "unschedule", "break-glass",
)  # fmt: skip


@dataclass(frozen=True)
class Powers:
    """The checklist of a review, and what this person may do about it."""

    user: User
    review: Review
    wrote: set[int]
    blockers: list[Blocker]
    track: Track | None
    has_decided: bool
    may_comment: bool
    objectors: frozenset[int]
    urls: dict[str, str] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        """Where the review stands."""
        return self.review.stage

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision."""
        return self.stage == ReviewStage.OPEN

    @property
    def approved(self) -> bool:
        """Whether it may go live by hand."""
        return self.stage == ReviewStage.APPROVED

    @property
    def undecided(self) -> bool:
        """Whether anything can still become of it."""
        return self.stage in UNDECIDED

    @property
    def stops_approval(self) -> list[Blocker]:
        """What stands in the way of a yes."""
        return against_approving(self.blockers)

    @property
    def stops_release(self) -> list[Blocker]:
        """What stands in the way of going live, ticked or not."""
        return against_release(self.blockers, acknowledged=True)

    @property
    def moved(self) -> list[Blocker]:
        """What must be ticked by whoever makes it live."""
        return [blocker for blocker in self.blockers if blocker.weight == "acknowledge"]

    @property
    def _approver(self) -> bool:
        return self.user.has_perm("registry.approve")

    @property
    def barred(self) -> bool:
        """An approver whose own words these are."""
        return self.is_open and self._approver and self.user.pk in self.wrote

    @property
    def may_decide(self) -> bool:
        """Whether a yes or a no of this person is waited for."""
        return (
            self.is_open and self._approver and self.user.pk not in self.wrote
            and not self.has_decided
        )  # fmt: skip

    @property
    def may_ask(self) -> bool:
        """Whether this person may ask the author for changes, which is to object."""
        free = self.user.pk not in self.wrote | self.objectors
        return self.undecided and self._approver and free

    @property
    def may_resume(self) -> bool:
        """Whether this person may ask for a decision again: nobody objects any more."""
        waits = self.stage == ReviewStage.CHANGES_REQUESTED and not self.objectors
        return waits and (self.user.pk == self.review.opened_by_id or self._approver)

    @property
    def may_withdraw(self) -> bool:
        """Whoever opened it may, and whoever approves."""
        return self.undecided and (self.user.pk == self.review.opened_by_id or self._approver)

    @property
    def may_release(self) -> bool:
        """Whether this person may make it live or say when; a track's goes live from there."""
        return self.approved and self.track is None and self.user.has_perm("registry.release")

    @property
    def may_unschedule(self) -> bool:
        """Whether this person may take the time back."""
        return self.stage == ReviewStage.SCHEDULED and self.user.has_perm("registry.release")

    @property
    def may_break_glass(self) -> bool:
        """Whether this person may send it out past what stands in the way."""
        return (
            self.undecided
            and bool(self.stops_release)
            and self.track is None
            and self.user.has_perm("registry.break_glass")
        )

    @property
    def may_rebase(self) -> bool:
        """Whether what it stands on moved, and this person may write it anew."""
        moved = any(blocker.code in MOVED for blocker in self.blockers)
        return self.undecided and moved and self.may_write

    @property
    def may_write(self) -> bool:
        """Whether this person may write this customer's overlay."""
        return self.review.variant.tenant_id is not None and all(
            self.user.has_perm(f"registry.{one}") for one in ("author_overlay", "open_review")
        )

    @property
    def may_mend(self) -> bool:
        """Whether it is this person's turn to write: they asked, and changes were asked for."""
        mine = self.user.pk == self.review.opened_by_id
        return self.stage == ReviewStage.CHANGES_REQUESTED and mine and self.may_write

    @property
    def may_overrule(self) -> bool:
        """Whether this person may outvote an objection."""
        return self.undecided and self.user.has_perm("registry.overrule")


def powers_of(user: User, review: Review, wrote: set[int]) -> Powers:
    """What this person may do about a review now."""
    undecided = review.stage in UNDECIDED
    raised = review.revision.objections.filter(stage=ObjectionStage.RAISED)
    mine = Approval.objects.filter(review=review, by=user, round=review.round)
    return Powers(
        user, review, wrote,
        blockers(review.revision) if undecided else [],
        track_of(review) if undecided else None,
        mine.exists(),
        may_comment(review, user),
        frozenset(raised.values_list("by_id", flat=True)),
        {act.replace("-", "_"): reverse(f"review-{act}", args=[review.pk]) for act in ACTS},
    )  # fmt: skip


def track_of(review: Review) -> Track | None:
    """The migration track that will cut this revision over, once the customer signed."""
    tracks = Track.objects.filter(revision=review.revision, closed_at__isnull=True)
    return tracks.select_related(*scope.of("campaign")).first()
