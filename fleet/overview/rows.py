"""The rows of the fleet table: values that a template shows (`registry.fragments`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.safestring import SafeString

from fleet.overview.columns import STATES, columned
from fleet.overview.revenue import Revenue
from fleet.overview.targets import SOON_DAYS
from registry.among import among
from registry.fragments import fragment
from registry.models import Lane, User

LANES = {value: str(label).lower() for value, label in Lane.choices}


class Row(NamedTuple):
    """One variant of a customer.

    `suffix` tells variants of one customer apart; `revenue` in whole EUR a year, `share` of all
    revenue, 0 to 1; `days` until its model is retired; `state` as in `STATES`.
    """

    pk: int
    tenant: str
    suffix: str
    segment: str
    locale: str
    revenue: float
    share: float | None
    owners: tuple[str, ...]
    live_number: int | None
    live_revision: UUID | None
    is_adopted: bool
    model: str
    retires_on: dt.date | None
    days: int | None
    verdict: str | None
    run: UUID | None
    track: UUID | None
    state: str

    @property
    def is_urgent(self) -> bool:
        """Whether its model's end is near enough to act on now."""
        return self.days is not None and self.days < SOON_DAYS

    @property
    def state_label(self) -> str:
        """The state in words."""
        return STATES.get(self.state, "")

    @property
    def html(self) -> SafeString:
        """The row as a page shows it."""
        return _html(self)


_html = fragment("overview/_fleet_row.html")

_READ = (
    "pk", "tenant_id", "tenant__name", "tenant__locale", "tenant__segment",
    "tenant__annual_revenue", "locale", "lane", "live_number", "live_revision", "is_adopted",
    "model", "retires_on", "verdict", "run_id", "track_id", "state",
)  # fmt: skip


def rows_of(user: User, keys: Sequence[int], revenue: Revenue) -> list[Row]:
    """These variants of customers in this order, less those that the person may not see.

    Two queries, however many.
    """
    mine = {"tenant_id__in": user.own_tenant_ids} if user.sees_own_tenants_only else {}
    found = columned().filter(among("id", keys, "bigint"), tenant__isnull=False, **mine)
    read = {row[0]: row for row in found.order_by().values_list(*_READ)}
    owners = _owners({row[1] for row in read.values()})
    today = timezone.localdate()
    return [_row(read[key], owners, revenue, today) for key in keys if key in read]


def _row(
    read: tuple[Any, ...], owners: dict[int, tuple[str, ...]], revenue: Revenue, today: dt.date
) -> Row:
    (pk, tenant, name, home, segment, amount, locale, lane, number, revision, adopted, model, ends,
     verdict, run, track, state) = read  # fmt: skip
    unusual = [locale] if locale != home else []
    if lane != Lane.PRIMARY:
        unusual.append(LANES[lane])
    return Row(
        pk, name, f" ({', '.join(unusual)})" if unusual else "", segment, locale, float(amount),
        revenue.share(amount), owners.get(tenant, ()), number, revision, adopted, model or "", ends,
        (ends - today).days if ends else None, verdict, run, track, state,
    )  # fmt: skip


def _owners(tenants: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Tenant -> the names of its owners who still work here; one query."""
    through: Any = User.tenants.through
    named = through.objects.filter(among("tenant_id", tenants, "bigint"), user__is_active=True)
    found: dict[int, tuple[str, ...]] = {}
    people = ("user__first_name", "user__last_name", "user__username")
    for tenant, first, last, username in named.order_by("pk").values_list("tenant_id", *people):
        name = f"{first} {last}".strip() or username  # as `User.display_name`
        found[tenant] = (*found.get(tenant, ()), name)
    return found
