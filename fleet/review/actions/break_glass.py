"""Past the gate in an emergency: with a reason, in sight of all, and looked at afterwards."""

from __future__ import annotations

from dataclasses import asdict

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from fleet import mail
from fleet.notify.actions import tell
from fleet.release.actions import lock, switch
from fleet.release.models import BreakGlass, BreakGlassStage, Release, ReleaseKind
from fleet.review.actions.errors import AlreadyDecided, Blocked
from fleet.review.actions.holding import UNSCHEDULED, hold
from fleet.review.blockers import Blocker, against_release, blockers, revocations_of
from fleet.review.models import UNDER_WAY, Review, ReviewStage
from registry import border, events
from registry.models import User, Variant, VariantStage
from registry.roles import NotAllowed, require
from registry.transitions import move


@transaction.atomic
def break_glass(review: Review, *, by: User, reason: str) -> Release:
    """Make a Revision live whatever stands in its way, and note what that was.

    Never what was revoked, on a retired variant, or what a migration brings: Blocked says so,
    as it does without a reason or where nothing stands in the way. AlreadyDecided when the
    review is over. Every policy owner is told, and one has to look at it (`review_break_glass`).
    """
    variant = lock(review.variant)
    require(by, "break_glass", variant.tenant)
    review = hold(review)
    reason = border.from_form(reason.strip())
    if review.stage not in UNDER_WAY:
        raise AlreadyDecided(f"This review is “{review.get_stage_display()}” already.")
    in_the_way = against_release(blockers(review.revision), acknowledged=True)
    refusals = refusals_of(review, reason=reason, in_the_way=in_the_way)
    if refusals:
        raise Blocked(refusals)
    move(review, ReviewStage.PUBLISHED, by=by, why=reason, suspended_why="", **UNSCHEDULED)
    release = switch(
        variant, review.revision, kind=ReleaseKind.BREAK_GLASS, by=by, reason=reason
    )  # fmt: skip
    glass = BreakGlass.objects.create(
        release=release, variant=variant, reason=reason, by=by,
        stood_in_the_way=[asdict(blocker) for blocker in in_the_way],
    )  # fmt: skip
    events.record("break_glass.broken", glass, by, reason, revision=review.revision.number)
    _tell_owners(glass, review)
    return release


@transaction.atomic
def review_break_glass(glass: BreakGlass, *, by: User, note: str) -> BreakGlass:
    """Say that one has looked at what went out past the gate; `note` is what one found.

    NotAllowed for whoever broke the glass, Blocked without a note, IllegalMove when somebody
    else was first.
    """
    glass = BreakGlass.objects.select_related("variant__tenant").get(pk=glass.pk)
    lock(glass.variant)
    require(by, "review_break_glass", glass.variant.tenant)
    if by.pk == glass.by_id:
        raise NotAllowed("You broke this glass, so somebody else has to look at it.")
    note = border.from_form(note.strip())
    if not note:
        raise Blocked([Blocker("why", "The note is missing.", "Say what you found.")])
    return move(
        glass, BreakGlassStage.REVIEWED, by=by, why=note, reviewed_by=by, note=note,
        reviewed_at=timezone.now(),
    )  # fmt: skip


def unreviewed(variant: Variant) -> QuerySet[BreakGlass]:
    """What went out past the gate on this variant and nobody has looked at, the newest first."""
    found = BreakGlass.objects.filter(variant=variant, stage=BreakGlassStage.UNREVIEWED)
    return found.select_related("by", "release__revision").defer(
        "release__revision__text", "release__revision__segments"
    )


def refusals_of(review: Review, *, reason: str, in_the_way: list[Blocker]) -> list[Blocker]:
    """What even an emergency does not get past."""
    found = []
    if not reason:
        found.append(Blocker("why", "The reason is missing.", "Say what the emergency is."))
    if review.variant.stage == VariantStage.RETIRED:
        found.append(Blocker("retired", "This variant is retired.", "Make a new one."))
    for revocation in revocations_of(review.revision):
        words = f"A part of it was revoked: {revocation.reason}"
        found.append(Blocker("revoked", words, "It may never serve. Roll back instead."))
    if review.revision.tracks.filter(closed_at__isnull=True).exists():
        words = "This revision is part of a migration or roll-out: the customer signs first."
        found.append(Blocker("track", words, "Cut it over from its track, or cancel the track."))
    if not in_the_way and review.stage in (ReviewStage.APPROVED, ReviewStage.SCHEDULED):
        words = "Nothing stands in its way."
        found.append(Blocker("free", words, "Make it live the usual way."))
    return found


def _tell_owners(glass: BreakGlass, review: Review) -> None:
    stood = " ".join(blocker["text"] for blocker in glass.stood_in_the_way)
    tell(
        f"break_glass:{glass.pk}", "release.break_glass", mail.holders("review_break_glass"),
        subject=f"Glass broken: {glass.variant} revision {review.revision.number}",
        body=f"{glass.by.display_name} made it live past the gate: {glass.reason}\n\n"
        f"What stood in its way: {stood or 'nobody had approved it'}",
        path=review.get_absolute_url(), variant=glass.variant,
    )  # fmt: skip
