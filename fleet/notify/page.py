"""What the pages of the notifications show."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.utils import timezone

from fleet.notify.kinds import kind_of
from fleet.notify.models import MailPace, Notification, NotificationSettings
from fleet.notify.pace import next_digest, zone
from registry.days import short_day
from registry.models import User
from registry.request import Request

PAGE_ROWS = 50


@dataclass(frozen=True)
class Row:
    """One notification and the word for its kind."""

    notification: Notification
    label: str


def list_context(request: Request) -> dict[str, Any]:
    """The person's own notifications, unread first by default, newest on top."""
    everything = request.GET.get("show") == "all"
    mine = Notification.objects.filter(user=request.user)
    unread = mine.filter(read_at__isnull=True)
    page = Paginator(mine if everything else unread, PAGE_ROWS).get_page(request.GET.get("page"))
    newest = unread.order_by("-pk").values_list("pk", flat=True).first()
    return {
        "page": page,
        "rows": [Row(one, kind_of(one.kind).label) for one in page],
        "everything": everything,
        "newest": newest,
        "any": bool(page.paginator.count) or mine.exists(),
    }


def when_next(user: User, pace: str, timezone_name: str) -> str:
    """In a sentence, when mail comes with this pace in this time zone."""
    if pace == MailPace.INSTANT:
        return "A mail comes with each notification."
    if pace == MailPace.OFF:
        return "No mail comes. The bell at the top of every page still counts."
    oldest = Notification.objects.filter(user=user, mailed_at__isnull=True).order_by("at").first()
    now, place = timezone.now(), zone(timezone_name)
    due = next_digest(pace, now, place, oldest.at if oldest and _kept(user) else None)
    if due is None:
        return "The next digest comes an hour after the next thing happens."
    return f"Next digest: {_day(due, now, place)} {due.astimezone(place):%H:%M} {place.key}."


def _kept(user: User) -> bool:
    """Whether what is unmailed is still owed: with mail switched off it is not."""
    chosen = NotificationSettings.objects.filter(user=user).first()
    return chosen is not None and chosen.pace != MailPace.OFF


def _day(due: dt.datetime, now: dt.datetime, place: dt.tzinfo) -> str:
    days = (due.astimezone(place).date() - now.astimezone(place).date()).days
    return {0: "today", 1: "tomorrow"}.get(days, short_day(due.astimezone(place)))
