"""Every track of a board as one flat record: one query and no model objects, however many."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Case, F, Func, IntegerField, Q, QuerySet, When
from django.urls import reverse

from fleet.campaign.models import SERVING, Cause, Track, TrackStage
from registry.models import Lane

STAGE_LABELS = dict(TrackStage.choices)


class Line(NamedTuple):
    """One track with what a board says of it; names as in the models.

    `moment`: the time that its stage has: of the cutover, of the watch's end, or when the step
    of its canary began. `broken`: how many cases broke, None without a verdict. A tuple: a
    frozen dataclass of so many fields takes ten times as long to make.
    """

    pk: UUID
    stage: str
    changed_at: dt.datetime
    is_closed: bool
    paused_at: dt.datetime | None
    paused_why: str
    held_why: str
    moment: dt.datetime | None
    deferred_until: dt.date | None
    cut_over_at: dt.datetime | None
    exempt_why: str
    is_prepared: bool
    campaign_id: UUID
    cause: str
    opened_by: int
    campaign_paused_at: dt.datetime | None
    campaign_paused_why: str
    wave_id: int | None
    wave_number: int | None
    wave_name: str | None
    wave_starts_on: dt.date | None
    wave_paused_at: dt.datetime | None
    wave_paused_why: str | None
    owner_id: int | None
    variant_id: int
    locale: str
    lane: str
    prompt_id: int
    prompt: str
    tenant_id: int | None
    tenant: str | None
    tenant_locale: str | None
    zone: str | None
    revision_id: UUID
    revision_number: int
    revision_sha256: str
    revision_overlay: int | None
    baseline_id: UUID
    baseline_number: int
    baseline_sha256: str
    baseline_overlay: int | None
    old_model: str
    new_model: str
    run_id: UUID | None
    calls_planned: int | None
    verdict: str | None
    headline: str | None
    pass_rate: float | None
    baseline_pass_rate: float | None
    broken: int | None
    share: float | None
    plan: list[dict[str, Any]] | None
    step: int | None
    by_time: bool | None

    @property
    def name(self) -> str:
        """What the row is called, as the variant is."""
        return f"{self.customer} / {self.prompt}{self.suffix}"

    @property
    def customer(self) -> str:
        """The tenant's name; the platform default has none."""
        return self.tenant or "Platform default"

    @property
    def suffix(self) -> str:
        """Locale and lane where they are not the usual ones."""
        unusual = []
        if self.locale != (self.tenant_locale or "en"):
            unusual.append(self.locale)
        if self.lane != Lane.PRIMARY:
            unusual.append(str(Lane(self.lane).label).lower())
        return f" ({', '.join(unusual)})" if unusual else ""

    @property
    def url(self) -> str:
        """The track's page."""
        return reverse("track-detail", args=[self.pk])

    @property
    def stage_label(self) -> str:
        """The stage in words."""
        return str(STAGE_LABELS[self.stage])

    @property
    def wave(self) -> str:
        """The wave's name; empty without one."""
        return self.wave_name or (f"Wave {self.wave_number}" if self.wave_number else "")

    @property
    def is_serving(self) -> bool:
        """Whether what the campaign brings is live for all."""
        return self.stage in SERVING

    @property
    def has_own_words(self) -> bool:
        """As `Track.has_own_words`."""
        if self.cause == Cause.MODEL:
            return self.revision_sha256 != self.baseline_sha256
        return self.revision_overlay != self.baseline_overlay

    @property
    def does_not_fit(self) -> bool:
        """As `Track.does_not_fit`."""
        return self.is_prepared and self.revision_id == self.baseline_id

    @property
    def change(self) -> float | None:
        """New minus old pass rate, in proportion; None while unknown."""
        if self.pass_rate is None or self.baseline_pass_rate is None:
            return None
        return self.pass_rate - self.baseline_pass_rate

    @property
    def regressed(self) -> bool:
        """Whether it got worse than it may; a no-go for an old weakness is none."""
        return self.verdict == "no_go" and (self.change or 0) < 0


_BROKEN = Func(
    F("run__verdict__decision__broken"), function="jsonb_array_length", output_field=IntegerField()
)

_MOMENT = Case(
    When(stage=TrackStage.SCHEDULED, then=F("scheduled_for")),
    When(stage=TrackStage.WATCHED, then=F("watch_until")),
    When(stage=TrackStage.CANARY, then=F("release__step_at")),
)

_PLAN = Case(When(stage=TrackStage.CANARY, then=F("release__plan")))

COLUMNS = (
    "pk", "stage", "changed_at", "is_closed", "paused_at", "paused_why", "held_why",
    "moment", "deferred_until", "cut_over_at",
    "sign_off_exempt_why", "is_prepared",
    "campaign_id", "campaign__cause", "campaign__opened_by_id", "campaign__paused_at",
    "campaign__paused_why",
    "wave_id", "wave__number", "wave__name", "wave__starts_on", "wave__paused_at",
    "wave__paused_why", "owner_id",
    "variant_id", "variant__locale", "variant__lane", "variant__prompt_id",
    "variant__prompt__slug", "variant__tenant_id", "variant__tenant__name",
    "variant__tenant__locale", "variant__tenant__timezone",
    "revision_id", "revision__number", "revision__sha256", "revision__overlay_version_id",
    "baseline_id", "baseline__number", "baseline__sha256", "baseline__overlay_version_id",
    "baseline__model_target__snapshot", "revision__model_target__snapshot",
    "run_id", "run__calls_planned", "run__verdict__kind", "run__verdict__headline",
    "run__verdict__pass_rate", "run__verdict__baseline_pass_rate", "broken_cases",
    "release__share", "canary_plan", "release__step", "release__by_time",
)  # fmt: skip
"""In the order of the fields of `Line`."""


def lines_of(tracks: QuerySet[Track]) -> list[Line]:
    """The tracks as flat records, in no particular order; one query."""
    found = tracks.order_by().annotate(
        broken_cases=_BROKEN, moment=_MOMENT, canary_plan=_PLAN,
        is_closed=Q(closed_at__isnull=False), is_prepared=Q(prepared_at__isnull=False),
    )  # fmt: skip
    return [Line._make(row) for row in found.values_list(*COLUMNS)]
