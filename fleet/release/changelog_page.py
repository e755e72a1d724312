"""The changelog of one variant, read with a constant number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from evals.models import EvalRun, RunStage
from evals.views.sentence import sentence_of
from fleet.release.changelog import Entry, Made, changed, lines_changed
from fleet.release.models import Release, ReleaseKind, Stage
from fleet.review.evidence import latest_runs
from fleet.review.models import Approval, Decision
from registry.models import Event, Revision, Variant

PAGE_ROWS = 20

MOST = 200
"""Entries of the download, the newest; each compares two texts."""

PINS = ("policy_version", "base_version", "overlay_version", "model_target")

WHAT = {
    ReleaseKind.ADOPTED: "taken over as it served",
    ReleaseKind.PROMOTED: "live",
    ReleaseKind.ROLLBACK: "rolled back to",
    ReleaseKind.BREAK_GLASS: "live by break-glass",
}


@dataclass(frozen=True)
class Line:
    """An entry and where it leads."""

    entry: Entry
    release: Release
    before: Revision | None


@dataclass(frozen=True)
class Changelog:
    """A page of entries, newest first."""

    page: Page[Release]
    lines: list[Line]


def changelog(variant: Variant, number: str | None) -> Changelog:
    """Page `number` of the variant's changelog."""
    page = Paginator(_releases(variant), PAGE_ROWS).get_page(number)
    return Changelog(page, _lines(list(page)))


def newest_entries(variant: Variant) -> list[Entry]:
    """The entries of the download."""
    return [line.entry for line in _lines(list(_releases(variant)[:MOST]))]


def _releases(variant: Variant) -> QuerySet[Release]:
    """What was live for all at any time, and canaries that were stopped."""
    was_live = Release.history.filter(id=OuterRef("pk"), stage=Stage.LIVE)
    stopped = Q(stage=Stage.ROLLED_BACK)
    yes = Approval.objects.filter(decision=Decision.APPROVE).select_related("by").order_by("at")
    pins = [
        f"{path}__{pin}" for path in ("revision", "replaces__revision", "revision__parent")
        for pin in PINS
    ]  # fmt: skip
    return (
        variant.releases.filter(Q(Exists(was_live)) | stopped)
        .select_related(*pins, "released_by", "revision__author", "revision__review")
        .prefetch_related(Prefetch("revision__approvals", yes, to_attr="yes"))
        .order_by("-released_at", "pk")
    )


def _lines(releases: Sequence[Release]) -> list[Line]:
    runs = latest_runs(release.revision_id for release in releases)
    measured = _measured(releases)
    return [
        _line(release, runs.get(release.revision_id), measured.get(str(release.pk), ""))
        for release in releases
    ]


def _measured(releases: Sequence[Release]) -> dict[str, str]:
    """Release -> what its own calls said when it went live after a canary."""
    promoted = Event.objects.filter(
        verb="release.promoted", subject_type="release",
        subject_id__in=[str(release.pk) for release in releases], data__has_key="judgement",
    )  # fmt: skip
    return {event.subject_id: event.data["judgement"] for event in promoted}


def _line(release: Release, run: EvalRun | None, measured: str) -> Line:
    revision = release.revision
    stopped = release.stage == Stage.ROLLED_BACK and release.share < 1
    before = revision.parent if stopped else release.replaces.revision if release.replaces else None
    new, old = made(revision), made(before) if before else None
    added, removed = lines_changed(old, new)
    entry = Entry(
        number=revision.number,
        what="stopped as a canary" if stopped else WHAT[ReleaseKind(release.kind)],
        at=release.live_since if not stopped else release.ended_at or release.released_at,
        by=release.released_by.display_name,
        why=_why(release),
        changes=changed(old, new),
        added=added,
        removed=removed,
        verdict=_verdict(run),
        approvers=[one.by.display_name for one in revision.yes],  # type: ignore[attr-defined]
        note=f"After a canary. {measured}" if measured else "",
        before=before.number if before else None,
    )
    return Line(entry, release, before)


def _why(release: Release) -> str:
    review = getattr(release.revision, "review", None)
    return release.reason or (review.rationale if review else release.revision.note)


def _verdict(run: EvalRun | None) -> str:
    if run is None or run.stage != RunStage.DONE:
        return "not evaluated"
    return sentence_of(run.verdict)


def made(revision: Revision) -> Made:
    """A Revision as the changelog compares it."""
    overlay, base = revision.overlay_version, revision.base_version
    return Made(
        revision.number, revision.policy_version.number, base.semver,
        overlay.number if overlay else None, str(revision.model_target), revision.text,
        overlay.values if overlay else {}, {slot.name: slot.label for slot in base.slot_list},
    )  # fmt: skip
