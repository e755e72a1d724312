"""Send one delivery, note what became of it, and see to what follows."""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import dataclass
from http import HTTPStatus

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from fleet import mail, posting
from fleet.notify.actions import tell
from fleet.webhook.addresses import destination, may_connect
from fleet.webhook.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from fleet.webhook.schedule import delay_after
from fleet.webhook.signing import secret_of, signature
from registry import events, work
from registry.models import WorkItem

SILENCE = dt.timedelta(minutes=1)
"""So long after an attempt that brought no answer no other is made to that endpoint: a dead
receiver with a hundred deliveries must not hold every worker for ten seconds each."""


@dataclass(frozen=True)
class Outcome:
    """Of one attempt: HTTP status where there was an answer, and its beginning or the reason."""

    status: int | None
    text: str

    @property
    def delivered(self) -> bool:
        """Whether the receiver says it has it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Whether the receiver asks never to be told again."""
        return self.status == HTTPStatus.GONE


def deliver(item: WorkItem) -> None:
    """One attempt; what failed is put off by the schedule or given up."""
    delivery = WebhookDelivery.objects.select_related("endpoint").get(pk=item.payload["delivery"])
    if delivery.state != DeliveryState.WAITING:
        return work.finish(item)
    if not delivery.endpoint.active:
        return _end(item, delivery, Outcome(None, PAUSED))
    outcome = Outcome(None, SILENT) if _silent(delivery) else attempt(delivery)
    delivery.attempts += 1
    delay = None if outcome.gone else delay_after(delivery.attempts)
    if outcome.delivered or delay is None:
        return _end(item, delivery, outcome)
    with transaction.atomic():
        _note(delivery, outcome)
        work.put_off(item, timezone.now() + delay, outcome.text[:200])


PAUSED = "The endpoint was paused before this was sent."
SILENT = "Not tried: nothing answered there a moment ago."
GIVEN_UP = "The delivery failed for a reason of our own; an operator finds it in the log."


def attempt(delivery: WebhookDelivery) -> Outcome:
    """Post it once, signed afresh, to where its endpoint is and may be now."""
    endpoint, body, now = delivery.endpoint, body_of(delivery), int(time.time())
    headers = {
        "Fleet-Event": delivery.verb,
        "Fleet-Delivery": str(delivery.pk),
        "Fleet-Timestamp": str(now),
        "Fleet-Signature": signature(secret(endpoint), now, body),
    }
    local, allowed = settings.LOCAL, settings.WEBHOOK_ALLOWED_HOSTS
    try:
        address = destination(endpoint.url, allowed, local=local)
        answer = posting.post(
            address, body, headers,
            permit=lambda found: may_connect(address.host, found, local=local),
        )  # fmt: skip
    except (posting.UnusableAddress, posting.NotReached) as why:
        return Outcome(None, str(why))
    if 300 <= answer.status < 400:
        return Outcome(answer.status, f"Redirects are not followed.\n{answer.body}".strip())
    return Outcome(answer.status, answer.body)


def body_of(delivery: WebhookDelivery) -> bytes:
    """Exactly the bytes that are signed and sent."""
    return json.dumps(delivery.payload, separators=(",", ":")).encode()


def secret(endpoint: WebhookEndpoint) -> str:
    """The secret that both sides know."""
    return secret_of(settings.SECRET_KEY, str(endpoint.pk), endpoint.generation)


def _silent(delivery: WebhookDelivery) -> bool:
    """Whether the endpoint's last attempt, a moment ago, brought no answer at all."""
    tried = delivery.endpoint.deliveries.filter(tried_at__gt=timezone.now() - SILENCE)
    last = tried.exclude(pk=delivery.pk).exclude(answer=SILENT).order_by("-tried_at").first()
    return last is not None and last.status is None


def _note(delivery: WebhookDelivery, outcome: Outcome) -> None:
    delivery.tried_at = timezone.now()
    delivery.status, delivery.answer = outcome.status, outcome.text
    delivery.save()


@transaction.atomic
def _end(item: WorkItem, delivery: WebhookDelivery, outcome: Outcome) -> None:
    """It is through, one way or the other."""
    delivery.state = DeliveryState.DELIVERED if outcome.delivered else DeliveryState.FAILED
    delivery.finished_at = timezone.now()
    _note(delivery, outcome)
    if outcome.gone:
        _switch_off(delivery.endpoint)
    if not outcome.delivered and outcome.text != PAUSED:
        tell_operators(delivery)
    work.finish(item)


def _switch_off(endpoint: WebhookEndpoint) -> None:
    endpoint.active = False
    endpoint.save(update_fields=["active"])
    events.record("webhook.paused", endpoint, None, "It answered 410: do not tell me again.")


def give_up(item: WorkItem) -> None:
    """The outbox gave the item up: the delivery does not wait any longer."""
    delivery = WebhookDelivery.objects.select_related("endpoint").get(pk=item.payload["delivery"])
    if delivery.state == DeliveryState.WAITING:
        delivery.state, delivery.finished_at = DeliveryState.FAILED, timezone.now()
        _note(delivery, Outcome(None, GIVEN_UP))
        tell_operators(delivery)


def tell_operators(delivery: WebhookDelivery) -> None:
    """Tell whoever manages webhooks, once until something is delivered there again."""
    endpoint = delivery.endpoint
    good = endpoint.deliveries.filter(state=DeliveryState.DELIVERED).order_by("-finished_at")
    since = good.values_list("pk", flat=True).first()
    word = f"It answered HTTP {delivery.status}." if delivery.status else delivery.answer
    off = "" if endpoint.active else " The endpoint is switched off."
    tell(
        f"webhook:{endpoint.pk}:{since or 'never'}:{endpoint.active}", "webhook.failing",
        mail.holders("manage_webhooks"), subject=f"Webhook {endpoint.name} cannot be delivered",
        body=f"{delivery.verb} was given up, attempts: {delivery.attempts}. {word}{off} "
        "Nothing more is said of it until something gets through.",
        path=endpoint.get_absolute_url(),
    )  # fmt: skip
