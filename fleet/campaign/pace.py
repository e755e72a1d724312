"""How fast a campaign comes through: the days, the forecast and the drawing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from fleet.campaign.burndown import Burndown, burndown
from fleet.campaign.figures import Figures
from fleet.campaign.forecast import Forecast, forecast
from fleet.campaign.models import Campaign
from fleet.campaign.rows import Row


@dataclass(frozen=True)
class Pace:
    """`days_left` until the deadline, negative once past; None without one."""

    deadline: dt.date | None
    is_own: bool
    days_left: int | None
    forecast: Forecast
    chart: Burndown

    @property
    def days_late(self) -> int:
        """Days since the deadline; 0 before it."""
        return max(0, -(self.days_left or 0))


def deadline_of(campaign: Campaign) -> dt.date | None:
    """The campaign's own date, else the day the old model retires."""
    if campaign.deadline is not None:
        return campaign.deadline
    return campaign.source.retires_on if campaign.source is not None else None


def pace_of(campaign: Campaign, rows: Sequence[Row], figures: Figures) -> Pace:
    """From the days on which those tracks were cut over that are through now."""
    today = timezone.localdate()
    through = _days([row for row in rows if row.line.is_serving])
    started = timezone.localtime(campaign.started_at or campaign.opened_at).date()
    deadline = deadline_of(campaign)
    open_share = None if figures.share_through is None else 1 - figures.share_through
    ahead = forecast(
        through, started=started, total=figures.total, revenue_open=open_share,
        deadline=deadline, today=today,
    )  # fmt: skip
    chart = burndown(
        through, started=started, total=figures.total, today=today, deadline=deadline,
        expected=ahead.expected,
    )  # fmt: skip
    left = (deadline - today).days if deadline is not None else None
    return Pace(deadline, campaign.deadline is not None, left, ahead, chart)


def _days(through: Sequence[Row]) -> list[dt.date]:
    """The day on which each of these was cut over, for the last time."""
    zone = timezone.get_current_timezone()
    moments = [row.line.cut_over_on or row.line.changed_on for row in through]
    return [dt.datetime.fromtimestamp(one, zone).date() for one in moments]
