"""What every act on a canary is made of: in the caller's transaction, under the variant's lock."""

from __future__ import annotations

from django.utils import timezone

from fleet.experiment.models import Experiment
from fleet.release import telling
from fleet.release.actions.switching import (
    ask_again,
    end_beside,
    end_live,
    end_trials,
    serve_again,
)
from fleet.release.judgement import judge
from fleet.release.models import Release, ReleaseKind, Stage
from fleet.release.plan import Plan, as_json, read_plan
from fleet.review.actions.errors import AlreadyDecided, Blocked
from fleet.review.blockers import Blocker, blockers
from fleet.review.models import Review, ReviewStage
from registry import events
from registry.models import Revision, User, Variant, VariantStage
from registry.transitions import move

FIT = (ReviewStage.APPROVED, ReviewStage.SCHEDULED)
"""Stages of a review whose Revision may take traffic."""


def begin(
    variant: Variant,
    revision: Revision,
    *,
    by: User,
    plan: Plan,
    by_time: bool = False,
    acknowledged: bool = False,
    reason: str = "",
    experiment: Experiment | None = None,
    from_track: bool = False,
) -> Release:
    """Give the Revision the first step's share. `from_track`: its track asks for it.

    Raises Blocked, AlreadyDecided.
    """
    refuse_beside(variant, revision)
    if not from_track:
        refuse_on_track(revision)
    known = warnings_after(revision, [], acknowledged=acknowledged)
    refuse_undecided(revision)
    end_trials(revision, Stage.SHADOW, by=by, why="Its canary started.")
    release = Release.objects.create(
        variant=variant, revision=revision, stage=Stage.CANARY, kind=ReleaseKind.PROMOTED,
        share=plan[0].share, plan=as_json(plan), step=0, step_at=timezone.now(), by_time=by_time,
        known=known, reason=reason.strip(), released_by=by, experiment=experiment,
    )  # fmt: skip
    serve_again(variant)
    events.record(
        "release.canary_started", release, by, reason, revision=revision.number,
        sha256=revision.sha256, percent=percent(release.share), by_time=by_time,
    )  # fmt: skip
    telling.canary_started(release, by)
    return release


def widen(release: Release, *, by: User | None) -> Release:
    """Give the canary the share of its next step."""
    plan, before = read_plan(release.plan), release.share
    release.step += 1
    release.share, release.step_at = plan[release.step].share, timezone.now()
    release.held_why = ""
    release.save(update_fields=["step", "share", "step_at", "held_why", "known"])
    serve_again(release.variant)
    events.record(
        "release.widened", release, by, revision=release.revision.number, step=release.step,
        percent=percent(release.share), from_percent=percent(before),
        judgement=judge(release).words,
    )  # fmt: skip
    return release


def go_live(release: Release, *, by: User | None, reason: str) -> Release:
    """The canary is what everybody gets: the same release goes on as the live one."""
    variant, revision, said = release.variant, release.revision, judge(release).words
    for review in Review.objects.filter(revision=revision, stage__in=FIT):
        move(review, ReviewStage.PUBLISHED, by=by, why=reason)
    end_beside(variant, by=by, why=reason, keep=release)
    end_trials(revision, Stage.STAGING, by=by, why=reason)
    old = end_live(variant, by=by, why=reason, to=Stage.SUPERSEDED)
    release = move(
        release, Stage.LIVE, by=by, why=reason, share=1.0, replaces=old, held_why="",
        step_at=timezone.now(), known=release.known, reason=reason.strip() or release.reason,
    )  # fmt: skip
    serve_again(variant)
    events.record(
        "release.promoted", release, by, reason, revision=revision.number, sha256=revision.sha256,
        from_revision=old.revision.number if old else None, judgement=said,
    )  # fmt: skip
    telling.promoted(release, by, said)
    return release


def call_off(release: Release, *, by: User | None, reason: str) -> Release:
    """Give the canary's sessions back to what is live; its review has to be decided anew."""
    share = release.share
    release = move(release, Stage.ROLLED_BACK, by=by, why=reason, ended_at=timezone.now())
    ask_again(release.revision, by=by, why=reason)
    serve_again(release.variant)
    events.record(
        "release.canary_stopped", release, by, reason, revision=release.revision.number,
        percent=percent(share),
    )  # fmt: skip
    telling.stopped(release, by, reason)
    return release


def recheck(release: Release, *, acknowledged: bool, from_track: bool = False) -> None:
    """Refuse a step while anything stands in its way; what is ticked now is remembered.

    `from_track`: the track that the canary belongs to asks. Raises Blocked.
    """
    found = judge(release)
    if found.kind == "bad":
        raise Blocked([Blocker("judgement", found.words, "Stop the canary.")])
    if not from_track:
        refuse_on_track(release.revision)
    release.known = warnings_after(release.revision, release.known, acknowledged=acknowledged)
    refuse_undecided(release.revision)


def warnings_after(revision: Revision, known: list[str], *, acknowledged: bool) -> list[str]:
    """The warnings that were ticked by now. Blocked by all else that stands in the way."""
    found = [one for one in blockers(revision) if one.text not in known]
    if hard := [one for one in found if one.weight != "acknowledge" or not acknowledged]:
        raise Blocked(hard)
    return [*known, *(one.text for one in found)]


def refuse_undecided(revision: Revision) -> None:
    """Blocked while its review, where it has one, is not at a yes."""
    review = Review.objects.filter(revision=revision).first()
    if review is not None and review.stage not in (*FIT, ReviewStage.PUBLISHED):
        raise Blocked(
            [
                Blocker(
                    "review", f"Its review is “{review.get_stage_display()}”.",
                    "It goes on once the review is approved.",
                )
            ]
        )  # fmt: skip


def is_taken_on_by_track(revision: Revision) -> bool:
    """Whether its canary is a migration's or roll-out's: that track's clock takes it on."""
    return revision.tracks.filter(stage=Stage.CANARY.value).exists()


def refuse_on_track(revision: Revision) -> None:
    """What a migration is to bring goes live from its track, once the customer signed."""
    if revision.tracks.filter(closed_at__isnull=True).exists():
        raise Blocked(
            [
                Blocker(
                    "track",
                    "This revision is part of a migration or roll-out.",
                    "Cut it over from its track, once the customer has signed off.",
                )
            ]
        )


def refuse_beside(variant: Variant, revision: Revision) -> None:
    """A canary needs something live as its control, and no other canary."""
    if variant.stage != VariantStage.ACTIVE:
        raise Blocked(
            [
                Blocker(
                    "stage",
                    f"This variant is “{variant.get_stage_display()}”.",
                    "Make a revision live for all first.",
                )
            ]
        )
    running = {
        release.stage: release
        for release in Release.objects.filter(variant=variant, stage__in=[Stage.LIVE, Stage.CANARY])
        .select_related("revision").defer("revision__text", "revision__segments")
    }  # fmt: skip
    if Stage.LIVE not in running:
        raise Blocked(
            [
                Blocker(
                    "control", "Nothing is live here, so there is nothing to compare with.",
                    "Publish it to all, or put it on staging.",
                )
            ]
        )  # fmt: skip
    if running[Stage.LIVE].revision_id == revision.pk:
        raise AlreadyDecided(f"Revision {revision.number} is live for all already.")
    if Stage.CANARY in running:
        number = running[Stage.CANARY].revision.number
        raise AlreadyDecided(
            f"Revision {number} runs as a canary here. Make it live for all or stop it first."
        )


def percent(share: float) -> str:
    """A share as people read it: “5 %”, “2.5 %”."""
    return f"{share * 100:.4g} %"
