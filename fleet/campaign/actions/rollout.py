"""Roll a published base or policy version out: chosen variants, each on a track of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from fleet.campaign.actions.evaluation import EVALUATE_KIND, evaluation_of, give_up_evaluation
from fleet.campaign.actions.opening import CannotOpen
from fleet.campaign.models import Campaign, Cause, Track
from fleet.campaign.reach import is_current, releases_behind
from fleet.release.models import Release
from registry import checks, events, work
from registry.actions import freeze
from registry.compose import ComposeError
from registry.models import BaseVersion, PolicyVersion, Revision, User
from registry.roles import require

BREAKS = "track.overlay_breaks"
"""The event that tells what the new layers have against a track's overlay."""

MOST = 500
"""Tracks opened in one request, about 10 s; a larger fleet is rolled out in waves."""


@transaction.atomic
def open_rollout(
    version: BaseVersion | PolicyVersion, variants: Collection[int], *, name: str, by: User
) -> Campaign:
    """Make one Track for each chosen variant that is behind `version`.

    Each holds a Revision with the new layer, the variant's own overlay and its own model; its
    evaluation starts by itself. Where the overlay breaks under the new layer the track waits
    as “needs work” with the findings, and the others go on. CannotOpen when the version is
    not the current one, or nothing that was chosen can move.
    """
    require(by, "run_campaign")
    if not is_current(version):
        raise CannotOpen(f"{version} is not the current version any more. Roll out the newest.")
    live = list(releases_behind(version).filter(variant__in=list(variants))[: MOST + 1])
    _refuse_number(version, live)
    campaign = _campaign(version, name, by)
    try:
        with transaction.atomic():
            opened = [_open_track(campaign, release, by) for release in live]
    except IntegrityError:
        raise CannotOpen(
            "Another migration or roll-out took one of these variants meanwhile. Choose again."
        ) from None
    events.record("campaign.opened", campaign, by, tracks=len(opened), source=str(version))
    good = [track for track, problems in opened if not problems]
    work.enqueue_many(EVALUATE_KIND, (evaluation_of(track) for track in good))
    for track, problems in opened:
        if problems:
            events.record(BREAKS, track, None, " ".join(problems))
            give_up_evaluation(track, why="Its overlay breaks under the new layers.")
    return campaign


def _refuse_number(version: BaseVersion | PolicyVersion, live: Sequence[Release]) -> None:
    if not live:
        raise CannotOpen(f"None of these variants is behind {version}. Choose others.")
    if len(live) > MOST:
        raise CannotOpen(f"At most {MOST} variants move at once. Roll it out in waves.")


def _campaign(version: BaseVersion | PolicyVersion, name: str, by: User) -> Campaign:
    campaign = Campaign(opened_by=by, started_at=timezone.now())
    if isinstance(version, BaseVersion):
        campaign.cause, campaign.base_version = Cause.BASE, version
    else:
        campaign.cause, campaign.policy_version = Cause.POLICY, version
    longest = Campaign._meta.get_field("name").max_length
    campaign.name = (name.strip() or campaign.usual_name)[:longest]
    campaign.save()
    return campaign


def _open_track(campaign: Campaign, release: Release, by: User) -> tuple[Track, list[str]]:
    """The track, and what the new layers have against its overlay."""
    note = f"Repinned to {campaign.goal}."
    live = release.revision
    try:
        with transaction.atomic():
            revision = _repinned(campaign, live, by, note)
        problems = _problems(revision)
    except ComposeError as why:
        revision, problems = live, [str(why)]
    track = Track.objects.create(
        campaign=campaign,
        variant=release.variant,
        baseline=live,
        revision=revision,
        prepared_at=timezone.now(),
    )
    events.record("track.opened", track, by, note)
    return track, problems


def _repinned(campaign: Campaign, live: Revision, by: User, note: str) -> Revision:
    """The new layer, everything else as it is live.

    A base goes out with the current policy too: nothing under an older one may be released.
    """
    base = campaign.base_version or live.base_version
    return freeze(
        live.variant, by=by, note=note, target=live.model_target, overlay=live.overlay_version,
        policy=campaign.policy_version, base=base, parent=live,
    )  # fmt: skip


def _problems(revision: Revision) -> list[str]:
    found = (
        f"{finding.message} “{finding.quote}”" if finding.quote else finding.message
        for finding in checks.lint_revision(revision)
        if finding.severity == "block"
    )
    return list(dict.fromkeys(found))
