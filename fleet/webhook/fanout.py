"""From an event to a delivery for each endpoint that listens, in the event's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from fleet.webhook.models import WebhookDelivery, WebhookEndpoint
from fleet.webhook.payload import payload_of
from fleet.webhook.verbs import PUBLIC
from registry import work
from registry.events import Told
from registry.models import Event

WEBHOOK_KIND = "webhook"


def hear(told: Told) -> None:
    """Owe the events to every endpoint that listens. One query where nobody does.

    An endpoint of a tenant hears the events of that tenant's variants only.
    """
    verb = told[0][0].verb
    if verb not in PUBLIC:
        return
    tenants = {_tenant_of(event) for event, _ in told}
    listening = WebhookEndpoint.objects.filter(
        Q(tenant__isnull=True) | Q(tenant__in=tenants), active=True, verbs__contains=[verb]
    )
    endpoints = list(listening.order_by("pk"))
    deliveries = [
        delivery_of(one, f"{event.pk}:{one.pk}", verb, payload_of(event, subject))
        for event, subject in told
        for one in endpoints
        if one.tenant_id in (None, _tenant_of(event))
    ]
    if deliveries:
        owe(deliveries)


def _tenant_of(event: Event) -> int | None:
    return event.variant.tenant_id if event.variant is not None else None


def delivery_of(
    endpoint: WebhookEndpoint,
    key: str,
    verb: str,
    payload: Any,
    resends: WebhookDelivery | None = None,
) -> WebhookDelivery:
    """A delivery, not yet written."""
    return WebhookDelivery(endpoint=endpoint, key=key, verb=verb, payload=payload, resends=resends)


def owe(deliveries: Sequence[WebhookDelivery]) -> None:
    """Write deliveries and what makes a worker send them; a key that is there stays as it is."""
    WebhookDelivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    keys = [one.key for one in deliveries]
    written = WebhookDelivery.objects.filter(key__in=keys).values_list("pk", flat=True)
    rows = [(f"webhook:{pk}", {"delivery": str(pk)}) for pk in written]
    work.enqueue_many(WEBHOOK_KIND, rows)
