"""What the variant page shows: what is live, what is open, and how it came to be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.core.paginator import Page

from evals.models import EvalRun, RunKind
from evals.views.sentence import sentence_of
from fleet.authoring.timeline import Entry, timeline
from fleet.campaign.actions import open_track
from fleet.campaign.models import Track
from fleet.campaign.reach import Newer, newer_layers
from fleet.overview.targets import SOON_DAYS
from fleet.release.goals import Goal, roll_back_goals
from fleet.release.models import Release
from fleet.release.page import live_release
from fleet.review.models import UNDER_WAY, Review
from fleet.rollback.revoking import Standing, standing_of
from registry import checks, lines
from registry.guardrails import Finding
from registry.models import Event, OverlayDraft, Revision, Variant

REVISIONS_SHOWN = 20
"""Newest revisions listed on the page; older ones are reached through the releases."""


@dataclass(frozen=True)
class RevisionLine:
    """One revision of the list; `goal` where it may be rolled back to."""

    revision: Revision
    goal: Goal | None


@dataclass
class VariantPage:
    """One variant. Reads what a template asks for, once."""

    variant: Variant
    events_page: str | None = None

    @cached_property
    def live(self) -> Release | None:
        """What takes traffic now."""
        return live_release(self.variant)

    @cached_property
    def is_adopted(self) -> bool:
        """Whether it serves without evidence, as it was found."""
        return self.live is not None and hasattr(self.live.revision, "adoption")

    @cached_property
    def days(self) -> int | None:
        """Days until the live model is retired; None when unknown."""
        return self.live.revision.model_target.days_left() if self.live else None

    @property
    def is_urgent(self) -> bool:
        """Whether the live model's end is near enough to act on now."""
        return self.days is not None and self.days < SOON_DAYS

    @cached_property
    def findings(self) -> list[Finding]:
        """What today's policy says about the text that is live."""
        try:
            return checks.lint_revision(self.live.revision) if self.live else []
        except lines.MissingLayer:
            return []

    @cached_property
    def run(self) -> EvalRun | None:
        """The newest eval run with a verdict, of any revision of this variant."""
        runs = self.variant.eval_runs.filter(kind=RunKind.GATE, verdict__isnull=False)
        return runs.select_related("verdict", "revision").order_by("-started_at").first()

    @property
    def verdict(self) -> str:
        """What that run amounts to, in a sentence."""
        return sentence_of(self.run.verdict) if self.run else ""

    @cached_property
    def draft(self) -> OverlayDraft | None:
        """The overlay's open draft."""
        overlay = lines.overlay_line(self.variant)
        drafts = OverlayDraft.objects.filter(overlay=overlay) if overlay else None
        return drafts.select_related("saved_by").first() if drafts is not None else None

    @cached_property
    def review(self) -> Review | None:
        """The newest review that is under way and not out yet."""
        waiting = self.variant.reviews.filter(stage__in=UNDER_WAY)
        return waiting.select_related("revision", "opened_by").order_by("-opened_at").first()

    @cached_property
    def track(self) -> Track | None:
        """The migration or roll-out it is in."""
        return open_track(self.variant)

    @cached_property
    def behind(self) -> list[Newer]:
        """Layers that were published since and not rolled out to this variant."""
        return newer_layers(self.live.revision) if self.live else []

    @cached_property
    def standing(self) -> Standing:
        """What has to be said in red: what is live was revoked, or nobody gets an answer."""
        return standing_of(self.variant, self.live)

    @cached_property
    def goals(self) -> list[Goal]:
        """What it may be rolled back to; what was live before stands first."""
        return roll_back_goals(self.variant, self.live)

    @cached_property
    def revisions(self) -> list[RevisionLine]:
        """The newest revisions, each with its way back."""
        rows = self.variant.revisions.select_related("model_target", "author").order_by("-number")
        goals = {goal.revision.pk: goal for goal in self.goals}
        shown = rows.defer("text", "segments")[:REVISIONS_SHOWN]
        return [RevisionLine(row, goals.get(row.pk)) for row in shown]

    @cached_property
    def _timeline(self) -> tuple[Page[Event], list[Entry]]:
        return timeline(self.variant, self.events_page)

    @property
    def events(self) -> list[Entry]:
        """A page of what happened, newest first."""
        return self._timeline[1]

    @property
    def older(self) -> int | None:
        """The number of the next page of events."""
        page = self._timeline[0]
        return page.next_page_number() if page.has_next() else None

    @property
    def newer(self) -> int | None:
        """The number of the previous page of events."""
        page = self._timeline[0]
        return page.previous_page_number() if page.has_previous() else None
