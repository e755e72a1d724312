"""Move a fleet from one model to another: open a campaign, steer its tracks."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from evals.actions import NothingToMeasure, start_run
from evals.models import EvalRun, VerdictKind
from evals.suites import combined_hash, suite_versions_for
from fleet.campaign.models import (
    Campaign,
    CampaignStage,
    SignOff,
    SignOffDecision,
    Track,
    TrackStage,
)
from fleet.release import actions as release_actions
from fleet.release.models import Release, ReleaseKind, Stage
from fleet.review.actions import AlreadyDecided, Blocked, approve_revision
from fleet.review.blockers import Blocker
from fleet.review.models import Approval, ReviewStage
from registry import events, work
from registry.actions import repin
from registry.models import ModelTarget, Revision, User, Variant
from registry.roles import NotAllowed, require
from registry.transitions import IllegalMove, move

EVALUATE_KIND = "evaluate_track"
CUT_OVER_KIND = "cut_over_track"


class CannotOpen(Exception):
    """The campaign cannot be opened; the message says why and what to do."""


@dataclass(frozen=True)
class Outcome:
    """What a bulk act did: how many tracks it took, and why it left the others."""

    done: list[Track]
    left: list[tuple[Track, str]]


@transaction.atomic
def open_campaign(*, source: ModelTarget, target: ModelTarget, name: str, by: User) -> Campaign:
    """Make one Track a variant that is live on `source`, each with a repinned Revision.

    Evaluations start by themselves after commit. CannotOpen when nothing is pinned to
    `source` or another open campaign owns one of the variants.
    """
    require(by, "run_campaign")
    if source == target:
        raise CannotOpen("Old and new model are the same. Choose another target.")
    live = list(
        Release.objects.filter(stage=Stage.LIVE, revision__model_target=source)
        .select_related("variant__prompt", "variant__tenant", "revision__model_target")
        .select_related("revision__policy_version", "revision__base_version")
        .select_related("revision__overlay_version")
        .order_by("variant_id")
    )
    if not live:
        raise CannotOpen(f"No variant is live on {source}. There is nothing to move.")
    campaign = Campaign.objects.create(
        name=name.strip() or f"{source} → {target}", source=source, target=target, opened_by=by
    )
    try:
        with transaction.atomic():
            tracks = [_open_track(campaign, release, by) for release in live]
    except IntegrityError:
        raise CannotOpen(
            "Another open migration owns one of these variants. Finish or cancel it first."
        ) from None
    events.record("campaign.opened", campaign, by, tracks=len(tracks), source=str(source))
    work.enqueue_many(EVALUATE_KIND, (_evaluation(track) for track in tracks))
    return campaign


def _open_track(campaign: Campaign, release: Release, by: User) -> Track:
    note = f"Repinned from {campaign.source} to {campaign.target}."
    revision = repin(release.revision, campaign.target, by=by, note=note)
    track = Track.objects.create(
        campaign=campaign, variant=release.variant, baseline=release.revision, revision=revision
    )
    events.record("track.opened", track, by, note)
    return track


def _evaluation(track: Track) -> tuple[str, dict[str, str]]:
    """The work item of one evaluation: one a track and stage change, however often asked."""
    return f"evaluate:{track.pk}:{uuid.uuid4()}", {"track": str(track.pk)}


@transaction.atomic
def start_evaluation(track: Track) -> EvalRun | None:
    """Start the re-evaluation a track waits for; None when it is running or over already."""
    track = _lock(track)
    if track.stage == TrackStage.QUEUED:
        track = move(track, TrackStage.EVALUATING, by=None)
    if track.stage != TrackStage.EVALUATING or track.run is not None:
        return None
    try:
        with transaction.atomic():
            track.run = start_run(track.revision, baseline=track.baseline, by=None)
    except NothingToMeasure as reason:
        move(track, TrackStage.NEEDS_WORK, by=None, why=str(reason))
        return None
    track.save(update_fields=["run", "changed_at"])
    return track.run


@transaction.atomic
def settle(run: EvalRun) -> None:
    """Move the tracks that waited for this run: go asks for sign-off, else needs work."""
    for track in Track.objects.filter(run=run, stage=TrackStage.EVALUATING):
        goal = (
            TrackStage.AWAITING_SIGN_OFF
            if run.verdict.kind == VerdictKind.GO
            else TrackStage.NEEDS_WORK
        )
        move(track, goal, by=None, why=run.verdict.headline)


@transaction.atomic
def re_evaluate(track: Track, *, by: User, revision: Revision | None = None) -> Track:
    """Evaluate a track again, with a new Revision where one is given."""
    require(by, "run_evals", track.variant.tenant)
    track = _lock(track)
    changes: dict[str, Any] = {"run": None, "closed_at": None}
    if revision is not None:
        changes["revision"] = revision
    track = move(track, TrackStage.EVALUATING, by=by, **changes)
    work.enqueue(EVALUATE_KIND, *_evaluation(track))
    return track


def open_track(variant: Variant) -> Track | None:
    """The track that owns a variant now, if any."""
    tracks = Track.objects.filter(variant=variant, closed_at__isnull=True)
    return tracks.select_related("campaign__target", "campaign__source").first()


@transaction.atomic
def take_fix(track: Track, revision: Revision, run: EvalRun, *, by: User) -> Track:
    """Put a repaired Revision, whose evaluation `run` has begun, on its track."""
    track = _lock(track)
    return move(track, TrackStage.EVALUATING, by=by, why=revision.note, revision=revision, run=run)


def approve_batch(tracks: Sequence[Track], *, by: User, reason: str) -> Outcome:
    """One decision over repins whose text is unchanged; every Revision is checked alone.

    A track with new text is left: it has its own review (design.md, invariant 4).
    """
    require(by, "approve")
    batch = Approval.new_batch()
    outcome = Outcome([], [])
    for track in tracks:
        try:
            if track.revision.sha256 != track.baseline.sha256:
                raise AlreadyDecided("Its text is new: it needs a review of its own.")
            with transaction.atomic():
                approve_revision(track.revision, by=by, batch=batch, reason=reason)
            outcome.done.append(track)
        except (Blocked, AlreadyDecided, NotAllowed) as why:
            outcome.left.append((track, str(why)))
    return outcome


@transaction.atomic
def record_sign_off(
    track: Track, *, decision: str, contact_name: str, reference: str, by: User
) -> SignOff:
    """Store the customer's answer that was received elsewhere, on exactly this evidence.

    Raises Blocked when there is nothing to sign, or no reference is given.
    """
    require(by, "record_sign_off", track.variant.tenant)
    track = _lock(track)
    run = track.run
    if track.stage != TrackStage.AWAITING_SIGN_OFF or run is None:
        raise Blocked(
            [Blocker("stage", f"This track is “{track.get_stage_display()}”.", "Reload the page.")]
        )
    if not reference.strip() or not contact_name.strip():
        raise Blocked(
            [
                Blocker(
                    "reference", "Who answered, and where, is missing.",
                    "Name the person and the e-mail, ticket or contract that holds the answer.",
                )
            ]
        )  # fmt: skip
    sign_off = SignOff.objects.create(
        track=track, revision=track.revision, run=run, sha256=track.revision.sha256,
        model_snapshot=track.revision.model_target.snapshot, eval_hash=run.eval_hash,
        decision=decision, contact_name=contact_name.strip(), reference=reference.strip(),
        recorded_by=by,
    )  # fmt: skip
    goal = TrackStage.SIGNED_OFF if decision == SignOffDecision.APPROVED else TrackStage.NEEDS_WORK
    move(track, goal, by=by, why=f"{contact_name.strip()}: {reference.strip()}")
    return sign_off


@transaction.atomic
def cut_over(track: Track, *, by: User) -> Release:
    """Make the new model live for this one variant.

    Everything is checked again under lock: the blockers, and that the customer signed
    exactly this text, model and evidence. Raises Blocked, NotAllowed, IllegalMove.
    """
    variant = release_actions.lock(track.variant)
    require(by, "release", variant.tenant)
    track = _lock(track)
    if track.stage != TrackStage.SIGNED_OFF:
        raise Blocked(
            [Blocker("stage", f"This track is “{track.get_stage_display()}”.", "Reload the page.")]
        )
    release_actions.refuse_blocked(track.revision, acknowledged=True)
    _refuse_unsigned(track)
    review = getattr(track.revision, "review", None)
    if review is not None and review.stage == ReviewStage.APPROVED:
        move(review, ReviewStage.PUBLISHED, by=by)
    release = release_actions.switch(
        variant, track.revision, kind=ReleaseKind.PROMOTED, by=by,
        reason=f"Cutover to {track.campaign.target}",
    )  # fmt: skip
    move(track, TrackStage.CUT_OVER, by=by, release=release, closed_at=timezone.now())
    _finish_if_through(track.campaign, by)
    return release


def _refuse_unsigned(track: Track) -> None:
    signed = track.sign_offs.filter(
        decision=SignOffDecision.APPROVED, revision=track.revision, sha256=track.revision.sha256,
        model_snapshot=track.revision.model_target.snapshot,
        eval_hash=combined_hash(suite_versions_for(track.variant)),
    )  # fmt: skip
    if not signed.exists():
        raise Blocked(
            [
                Blocker(
                    "sign_off", "The customer signed something else than this.",
                    "Ask for a new sign-off on the present evidence.",
                )
            ]
        )  # fmt: skip


def _finish_if_through(campaign: Campaign, by: User) -> None:
    still_open = campaign.tracks.filter(closed_at__isnull=True)
    if campaign.stage == CampaignStage.RUNNING and not still_open.exists():
        move(campaign, CampaignStage.DONE, by=by)


def note_refusal(track: Track, *, by: User, why: str) -> None:
    """Put on the timeline why a cutover that was asked for did not happen."""
    events.record("track.cut_over_refused", track, by, why)


def queue_cut_overs(tracks: Iterable[Track], *, by: User) -> int:
    """Hand many cutovers to the workers; each is checked and switched alone."""
    require(by, "release")
    rows = [
        (f"cutover:{track.pk}:{track.revision_id}:{track.changed_at.isoformat()}",
         {"track": str(track.pk), "by": by.pk})
        for track in tracks
    ]  # fmt: skip
    with transaction.atomic():
        work.enqueue_many(CUT_OVER_KIND, rows)
    return len(rows)


def roll_back_track(track: Track, *, by: User, reason: str) -> Release:
    """Serve this one variant's old Revision again; no other variant is touched."""
    return roll_back_variant(track.variant, by=by, reason=reason, to=track.baseline)


