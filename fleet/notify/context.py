"""What the bell in the top bar shows on every page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from fleet.notify.models import Notification

MOST = 99
"""The bell counts no further: counting on would cost every page, and nobody reads on."""


def bell(request: HttpRequest) -> dict[str, Any]:
    """`unread`: as many unread notifications as the bell shows; asked at most once a page."""
    return {"unread": SimpleLazyObject(lambda: _count(request))}


def _count(request: HttpRequest) -> str:
    if not request.user.is_authenticated:
        return ""
    unread = Notification.objects.filter(user=request.user, read_at__isnull=True)
    count = unread.order_by()[: MOST + 1].count()
    return f"{MOST}+" if count > MOST else str(count or "")
