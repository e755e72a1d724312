"""What the pages of windows and blackouts show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.utils import timezone

from fleet.campaign.models import Track, TrackStage
from fleet.notify.models import NotificationSettings
from fleet.notify.pace import zone
from fleet.window.actions import capability_for
from fleet.window.calendar import Calendar, calendars
from fleet.window.forms import BlackoutForm, WindowForm
from fleet.window.models import Blackout, ChangeWindow
from fleet.window.of import usual
from fleet.window.opening import Days, Hours, Stretch, UnknownZone, is_open, stretches, zone_named
from fleet.window.words import in_words
from registry.days import stretch
from registry.models import Tenant, User

PAGE_SIZE = 100
OPENINGS = 5
"""Openings of the preview: a working week."""

CHANGES = 20
"""Rows of the history that a page lists."""


@dataclass(frozen=True)
class TenantLine:
    """One customer's hours; `opens` in the customer's own time."""

    tenant: Tenant
    calendar: Calendar
    opens: dt.datetime | None


@dataclass(frozen=True)
class Opening:
    """One opening in the customer's time and in the reader's."""

    opens: dt.datetime
    closes: dt.datetime
    reader_opens: dt.datetime
    reader_closes: dt.datetime


def tenants_of(user: User) -> QuerySet[Tenant]:
    """The customers whose hours this person may see."""
    everybody = Tenant.objects.order_by("name")
    return everybody.filter(pk__in=user.own_tenant_ids) if user.sees_own_tenants_only else everybody


def list_context(user: User, asked: Mapping[str, str]) -> dict[str, Any]:
    """Every customer with its next opening, and everybody's blackouts."""
    q, own = asked.get("q", "")[:200].replace("\0", ""), asked.get("own", "")
    found = tenants_of(user)
    if q:
        found = found.filter(Q(name__icontains=q) | Q(timezone__icontains=q))
    if own:
        found = found.filter(change_window__isnull=own != "yes")
    page = Paginator(found, PAGE_SIZE).get_page(asked.get("page"))
    known = calendars((tenant.pk, tenant.timezone) for tenant in page)
    now = _now()
    return {
        "page": page,
        "lines": [_line(tenant, known[tenant.pk], now) for tenant in page],
        "q": q,
        "filters": [
            {
                "name": "own", "label": "Hours", "value": own,
                "options": [("yes", "Own hours"), ("no", "The usual hours")],
            }
        ],
        "count": f"{page.paginator.count} customers",
        "usual": in_words(usual()),
        "blackouts": Blackout.objects.filter(tenant=None).select_related("by"),
        "may_change": _may(user, None),
        "today": timezone.localdate(),
    }  # fmt: skip


def _line(tenant: Tenant, calendar: Calendar, now: dt.datetime) -> TenantLine:
    opens = calendar.next_opening(now)
    local = opens.astimezone(zone_named(calendar.zone)) if opens is not None else None
    return TenantLine(tenant, calendar, local)


def _may(user: User, tenant: Tenant | None) -> bool:
    """Whether the page offers to change these hours; the action asks again."""
    return user.has_perm(f"registry.{capability_for(user, tenant)}")


def context(
    tenant: Tenant, user: User, *, form: WindowForm | None = None,
    blackout: BlackoutForm | None = None,
) -> dict[str, Any]:  # fmt: skip
    """One customer's hours, its blackouts, what comes of them and who changed them."""
    window = ChangeWindow.objects.filter(tenant=tenant).first()
    calendar = calendars([(tenant.pk, tenant.timezone)])[tenant.pk]
    return {
        "tenant": tenant,
        "own_hours": window is not None,
        "usual": in_words(usual()),
        "form": form or window_form(tenant, calendar.hours),
        "blackout_form": blackout or BlackoutForm(),
        "blackouts": list(Blackout.objects.filter(tenant=tenant).select_related("by")),
        "common": list(Blackout.objects.filter(tenant=None, last__gte=timezone.localdate())),
        "may_change": _may(user, tenant),
        "scheduled": scheduled(tenant, calendar),
        "changes": changes(tenant),
        "today": timezone.localdate(),
        **preview(calendar.hours, calendar.zone, calendar.blackouts, user),
    }


def window_form(tenant: Tenant, hours: Hours) -> WindowForm:
    """The form filled in with what holds now."""
    return WindowForm(
        initial={
            "weekdays": sorted(hours.weekdays), "opens": hours.opens, "closes": hours.closes,
            "zone": tenant.timezone,
        }
    )  # fmt: skip


def preview(hours: Hours, zone_name: str, blackouts: Sequence[Days], user: User) -> dict[str, Any]:
    """The next openings in the customer's time and in the reader's."""
    reader = reader_zone(user)
    try:
        place = zone_named(zone_name)
        coming = stretches(hours, zone=zone_name, after=_now(), blackouts=blackouts)
        found = [_both(one, place, reader) for one in islice(coming, OPENINGS)]
        problem = "" if found else "It does not open within the next 400 days."
    except UnknownZone as why:
        found, problem = [], str(why)
    return {
        "openings": found, "zone": zone_name, "reader_zone": str(reader), "zone_problem": problem,
        "same_zone": str(reader) == zone_name,
    }  # fmt: skip


def _both(one: Stretch, place: dt.tzinfo, reader: dt.tzinfo) -> Opening:
    return Opening(
        one.opens.astimezone(place), one.closes.astimezone(place),
        one.opens.astimezone(reader), one.closes.astimezone(reader),
    )  # fmt: skip


def reader_zone(user: User) -> dt.tzinfo:
    """The zone this person chose for notifications; UTC without a choice."""
    chosen = NotificationSettings.objects.filter(user=user).values_list("timezone", flat=True)
    return zone(chosen.first() or "UTC")


def scheduled(tenant: Tenant, calendar: Calendar) -> list[tuple[Track, bool]]:
    """Cutovers that have their time, each with whether it lies outside of these hours."""
    tracks = Track.objects.filter(
        variant__tenant=tenant, stage=TrackStage.SCHEDULED, closed_at__isnull=True
    ).select_related("variant__tenant", "variant__prompt")  # fmt: skip
    return [(track, not _fits(calendar, track.scheduled_for)) for track in tracks]


def _fits(calendar: Calendar, at: dt.datetime | None) -> bool:
    try:
        return at is not None and is_open(
            calendar.hours, zone=calendar.zone, at=at, blackouts=calendar.blackouts
        )
    except UnknownZone:
        return False


def changes(tenant: Tenant) -> list[dict[str, Any]]:
    """Who changed this customer's hours and blackouts, the newest first."""
    words = {"+": "set", "~": "changed", "-": "removed"}
    found = [
        {
            "at": row.history_date, "by": row.history_user,
            "what": f"Hours {words[row.history_type]}: "
            + in_words(Hours(frozenset(row.weekdays), row.opens, row.closes)),
        }
        for row in ChangeWindow.history.filter(tenant_id=tenant.pk)
        .select_related("history_user")[:CHANGES]
    ] + [
        {
            "at": row.history_date, "by": row.history_user,
            "what": f"Blackout {words[row.history_type]}: "
            f"{stretch(row.first, row.last)}, {row.reason}",
        }
        for row in Blackout.history.filter(tenant_id=tenant.pk)
        .select_related("history_user")[:CHANGES]
    ]  # fmt: skip
    return sorted(found, key=lambda one: one["at"], reverse=True)[:CHANGES]


def _now() -> dt.datetime:
    """This minute, so that what is reckoned once is found again."""
    return timezone.now().replace(second=0, microsecond=0)
