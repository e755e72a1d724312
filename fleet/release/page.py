"""The release history of one variant, and its stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator

from fleet.release.goals import Goal, roll_back_goals
from fleet.release.models import Release, Stage
from fleet.release.stages import Stages, Typed, candidate_of
from registry.models import Revision, User, Variant

PAGE_ROWS = 50


@dataclass(frozen=True)
class Line:
    """One release; `goal` where its revision may be gone back to, once a revision."""

    release: Release
    goal: Goal | None


@dataclass(frozen=True)
class History:
    """A page of releases, newest first."""

    page: Page[Release]
    lines: list[Line]


def live_release(variant: Variant) -> Release | None:
    """What takes traffic now, with all that a page says about it."""
    live = Release.objects.filter(variant=variant, stage=Stage.LIVE)
    return live.select_related(
        "released_by", "replaces__revision", "revision__model_target", "revision__base_version",
        "revision__policy_version", "revision__overlay_version", "revision__adoption",
    ).first()  # fmt: skip


def history(variant: Variant, number: str | None) -> History:
    """Page `number` of the variant's releases."""
    releases = variant.releases.select_related(
        "revision__model_target", "released_by", "replaces__revision"
    ).defer("revision__text", "revision__segments")
    page = Paginator(releases, PAGE_ROWS).get_page(number)
    goals = {g.revision.pk: g for g in roll_back_goals(variant, live_release(variant))}
    return History(page, [Line(row, goals.pop(row.revision_id, None)) for row in page])


def stages_context(
    variant: Variant, revision: Revision | None, user: User, typed: Typed | None = None
) -> dict[str, Any]:
    """Context of `release/_stages.html`: what takes which share, and the acts of this person.

    `revision` is what the page is about; without one the newest that is under review. `typed`
    opens the dialog again that was refused.
    """
    back = "review" if revision is not None else ""
    candidate = revision if revision is not None else candidate_of(variant)
    return {"stages": Stages(variant, user, candidate, back, typed)}
