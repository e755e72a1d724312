"""A plan line by line: who goes along or could, how well tested, in which wave, opening when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from django.utils import timezone

from evals.models import EvalRun
from evals.verdicts import Thresholds
from fleet.campaign.estimate import Bytes, Estimate, Measured, estimate_all, size_for, suite_sizes
from fleet.campaign.models import Campaign, Cause, Track
from fleet.planning.goal import COLUMNS, Candidate, Goal, candidate_of, candidates
from fleet.window.calendar import Calendar, calendars
from registry.models import Contact


@dataclass(frozen=True)
class Tolerance:
    """Least share of cases that pass and largest drop against before, both 0 to 1, and whether
    each is the campaign's for all; `by_size`: the drop goes by the size of the suite."""

    rate: float
    drop: float
    rate_for_all: bool
    drop_for_all: bool
    by_size: bool

    @property
    def points(self) -> str:
        """The drop in points."""
        return f"{self.drop * 100:.3g}"


@dataclass(frozen=True)
class Line:
    """One variant. `track` is None while it is not in the plan; `verdict` its last, or empty."""

    candidate: Candidate
    track: Track | None
    cases: int
    verdict: str
    calendar: Calendar
    opens: dt.datetime | None
    contacts: int
    is_live: bool = True

    @property
    def is_taken(self) -> bool:
        """Whether another campaign owns it."""
        return self.track is None and self.candidate.campaign is not None

    def tolerance(self, campaign: Campaign) -> Tolerance:
        """What it must hold: the campaign's for all where there is one, else its own."""
        one = self.candidate
        own = Thresholds(one.min_pass_rate, one.margin)
        rate, drop = campaign.min_pass_rate, campaign.margin
        return Tolerance(
            own.min_pass_rate if rate is None else rate,
            own.margin_for(self.cases) if drop is None else drop,
            rate is not None, drop is not None, drop is None and own.margin is None,
        )  # fmt: skip

    @property
    def needs_contact(self) -> bool:
        """Whether nobody at the customer's could be asked to sign."""
        track = self.track
        asked = track is not None and track.needs_sign_off and self.candidate.tenant is not None
        return asked and not self.contacts


@dataclass(frozen=True)
class Sheet:
    """All lines of a plan, those in it first."""

    campaign: Campaign
    lines: list[Line]
    now: dt.datetime = field(default_factory=timezone.now)

    @cached_property
    def within(self) -> list[Line]:
        """The lines in the plan."""
        return [line for line in self.lines if line.track is not None]

    @cached_property
    def has_waves(self) -> bool:
        """Whether anybody is in a wave."""
        return any(line.track is not None and line.track.wave_id for line in self.within)

    @cached_property
    def estimate(self) -> Estimate:
        """What measuring those in the plan takes."""
        campaign = self.campaign
        new = campaign.target_id if campaign.cause == Cause.MODEL else None
        return estimate_all(
            [
                Measured(one.prompt, one.tenant, one.size, one.model, new or one.model)
                for one in (line.candidate for line in self.within)
            ]
        )


def sheet_of(campaign: Campaign) -> Sheet:
    """Read a plan; as many queries for 2,000 variants as for three."""
    tracks = {
        track.variant_id: track
        for track in campaign.tracks.select_related("wave", "owner").defer("held_why")
    }
    everybody = candidates(Goal.of(campaign))
    live = {one.variant for one in everybody}
    everybody += _gone(campaign, tracks.keys() - live)
    sizes = suite_sizes({one.prompt for one in everybody}, repeats=1)
    verdicts = _verdicts(one.variant for one in everybody)
    known = calendars((one.tenant, one.zone) for one in everybody)
    contacts = _contacts()
    now = timezone.now().replace(second=0, microsecond=0)
    lines = []
    for one in everybody:
        track = tracks.get(one.variant)
        calendar = known[one.tenant]
        starts = track.wave.starts_on if track is not None and track.wave else None
        lines.append(
            Line(
                one, track, size_for(sizes, one.prompt, one.tenant),
                verdicts.get(one.variant, ""), calendar, calendar.next_opening(now, starts),
                contacts.get(one.tenant, 0), one.variant in live,
            )
        )  # fmt: skip
    return Sheet(campaign, sorted(lines, key=lambda line: line.track is None))


def _gone(campaign: Campaign, variants: Iterable[int]) -> list[Candidate]:
    """Variants of the plan that moved since; one query where there are any."""
    missing = list(variants)
    if not missing:
        return []
    columns = [
        "baseline_id" if name == "revision_id" else name.replace("revision__", "baseline__")
        for name in COLUMNS
    ]
    rows = campaign.tracks.filter(variant__in=missing).annotate(size=Bytes("baseline__text"))
    return [candidate_of(row, {}) for row in rows.order_by().values_list(*columns)]


def _verdicts(variants: Iterable[int]) -> dict[int, str]:
    """Variant -> kind of its newest verdict; one query."""
    rows = (
        EvalRun.objects.filter(variant__in=list(variants), verdict__isnull=False)
        .order_by("variant_id", "-started_at")
        .distinct("variant_id")
        .values_list("variant_id", "verdict__kind")
    )
    return dict(rows)


def _contacts() -> dict[int | None, int]:
    """Tenant -> how many of its people are known; one query."""
    found: dict[int | None, int] = {}
    kept = Contact.objects.filter(removed_at=None).order_by()
    for tenant in kept.values_list("tenant_id", flat=True):
        found[tenant] = found.get(tenant, 0) + 1
    return found
