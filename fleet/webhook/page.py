"""What the pages of the webhooks show."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Count, Max, Q
from django.utils import timezone

from fleet.webhook.actions import endpoints_of
from fleet.webhook.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from fleet.webhook.verbs import PUBLIC
from registry.models import User, WorkItem
from registry.request import Request

PAGE_ROWS = 25

LATELY = dt.timedelta(days=7)
"""How far back the list counts failures: a week shows what a weekly job breaks."""

PILLS = {
    DeliveryState.WAITING: "waiting", DeliveryState.DELIVERED: "done", DeliveryState.FAILED: "dead",
}  # fmt: skip
"""Delivery state -> the pill whose colour and sign it takes."""


@dataclass(frozen=True)
class Row:
    """One delivery of the log. `due`: when it is tried next, where it waits."""

    delivery: WebhookDelivery
    due: dt.datetime | None

    @property
    def pill(self) -> str:
        """The pill of its state."""
        return PILLS[DeliveryState(self.delivery.state)]

    @property
    def soon(self) -> bool:
        """Whether it is tried again within a minute or so: beat looks four times a minute."""
        return self.due is not None and self.due < timezone.now() + dt.timedelta(minutes=1)

    @property
    def label(self) -> str:
        """The event in words."""
        known = PUBLIC.get(self.delivery.verb)
        return known.label if known else "Test event"

    @property
    def request(self) -> str:
        """What is sent, to be read by people."""
        return json.dumps(self.delivery.payload, indent=2, ensure_ascii=False)


def list_context(user: User) -> dict[str, Any]:
    """Every endpoint this person may know of, with how it fares; one query."""
    failed = Q(
        deliveries__state=DeliveryState.FAILED, deliveries__created_at__gt=timezone.now() - LATELY
    )
    counted = endpoints_of(user).annotate(
        delivered_at=Max(
            "deliveries__finished_at", filter=Q(deliveries__state=DeliveryState.DELIVERED)
        ),
        waiting=Count("deliveries", filter=Q(deliveries__state=DeliveryState.WAITING)),
        failed=Count("deliveries", filter=failed),
    )
    endpoints = list(counted.order_by("-active", "name"))
    return {"endpoints": endpoints, "no_host": not settings.WEBHOOK_ALLOWED_HOSTS}


def detail_context(request: Request, endpoint: WebhookEndpoint) -> dict[str, Any]:
    """One endpoint and the log of what it was told."""
    state = request.GET.get("state", "")
    log = endpoint.deliveries.select_related("resends")
    shown = log.filter(state=state) if state in DeliveryState.values else log
    page = Paginator(shown, PAGE_ROWS).get_page(request.GET.get("page"))
    rows = rows_of(page)
    return {
        "endpoint": endpoint,
        "verbs": [PUBLIC[verb].label if verb in PUBLIC else verb for verb in endpoint.verbs],
        "page": page,
        "rows": rows,
        "state": state,
        "states": [("", "All"), *DeliveryState.choices],
        "any": bool(rows) or log.exists(),
        "fresh": any(row.due is None and row.pill == "waiting" for row in rows),
    }


def rows_of(deliveries: Iterable[WebhookDelivery]) -> list[Row]:
    """Rows of the log, with the next attempt of those that wait; one query beside them."""
    found = list(deliveries)
    waiting = [f"webhook:{one.pk}" for one in found if one.state == DeliveryState.WAITING]
    due = dict(WorkItem.objects.filter(key__in=waiting).values_list("key", "not_before"))
    return [Row(one, due.get(f"webhook:{one.pk}")) for one in found]
