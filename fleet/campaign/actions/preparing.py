"""Make the Revision a track is about, when its turn comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from fleet.campaign.models import Campaign, Cause, Track
from fleet.release.models import Release, Stage
from registry import checks, events
from registry.actions import Pins, freeze_all, repin_all
from registry.compose import ComposeError
from registry.lines import MissingLayer
from registry.models import Revision
from registry.roles import NotAllowed

BREAKS = "track.overlay_breaks"
"""The event that tells what the new layers have against a track's overlay."""


UNPREPARED = "Its overlay breaks under the new layers."

PREPARED = ("prepared_at", "baseline", "revision")
"""The columns of a track that `prepare` fills in."""


def prepare(tracks: Sequence[Track]) -> dict[Any, str]:
    """Give tracks that are held under lock their Revisions: what is live now, moved to the goal.

    What went live since a track was opened is its baseline. Nothing is done twice. Gives, by
    primary key, why a track has nothing to measure yet: people have to act first. The caller
    saves the columns PREPARED of all of them.
    """
    fresh = [track for track in tracks if track.prepared_at is None]
    live = _live(fresh)
    for track in fresh:
        track.prepared_at = timezone.now()
        if track.variant_id in live:
            track.baseline = live[track.variant_id]
    problems: dict[Any, list[str]] = {}
    for campaign, its in _by_campaign(fresh):
        problems |= _move(campaign, its)
    for track in fresh:
        if problems[track.pk]:
            events.record(BREAKS, track, None, " ".join(problems[track.pk]))
    return {pk: UNPREPARED for pk, found in problems.items() if found}


def _live(tracks: Sequence[Track]) -> dict[Any, Revision]:
    """Variant -> what it serves now; one that serves nothing is left out."""
    variants = {track.variant_id: track.variant for track in tracks}
    found = Release.objects.filter(variant__in=variants, stage=Stage.LIVE).select_related(
        "revision__policy_version", "revision__base_version", "revision__overlay_version",
        "revision__model_target",
    )  # fmt: skip
    for release in found:
        release.revision.variant = variants[release.variant_id]
    return {release.variant_id: release.revision for release in found}


def _by_campaign(tracks: Sequence[Track]) -> list[tuple[Campaign, list[Track]]]:
    found: dict[Any, tuple[Campaign, list[Track]]] = {}
    for track in tracks:
        found.setdefault(track.campaign_id, (track.campaign, []))[1].append(track)
    return list(found.values())


def _move(campaign: Campaign, tracks: Sequence[Track]) -> dict[Any, list[str]]:
    """Put each track's new Revision on it; what stands against one, in words.

    Where one cannot be made, they are made one by one: the others can.
    """
    try:
        for track, revision in zip(tracks, _moved(campaign, tracks), strict=True):
            track.revision = revision
    except (ComposeError, MissingLayer) as why:
        if len(tracks) > 1:
            return {pk: why for one in tracks for pk, why in _move(campaign, [one]).items()}
        return _stays(tracks, str(why))
    except NotAllowed:
        return _stays(
            tracks, f"{campaign.opened_by.display_name} may not open migrations any more."
        )
    return {track.pk: _problems(track) for track in tracks}


def _stays(tracks: Sequence[Track], why: str) -> dict[Any, list[str]]:
    for track in tracks:
        track.revision = track.baseline
    return {track.pk: [why] for track in tracks}


def _moved(campaign: Campaign, tracks: Sequence[Track]) -> list[Revision]:
    """The live Revisions on the campaign's goal, everything else as it is.

    A base goes out with the current policy too: nothing under an older one may be released.
    """
    by, live = campaign.opened_by, [track.baseline for track in tracks]
    if campaign.cause == Cause.MODEL:
        assert campaign.target is not None, "held by campaign_names_what_its_cause_is"
        note = f"Repinned from {campaign.source} to {campaign.target}."
        return repin_all(live, campaign.target, by=by, note=note)
    wanted = [
        Pins(
            one.variant, one.model_target, one.overlay_version, campaign.policy_version,
            campaign.base_version or one.base_version, parent=one,
        )
        for one in live
    ]  # fmt: skip
    return freeze_all(wanted, by=by, note=f"Repinned to {campaign.goal}.")


def _problems(track: Track) -> list[str]:
    """What the new layers have against the text; a new model has nothing against any."""
    if track.campaign.cause == Cause.MODEL:
        return []
    found = (
        f"{finding.message} “{finding.quote}”" if finding.quote else finding.message
        for finding in checks.lint_revision(track.revision)
        if finding.severity == "block"
    )
    return list(dict.fromkeys(found))
