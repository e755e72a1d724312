"""From an event to a delivery for each endpoint that listens, in the event's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Model, Q

from fleet.webhook.models import WebhookDelivery, WebhookEndpoint
from fleet.webhook.payload import payload_of
from fleet.webhook.verbs import PUBLIC
from registry import work
from registry.models import Event

WEBHOOK_KIND = "webhook"


def hear(event: Event, subject: Model) -> None:
    """Owe the event to every endpoint that listens. One query where nobody does.

    An endpoint of a tenant hears the events of that tenant's variants only.
    """
    if event.verb not in PUBLIC:
        return
    tenant = event.variant.tenant_id if event.variant is not None else None
    mine = Q(tenant__isnull=True) if tenant is None else Q(tenant__isnull=True) | Q(tenant=tenant)
    listening = WebhookEndpoint.objects.filter(mine, active=True, verbs__contains=[event.verb])
    endpoints = list(listening.order_by("pk"))
    if endpoints:
        document = payload_of(event, subject)
        owe([delivery_of(one, f"{event.pk}:{one.pk}", event.verb, document) for one in endpoints])


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
