"""Windows and blackouts of many tenants, read at once; each next opening reckoned once."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.utils import timezone

from fleet.window.models import Blackout, ChangeWindow
from fleet.window.of import hours_of
from fleet.window.opening import Days, Hours, UnknownZone, next_opening, zone_named
from fleet.window.words import in_words

_A_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """When one tenant may be cut over: its hours, in its zone, and the days on which nothing is."""

    hours: Hours
    zone: str
    blackouts: tuple[Days, ...]
    own_hours: bool

    @property
    def words(self) -> str:
        """The hours as people say them."""
        return in_words(self.hours)

    @property
    def zone_exists(self) -> bool:
        """Whether there is a time zone of the name that the tenant has."""
        try:
            return zone_named(self.zone) is not None
        except UnknownZone:
            return False

    def next_opening(
        self, after: dt.datetime, not_before: dt.date | None = None
    ) -> dt.datetime | None:
        """The first moment from `after` on, in UTC; None also where the zone does not exist."""
        try:
            return _opening(self.hours, self.zone, after, self.blackouts, not_before)
        except UnknownZone:
            return None


@lru_cache(maxsize=4096)
def _opening(
    hours: Hours, zone: str, after: dt.datetime, blackouts: tuple[Days, ...],
    not_before: dt.date | None,
) -> dt.datetime | None:  # fmt: skip
    return next_opening(hours, zone=zone, after=after, blackouts=blackouts, not_before=not_before)


def calendars(zones: Iterable[tuple[int | None, str]]) -> dict[int | None, Calendar]:
    """Tenant -> its calendar, for pairs of tenant and zone; None is the platform default.

    Two queries. Blackouts that are over are left out.
    """
    wanted = dict(zones)
    ids = [pk for pk in wanted if pk is not None]
    windows = ChangeWindow.objects.filter(tenant__in=ids).in_bulk(field_name="tenant_id")
    over = timezone.now().date() - _A_DAY
    shut: dict[int | None, list[Days]] = defaultdict(list)
    coming = Blackout.objects.filter(last__gte=over).order_by("first")
    for tenant, first, last in coming.values_list("tenant_id", "first", "last"):
        shut[tenant].append((first, last))
    everybody = shut.get(None, [])
    return {
        pk: Calendar(
            hours_of(windows.get(pk)), zone,
            tuple(everybody + (shut.get(pk, []) if pk is not None else [])), pk in windows,
        )
        for pk, zone in wanted.items()
    }  # fmt: skip
