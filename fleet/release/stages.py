"""What takes which share of a variant, and what this person may do about it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.utils import timezone

from fleet.release.actions.canary import percent
from fleet.release.acts import TRIABLE, Act, Acts, Typed
from fleet.release.forms import Row, default_rows
from fleet.release.judgement import judge
from fleet.release.models import Release, Stage
from fleet.release.plan import Plan, due_at, in_words, read_plan
from fleet.review.models import Review
from registry.models import Revision, User, Variant

BESIDE = (Stage.STAGING, Stage.SHADOW, Stage.CANARY, Stage.LIVE)


@dataclass(frozen=True)
class StepLine:
    """One step of a canary's plan; `state` is past, here or next."""

    share: str
    soak: str
    state: str


@dataclass
class Stages:
    """The stages of one variant, for one person. Reads what a template asks for, once."""

    variant: Variant
    user: User
    candidate: Revision | None = None
    back: str = ""
    typed: Typed | None = None
    _now: dt.datetime = field(default_factory=timezone.now)

    @cached_property
    def running(self) -> dict[str, Release]:
        """Stage -> what runs there."""
        found = Release.objects.filter(variant=self.variant, stage__in=BESIDE)
        rows = found.select_related("revision", "released_by", "experiment")
        return {row.stage: row for row in rows.defer("revision__text", "revision__segments")}

    @property
    def live(self) -> Release | None:
        """What everybody else gets."""
        return self.running.get(Stage.LIVE)

    @property
    def canary(self) -> Release | None:
        """What its share of sessions gets."""
        return self.running.get(Stage.CANARY)

    @property
    def shadow(self) -> Release | None:
        """What is named beside the live answer."""
        return self.running.get(Stage.SHADOW)

    @property
    def staging(self) -> Release | None:
        """What keys for staging get."""
        return self.running.get(Stage.STAGING)

    @property
    def anything(self) -> bool:
        """Whether there is more to show than that nothing happens here."""
        return bool(self.running) or bool(self.acts)

    @property
    def live_share(self) -> str:
        """The share of sessions that what is live gets."""
        return percent(1.0 - (self.canary.share if self.canary else 0.0))

    @property
    def canary_share(self) -> str:
        """The share of sessions that the canary gets."""
        return percent(self.canary.share) if self.canary else ""

    @cached_property
    def plan(self) -> Plan:
        """The running canary's plan."""
        return read_plan(self.canary.plan) if self.canary and self.canary.plan else ()

    @property
    def steps(self) -> list[StepLine]:
        """The plan with where it stands."""
        at = self.canary.step if self.canary else 0
        return [
            StepLine(
                percent(step.share), in_words(step.soak_minutes),
                "past" if number < at else "here" if number == at else "next",
            )
            for number, step in enumerate(self.plan)
        ]  # fmt: skip

    @property
    def next_words(self) -> str:
        """What becomes of the canary next, and when."""
        canary = self.canary
        if canary is None or not self.plan or canary.step_at is None:
            return ""
        goal = (
            f"next step ({percent(self.plan[canary.step + 1].share)})"
            if canary.step + 1 < len(self.plan) else "live for all"
        )  # fmt: skip
        if canary.held_why:
            return f"{goal} is held"
        left = due_at(self.plan, canary.step, canary.step_at) - self._now
        minutes = max(0, math.ceil(left.total_seconds() / 60))
        if not canary.by_time:
            soaked = f"soak time over in {in_words(minutes)}" if minutes else "soak time over"
            return f"{goal} by hand, {soaked}"
        return f"{goal} in {in_words(minutes)}" if minutes else f"{goal} any moment"

    @property
    def judgement(self) -> str:
        """What its own calls say about the canary."""
        return judge(self.canary).words if self.canary else ""

    @cached_property
    def review(self) -> Review | None:
        """The review of the candidate."""
        return getattr(self.candidate, "review", None) if self.candidate else None

    @cached_property
    def acts(self) -> list[Act]:
        """What this person may do now, in the order of the stages."""
        return Acts(self).all()

    @property
    def rows(self) -> Sequence[Row]:
        """The plan of the canary's dialog: as typed, else the default."""
        return self.typed.rows if self.typed and self.typed.rows else default_rows()


def candidate_of(variant: Variant) -> Revision | None:
    """The newest Revision whose review is under way, an approved one before others."""
    reviews = Review.objects.filter(variant=variant, stage__in=TRIABLE)
    rows = reviews.select_related("revision__review").defer(
        "revision__text", "revision__segments"
    ).order_by("-opened_at")[:20]  # fmt: skip
    found = sorted(rows, key=lambda review: review.stage not in ("approved", "scheduled"))
    return found[0].revision if found else None
