"""Set up endpoints, renew their secrets, pause them, send again."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from fleet.posting import UnusableAddress
from fleet.webhook.addresses import destination
from fleet.webhook.fanout import delivery_of, owe
from fleet.webhook.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from fleet.webhook.verbs import PUBLIC, TEST_VERB
from registry import events
from registry.models import Tenant, User
from registry.roles import require

MANAGE = "manage_webhooks"


class UnusableEndpoint(Exception):
    """`field` cannot be so; the message says why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class CannotSend(Exception):
    """The endpoint is paused; the message says what to do."""


@dataclass(frozen=True)
class Wanted:
    """What an endpoint is to be; `tenant` None: events of every tenant."""

    name: str
    url: str
    verbs: Sequence[str]
    tenant: Tenant | None = None


def endpoints_of(user: User) -> QuerySet[WebhookEndpoint]:
    """The endpoints this person may know of."""
    found = WebhookEndpoint.objects.select_related("tenant", "created_by")
    return found.filter(tenant__in=user.own_tenant_ids) if user.sees_own_tenants_only else found


@transaction.atomic
def create_endpoint(wanted: Wanted, *, by: User) -> WebhookEndpoint:
    """A new endpoint, told from now on. Raises UnusableEndpoint, NotAllowed."""
    require(by, MANAGE, wanted.tenant)
    _check(wanted)
    endpoint = WebhookEndpoint.objects.create(
        name=wanted.name.strip(), url=wanted.url, verbs=sorted(set(wanted.verbs)),
        tenant=wanted.tenant, created_by=by,
    )  # fmt: skip
    events.record("webhook.created", endpoint, by, verbs=endpoint.verbs)
    return endpoint


@transaction.atomic
def change_endpoint(endpoint: WebhookEndpoint, wanted: Wanted, *, by: User) -> WebhookEndpoint:
    """Another name, address, tenant or choice of events. Raises UnusableEndpoint, NotAllowed."""
    endpoint = _lock(endpoint, by)
    require(by, MANAGE, wanted.tenant)
    _check(wanted)
    endpoint.name, endpoint.url = wanted.name.strip(), wanted.url
    endpoint.verbs, endpoint.tenant = sorted(set(wanted.verbs)), wanted.tenant
    endpoint.save()
    events.record("webhook.changed", endpoint, by, verbs=endpoint.verbs)
    return endpoint


@transaction.atomic
def renew_secret(endpoint: WebhookEndpoint, *, by: User) -> WebhookEndpoint:
    """Another secret; the old one signs nothing from now on."""
    endpoint = _lock(endpoint, by)
    endpoint.generation += 1
    endpoint.save(update_fields=["generation"])
    events.record("webhook.renewed", endpoint, by)
    return endpoint


@transaction.atomic
def set_active(endpoint: WebhookEndpoint, active: bool, *, by: User) -> WebhookEndpoint:
    """Pause an endpoint, or tell it again. What waits for a paused one ends as failed."""
    endpoint = _lock(endpoint, by)
    if endpoint.active != active:
        endpoint.active = active
        endpoint.save(update_fields=["active"])
        events.record("webhook.resumed" if active else "webhook.paused", endpoint, by)
    return endpoint


@transaction.atomic
def resend(delivery: WebhookDelivery, *, by: User) -> WebhookDelivery:
    """Send the same again, as a delivery of its own that names the first.

    One that is on its way already is returned as it is. Raises CannotSend.
    """
    endpoint = _awake(delivery.endpoint, by)
    first = delivery.resends or delivery
    again = WebhookDelivery.objects.filter(resends=first)
    waiting = again.filter(state=DeliveryState.WAITING).first()
    if waiting is not None:
        return waiting
    key = f"again:{first.pk}:{again.count() + 1}"
    owe([delivery_of(endpoint, key, first.verb, first.payload, first)])
    events.record("webhook.resent", endpoint, by, delivery=str(first.pk), of=first.verb)
    return WebhookDelivery.objects.get(key=key)


@transaction.atomic
def send_test(endpoint: WebhookEndpoint, *, by: User) -> WebhookDelivery:
    """Send an event that says nothing happened. Raises CannotSend."""
    endpoint = _awake(endpoint, by)
    number = uuid.uuid4()
    payload = {
        "id": f"test-{number}", "verb": TEST_VERB, "variant": None, "data": {},
        "at": timezone.now().isoformat(timespec="seconds"),
        "subject": {"type": "webhookendpoint", "id": str(endpoint.pk)},
        "link": f"{settings.SITE_URL}{endpoint.get_absolute_url()}",
    }  # fmt: skip
    owe([delivery_of(endpoint, f"test:{number}", TEST_VERB, payload)])
    events.record("webhook.tested", endpoint, by)
    return WebhookDelivery.objects.get(key=f"test:{number}")


def _lock(endpoint: WebhookEndpoint, by: User) -> WebhookEndpoint:
    """The endpoint under row lock, once the person may touch it."""
    rows = WebhookEndpoint.objects.select_for_update(of=("self",), no_key=True)
    endpoint = rows.select_related("tenant").get(pk=endpoint.pk)
    require(by, MANAGE, endpoint.tenant)
    return endpoint


def _awake(endpoint: WebhookEndpoint, by: User) -> WebhookEndpoint:
    endpoint = _lock(endpoint, by)
    if not endpoint.active:
        raise CannotSend("This endpoint is paused. Resume it first, then send.")
    return endpoint


def _check(wanted: Wanted) -> None:
    if not wanted.name.strip():
        raise UnusableEndpoint("name", "Give it a name that says who listens there.")
    try:
        destination(wanted.url, settings.WEBHOOK_ALLOWED_HOSTS, local=settings.LOCAL)
    except UnusableAddress as why:
        raise UnusableEndpoint("url", str(why)) from None
    unknown = [verb for verb in wanted.verbs if verb not in PUBLIC]
    if unknown or not wanted.verbs:
        raise UnusableEndpoint("verbs", "Choose at least one of the events listed.")
