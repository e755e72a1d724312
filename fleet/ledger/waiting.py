"""What it costs to wait with a migration. Pure: measured figures in, what follows from them out.

**Revenue at risk.** A customer whose variant still stands on a model when its provider ends it
gets no answers from then on. So each day after the end puts `revenue / 365` of the customers
that are left at risk: at today's state, and for the pace measured so far at the forecast one.

    left on the day  = max(0, left - pace * weeks to the day)
    risk per day     = revenue of what is left on the day / 365, at the mean of what is left now

**One week more of waiting.** At a measured pace a week later is `pace` variants more that are
left on the day, as far as the time is short already:

    more left        = left on the day, begun a week later - left on the day
    more per day     = more left * mean revenue / 365

**Work that comes up again.** While a track is open its text, its suites and the versions it
stands on go on changing, and so it is measured again, and customers are asked again. Both are
measured per open track and week of the campaigns so far:

    evals again      = cost of the runs beyond a track's first / track weeks * tracks open
    sign-off days    = days customers took / track weeks * tracks open

**What cannot be known is None:** without a date there is no deadline, with too few
tracks cut over no pace, without a track week no rate. Nothing is guessed in their place.
"""

from __future__ import annotations

from dataclasses import dataclass

from fleet.campaign.forecast import LEAST_DAYS, LEAST_TRACKS

DAYS_A_WEEK = 7
DAYS_A_YEAR = 365

FEWEST_WEEKS = 1 / DAYS_A_WEEK
"""Weeks that a track has to be open on the mean: of an hour or two no rate is made, however many
tracks had them at once."""


@dataclass(frozen=True)
class Measured:
    """What the campaigns of a model show so far.

    `cut_over` variants went over in the last `days` of running, at most WINDOW (the board's
    pace, `fleet.campaign.forecast`, counts the same days); `track_weeks` sums the weeks each track
    was open; `again_usd` is what the runs beyond each track's first cost; `sign_off_days` is
    how long customers took.
    """

    days: int = 0
    cut_over: int = 0
    track_weeks: float = 0.0
    again_usd: float = 0.0
    sign_off_days: float = 0.0


@dataclass(frozen=True)
class Facts:
    """How a model stands: days to its end (None: unknown), variants and revenue still on it.

    `revenue` in EUR a year, each customer once; `open_tracks`: of `left`, those in a campaign.
    """

    days: int | None
    left: int
    revenue: float
    open_tracks: int
    measured: Measured = Measured()


@dataclass(frozen=True)
class Waiting:
    """What follows. Money in EUR, except `again_usd_a_week`; None where it cannot be known.

    `weeks_needed` at the pace; `late`: variants left on the day; `risk_a_day` after the day as
    things stand now, `risk_a_day_then` at the pace; `more_left`, `more_a_day`: through one week
    more of waiting.
    """

    pace: float | None
    weeks_needed: float | None
    late: float | None
    risk_a_day: float
    risk_a_day_then: float | None
    more_left: float | None
    more_a_day: float | None
    again_usd_a_week: float | None
    sign_off_days_a_week: float | None


def waiting(facts: Facts) -> Waiting:
    """What waiting costs, by the formulas above."""
    pace = pace_of(facts.measured)
    mean = facts.revenue / facts.left if facts.left else 0.0
    late = _late(facts, pace, 0)
    later = _late(facts, pace, DAYS_A_WEEK)
    more = None if late is None or later is None else later - late
    return Waiting(
        pace=pace,
        weeks_needed=facts.left / pace if pace else None,
        late=late,
        risk_a_day=facts.revenue / DAYS_A_YEAR,
        risk_a_day_then=None if late is None else late * mean / DAYS_A_YEAR,
        more_left=more,
        more_a_day=None if more is None else more * mean / DAYS_A_YEAR,
        again_usd_a_week=_rate(facts, facts.measured.again_usd),
        sign_off_days_a_week=_rate(facts, facts.measured.sign_off_days),
    )


def pace_of(measured: Measured) -> float | None:
    """Variants cut over a week; None while too few were, or too little time went by.

    The least that must have been seen is the board's, for its reasons.
    """
    if measured.cut_over < LEAST_TRACKS or measured.days < LEAST_DAYS:
        return None
    return measured.cut_over / measured.days * DAYS_A_WEEK


def _late(facts: Facts, pace: float | None, wait: int) -> float | None:
    """Variants left on the day, if nothing moves for `wait` days from now on."""
    if facts.days is None or pace is None:
        return None
    weeks = max(0, facts.days - wait) / DAYS_A_WEEK
    return max(0.0, facts.left - pace * weeks)


def _rate(facts: Facts, whole: float) -> float | None:
    """`whole` per track and week, for the tracks that are open now, over one week."""
    if not facts.open_tracks or facts.measured.track_weeks < FEWEST_WEEKS * facts.open_tracks:
        return None
    return whole / facts.measured.track_weeks * facts.open_tracks
