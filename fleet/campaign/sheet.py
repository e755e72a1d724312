"""Every track of a board as one flat record: one query and no model objects, however many."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import (
    BooleanField,
    Case,
    F,
    Field,
    Func,
    Q,
    QuerySet,
    When,
)
from django.urls import reverse

from fleet.campaign.models import SERVING, Cause, Track, TrackStage
from registry.models import Lane

AS_READ: Field[Any, Any] = Field()
"""A value as the driver gives it: for a number of its own Django would call a converter a row."""

STAGE_LABELS = dict(TrackStage.choices)


class Line(NamedTuple):
    """One track with what a board says of it; names as in the models.

    `broken`: how many cases broke, None without a verdict. `soak`: minutes that the present step
    of its canary soaks, None where its plan does not tell. A tuple: a frozen dataclass of so many
    fields takes ten times as long to make. For the same reason times are plain numbers, in
    seconds since 1970: most of them are compared and never shown.
    """

    pk: UUID
    stage: str
    changed_on: float
    is_closed: bool
    paused_at: dt.datetime | None
    paused_why: str
    held_why: str
    moment_on: float | None
    deferred_until: dt.date | None
    cut_over_on: float | None
    exempt_why: str
    is_prepared: bool
    does_not_fit: bool
    has_own_words: bool
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
    baseline_number: int
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
    soak: float | None
    by_time: bool

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
    def changed_at(self) -> dt.datetime:
        """When it last moved."""
        return moment_of(self.changed_on)

    @property
    def moment(self) -> dt.datetime | None:
        """The time that its stage has: of the cutover, of the watch's end, or when the step of
        its canary began."""
        return None if self.moment_on is None else moment_of(self.moment_on)

    @property
    def cut_over_at(self) -> dt.datetime | None:
        """When it was cut over, for the last time."""
        return None if self.cut_over_on is None else moment_of(self.cut_over_on)

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
    def change(self) -> float | None:
        """New minus old pass rate, in proportion; None while unknown."""
        if self.pass_rate is None or self.baseline_pass_rate is None:
            return None
        return self.pass_rate - self.baseline_pass_rate

    @property
    def regressed(self) -> bool:
        """Whether it got worse than it may; a no-go for an old weakness is none."""
        return self.verdict == "no_go" and (self.change or 0) < 0


def moment_of(seconds: float) -> dt.datetime:
    """A moment from seconds since 1970; exact to the microsecond that PostgreSQL keeps."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _seconds(time: Case | F) -> Func:
    """Seconds since 1970: a number is read ten times as fast as a moment with its zone."""
    return Func(
        time, template="(EXTRACT(EPOCH FROM %(expressions)s))::float8", output_field=AS_READ
    )


_BROKEN = Func(
    F("run__verdict__decision__broken"), function="jsonb_array_length", output_field=AS_READ
)

_MOMENT = Case(
    When(stage=TrackStage.SCHEDULED, then=F("scheduled_for")),
    When(stage=TrackStage.WATCHED, then=F("watch_until")),
    When(stage=TrackStage.CANARY, then=F("release__step_at")),
)

_STEP = Func(
    F("release__plan"), F("release__step"), template="(%(expressions)s)", arg_joiner=" -> "
)

_SOAK = Case(
    When(
        stage=TrackStage.CANARY,
        then=Func(
            _STEP,
            template="CASE WHEN %(expressions)s IS NOT NULL"
            " THEN COALESCE((%(expressions)s ->> 'soak_minutes')::float8, 0) END",
            output_field=AS_READ,
        ),
    )
)
"""None where the plan has no such step."""

_OWN_WORDS = Case(
    When(campaign__cause=Cause.MODEL, then=~Q(revision__sha256=F("baseline__sha256"))),
    default=Func(
        F("revision__overlay_version"), F("baseline__overlay_version"),
        arg_joiner=" IS DISTINCT FROM ", template="%(expressions)s", output_field=BooleanField(),
    ),
    output_field=BooleanField(),
)  # fmt: skip
"""As `Track.has_own_words`."""

_READ = {
    "is_closed": Q(closed_at__isnull=False),
    "is_prepared": Q(prepared_at__isnull=False),
    "misfit": Q(prepared_at__isnull=False, revision=F("baseline")),
    "own_words": _OWN_WORDS,
    "changed_on": _seconds(F("changed_at")),
    "moment_on": _seconds(_MOMENT),
    "cut_over_on": _seconds(F("cut_over_at")),
    "broken_cases": _BROKEN,
    "soak": _SOAK,
}
"""What PostgreSQL works out for a line."""

COLUMNS = (
    "pk", "stage", "changed_on", "is_closed", "paused_at", "paused_why", "held_why",
    "moment_on", "deferred_until", "cut_over_on",
    "sign_off_exempt_why", "is_prepared", "misfit", "own_words",
    "campaign__cause", "campaign__opened_by_id", "campaign__paused_at",
    "campaign__paused_why",
    "wave_id", "wave__number", "wave__name", "wave__starts_on", "wave__paused_at",
    "wave__paused_why", "owner_id",
    "variant_id", "variant__locale", "variant__lane", "variant__prompt_id",
    "variant__prompt__slug", "variant__tenant_id", "variant__tenant__name",
    "variant__tenant__locale", "variant__tenant__timezone",
    "revision_id", "revision__number", "baseline__number",
    "baseline__model_target__snapshot", "revision__model_target__snapshot",
    "run_id", "run__calls_planned", "run__verdict__kind", "run__verdict__headline",
    "run__verdict__pass_rate", "run__verdict__baseline_pass_rate", "broken_cases",
    "release__share", "soak", "campaign__by_time",
)  # fmt: skip
"""In the order of the fields of `Line`."""


def lines_of(tracks: QuerySet[Track]) -> list[Line]:
    """The tracks as flat records, in no particular order; one query."""
    found = tracks.order_by().annotate(**_READ)
    return [Line._make(row) for row in found.values_list(*COLUMNS)]
