"""Our yes to many repins at once, and the customer's yes to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from fleet.campaign.actions.tracks import lock_track, step, wrong_stage
from fleet.campaign.models import SignOff, SignOffDecision, Track, TrackStage
from fleet.review.actions import Blocked, approve_revisions
from fleet.review.blockers import Blocker
from fleet.review.models import Approval
from fleet.signoff.files import check_file
from registry.models import User, Variant
from registry.roles import require


@dataclass(frozen=True)
class Outcome:
    """What a bulk act did: how many tracks it took, and why it left the others."""

    done: list[Track]
    left: list[tuple[Track, str]]


def approve_batch(
    tracks: Sequence[Track], *, by: User, reason: str, batch: UUID | None = None
) -> Outcome:
    """One decision over repins in which nobody wrote for one variant; each is checked alone.

    A track with words of its own is left: it has its own review (design.md, invariant 4).
    So is all of a campaign that `by` opened, whoever wrote its revisions, and what `by`
    wrote of the base or policy that is rolled out. `batch`: the decision this is a part of.
    """
    require(by, "approve")
    own = {track.pk: why for track in tracks if (why := _not_for_batch(track, by))}
    asked = [track.revision for track in tracks if track.pk not in own]
    left = approve_revisions(asked, by=by, batch=batch or Approval.new_batch(), reason=reason)
    whys = {track.pk: own.get(track.pk) or left.get(track.revision_id, "") for track in tracks}
    return Outcome(
        [track for track in tracks if not whys[track.pk]],
        [(track, whys[track.pk]) for track in tracks if whys[track.pk]],
    )


def _not_for_batch(track: Track, by: User) -> str:
    """Why no batch decides on a track, whatever its revision is like; empty: one may."""
    if track.campaign.opened_by_id == by.pk:
        return f"You opened this {track.campaign.word}, so somebody else has to decide."
    if track.prepared_at is None:
        return "Its revision is not made yet: its evaluation has to begin first."
    if track.does_not_fit:
        return "Its overlay does not fit yet: mend it first."
    return "Its text is new: it needs a review of its own." if track.has_own_words else ""


def signing_capability(variant: Variant) -> str:
    """Who records the answer: the account's manager, or where there is none, who may release.

    The platform default has no customer and an orphaned account no manager; neither may
    keep its migration from ever ending.
    """
    managed = variant.tenant is not None and variant.tenant.active_owners
    return "record_sign_off" if managed else "release"


@dataclass(frozen=True)
class Proof:
    """Where the customer's answer can be read: a file, or in words where it lies, or both."""

    reference: str = ""
    file_name: str = ""
    file: bytes | None = None

    def __str__(self) -> str:
        return self.reference.strip() or self.file_name


@transaction.atomic
def record_sign_off(
    track: Track,
    *,
    decision: str,
    contact_name: str,
    reference: str = "",
    by: User,
    note: str = "",
    proof: Proof | None = None,
) -> SignOff:
    """Store the customer's answer that was received elsewhere, on exactly this evidence.

    `proof`: where it can be read; `reference` alone does too. Raises Blocked when there is
    nothing to sign, nobody is named or neither file nor reference is given, NotAllowed,
    UnusableFile.
    """
    require(by, signing_capability(track.variant), track.variant.tenant)
    track = lock_track(track)
    run, proof, named = track.run, proof or Proof(reference), contact_name.strip()
    if track.stage != TrackStage.AWAITING_SIGN_OFF or run is None:
        raise wrong_stage(track)
    if not str(proof) or not named:
        raise Blocked([UNPROVEN])
    name = check_file(proof.file_name, proof.file) if proof.file is not None else ""
    sign_off = SignOff.objects.create(
        track=track, revision=track.revision, run=run, sha256=track.revision.sha256,
        model_snapshot=track.revision.model_target.snapshot, eval_hash=run.eval_hash,
        decision=decision, contact_name=named, note=note.strip(),
        reference=proof.reference.strip(), document=proof.file, document_name=name,
        recorded_by=by,
    )  # fmt: skip
    goal = TrackStage.SIGNED_OFF if decision == SignOffDecision.APPROVED else TrackStage.NEEDS_WORK
    step(track, goal, by=by, why=f"{named}: {note.strip() or proof}")
    return sign_off


UNPROVEN = Blocker(
    "reference", "Who answered, and where, is missing.",
    "Name the person; attach the answer, or name the e-mail, ticket or contract that holds it.",
)  # fmt: skip
