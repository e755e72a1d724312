"""Make the Revision a track is about, when its turn comes."""

from __future__ import annotations

from django.utils import timezone

from fleet.campaign.models import Campaign, Cause, Track
from fleet.release.models import Release, Stage
from registry import checks, events
from registry.actions import freeze, repin
from registry.compose import ComposeError
from registry.lines import MissingLayer
from registry.models import Revision
from registry.roles import NotAllowed

BREAKS = "track.overlay_breaks"
"""The event that tells what the new layers have against a track's overlay."""


class Unprepared(Exception):
    """There is nothing to measure yet; the message says what stands against it."""


PREPARED = ("prepared_at", "baseline", "revision")
"""The columns of a track that `prepare` fills in."""


def prepare(track: Track) -> Track:
    """Give a track that is held under lock its Revision: what is live now, moved to the goal.

    What went live since the track was opened is its baseline. Nothing is done twice. The caller
    saves the columns PREPARED, also where this raises Unprepared: people have to act first, and
    the track keeps its baseline until they did.
    """
    if track.prepared_at is not None:
        return track
    live = _live(track)
    track.prepared_at, track.baseline = timezone.now(), live
    problems: list[str] = []
    try:
        track.revision = _moved(track.campaign, live)
        problems = _problems(track)
    except (ComposeError, MissingLayer) as why:
        track.revision, problems = live, [str(why)]
    except NotAllowed:
        track.revision = live
        problems = [f"{track.campaign.opened_by.display_name} may not open migrations any more."]
    if problems:
        events.record(BREAKS, track, None, " ".join(problems))
        raise Unprepared("Its overlay breaks under the new layers.")
    return track


def _live(track: Track) -> Revision:
    """What serves now, or what did when the track was opened, where nothing does."""
    found = Release.objects.filter(variant=track.variant_id, stage=Stage.LIVE).select_related(
        "revision__policy_version", "revision__base_version", "revision__overlay_version",
        "revision__model_target",
    )  # fmt: skip
    live = found.first()
    if live is None:
        return track.baseline
    live.revision.variant = track.variant
    return live.revision


def _moved(campaign: Campaign, live: Revision) -> Revision:
    """The live Revision on the campaign's goal, everything else as it is.

    A base goes out with the current policy too: nothing under an older one may be released.
    """
    by = campaign.opened_by
    if campaign.cause == Cause.MODEL:
        assert campaign.target is not None, "held by campaign_names_what_its_cause_is"
        note = f"Repinned from {campaign.source} to {campaign.target}."
        return repin(live, campaign.target, by=by, note=note)
    base = campaign.base_version or live.base_version
    return freeze(
        live.variant, by=by, note=f"Repinned to {campaign.goal}.", target=live.model_target,
        overlay=live.overlay_version, policy=campaign.policy_version, base=base, parent=live,
    )  # fmt: skip


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