@transaction.atomic
def roll_back_variant(
    variant: Variant, *, by: User, reason: str, to: Revision | None = None
) -> Release:
    """Roll a variant back; where a cutover brought what was live, its track goes back too."""
    release = release_actions.roll_back(variant, by=by, reason=reason, to=to)
    cut_over = Track.objects.filter(stage=TrackStage.CUT_OVER, release=release.replaces)
    for track in cut_over.select_related("campaign"):
        _take_back(track, by=by, reason=reason)
    return release


def _take_back(track: Track, *, by: User, reason: str) -> None:
    """The track is open again, unless another migration owns its variant by now."""
    try:
        with transaction.atomic():
            move(track, TrackStage.ROLLED_BACK, by=by, why=reason, closed_at=None)
    except IntegrityError:
        move(track, TrackStage.ROLLED_BACK, by=by, why=reason)
    if track.campaign.stage == CampaignStage.DONE:
        move(track.campaign, CampaignStage.RUNNING, by=by, why=reason)


@transaction.atomic
def cancel_campaign(campaign: Campaign, *, by: User, reason: str) -> Campaign:
    """Stop a campaign: open tracks are cancelled, what was cut over stays."""
    require(by, "run_campaign")
    for track in campaign.tracks.filter(closed_at__isnull=True):
        move(track, TrackStage.CANCELLED, by=by, why=reason, closed_at=timezone.now())
    return move(campaign, CampaignStage.CANCELLED, by=by, why=reason)


def _lock(track: Track) -> Track:
    return (
        Track.objects.select_for_update(of=("self",))
        .select_related("campaign__target", "variant__tenant", "variant__prompt", "run")
        .select_related("revision__model_target", "revision__variant__tenant", "baseline")
        .get(pk=track.pk)
    )


__all__ = [
    "CannotOpen",
    "IllegalMove",
    "Outcome",
    "approve_batch",
    "cancel_campaign",
    "cut_over",
    "note_refusal",
    "open_campaign",
    "open_track",
    "queue_cut_overs",
    "re_evaluate",
    "record_sign_off",
    "roll_back_track",
    "roll_back_variant",
    "settle",
    "start_evaluation",
    "take_fix",
]
