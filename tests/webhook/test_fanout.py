"""Which endpoint hears of what, and what it is told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from fleet.release.actions import adopt, roll_back
from fleet.webhook import fanout
from fleet.webhook.actions import Wanted, create_endpoint
from fleet.webhook.models import WebhookDelivery, WebhookEndpoint
from fleet.webhook.verbs import PUBLIC
from registry import events
from registry.actions import freeze
from registry.models import Event, User, Variant, WorkItem
from tests.builders import Fleet
from tests.webhook.receiver import Receiver

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


def go_back(fleet: Fleet, variant: Variant) -> None:
    """Make another revision live, then the first again."""
    first = variant.revisions.get()
    second = freeze(
        variant, by=fleet.engineer, note="Next", target=fleet.new, overlay=first.overlay_version
    )
    adopt(second, by=fleet.engineer, reason="It served elsewhere.")
    roll_back(variant, by=fleet.engineer, reason="Customer 4711 says it is rude.")


def test_a_rollback_is_owed_to_who_listens_with_its_numbers(
    fleet: Fleet, endpoint: WebhookEndpoint
) -> None:
    variant = fleet.variants[0]
    go_back(fleet, variant)
    delivery = WebhookDelivery.objects.get()
    event = Event.objects.get(verb="release.rollback")
    live = variant.revisions.get(number=1)
    assert delivery.payload == {
        "id": f"event-{event.pk}",
        "verb": "release.rollback",
        "at": event.at.isoformat(timespec="seconds"),
        "variant": {
            "id": variant.pk, "prompt": "support-triage", "tenant": "tenant-0", "locale": "en",
            "lane": "primary",
        },
        "subject": {"type": "release", "id": event.subject_id},
        "data": {"revision": 1, "from_revision": 2, "sha256": live.sha256},
        "link": delivery.payload["link"],
    }  # fmt: skip
    assert delivery.payload["link"].endswith(f"/variants/{variant.pk}/")
    assert WorkItem.objects.get(kind=fanout.WEBHOOK_KIND).payload == {"delivery": str(delivery.pk)}


def test_neither_a_text_nor_a_reason_leaves_the_house(
    fleet: Fleet, endpoint: WebhookEndpoint
) -> None:
    endpoint.verbs = list(PUBLIC)
    endpoint.save()
    go_back(fleet, fleet.variants[0])
    sent = json.dumps([one.payload for one in WebhookDelivery.objects.all()])
    assert len(sent) > 500
    for secret in ("Customer 4711", "rude", "Be formal", "shop", "Never promise", "Tenant 0"):
        assert secret not in sent


def test_what_is_undone_is_not_told(fleet: Fleet, endpoint: WebhookEndpoint) -> None:
    class Undone(Exception):
        pass

    with pytest.raises(Undone), transaction.atomic():
        events.record("review.opened", fleet.variants[0], fleet.engineer, revision=1)
        assert WebhookDelivery.objects.count() == 1
        raise Undone
    assert not WebhookDelivery.objects.exists()
    assert not WorkItem.objects.filter(kind=fanout.WEBHOOK_KIND).exists()


def test_an_endpoint_hears_only_what_it_listens_to_and_only_while_active(
    fleet: Fleet, endpoint: WebhookEndpoint
) -> None:
    events.record("release.canary", fleet.variants[0], fleet.engineer)
    events.record("overlay.frozen", fleet.variants[0], fleet.engineer)
    WebhookEndpoint.objects.update(active=False)
    events.record("review.opened", fleet.variants[0], fleet.engineer, revision=1)
    assert not WebhookDelivery.objects.exists()


def test_an_endpoint_of_a_tenant_hears_of_that_tenant_alone(
    fleet: Fleet, endpoint: WebhookEndpoint
) -> None:
    endpoint.tenant = fleet.variants[0].tenant
    endpoint.save()
    for about in (fleet.variants[1], fleet.default, fleet.prompt):
        events.record("review.opened", about, fleet.engineer, revision=1)
    assert not WebhookDelivery.objects.exists()
    events.record("review.opened", fleet.variants[0], fleet.engineer, revision=1)
    assert WebhookDelivery.objects.count() == 1


def test_an_event_heard_five_times_is_owed_once(fleet: Fleet, endpoint: WebhookEndpoint) -> None:
    event = events.record("review.opened", fleet.variants[0], fleet.engineer, revision=1)
    for _ in range(5):
        fanout.hear([(event, fleet.variants[0])])
    assert WebhookDelivery.objects.count() == 1
    assert WorkItem.objects.filter(kind=fanout.WEBHOOK_KIND).count() == 1


def test_an_event_nobody_listens_to_costs_one_query(
    fleet: Fleet, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(2):  # type: ignore[operator]
        events.record("release.promoted", fleet.variants[0], fleet.engineer)
    with django_assert_num_queries(1):  # type: ignore[operator]
        events.record("overlay.frozen", fleet.variants[0], fleet.engineer)


MOVED = "{model._meta.model_name}.{to}"


def test_every_public_verb_is_recorded_somewhere() -> None:
    """By `move`, whose tables the list is made of, or named in a call of `events.record`."""
    code = "".join(
        path.read_text(encoding="utf-8")
        for room in ("registry", "evals", "fleet")
        for path in (ROOT / room).rglob("*.py")
    )
    calls = re.findall(r"events\.record(?:_all)?\(\s*f?\"([^\"]+)\"", code)
    patterns = [re.sub(r"\{[^}]*\}", "[a-z_]+", call) for call in calls if call != MOVED]
    named = re.compile("|".join(patterns))
    moved = {verb for verb in PUBLIC if PUBLIC[verb].data == ("origin",)}
    assert [verb for verb in PUBLIC if verb not in moved and not named.fullmatch(verb)] == []
    assert not named.fullmatch("variant.sung")


def test_of_several_events_at_once_each_tenant_hears_its_own(
    fleet: Fleet, operator: User, receiver: Receiver
) -> None:
    for name, tenant in (("all", None), ("mine", fleet.variants[0].tenant)):
        wanted = Wanted(name, receiver.url, ["track.opened"], tenant)
        create_endpoint(wanted, by=operator)
    told: list[Any] = [(variant, "", {}) for variant in fleet.variants]
    events.record_all("track.opened", told, fleet.engineer)
    heard = WebhookDelivery.objects.values_list("endpoint__name", "payload__variant__tenant")
    assert sorted(heard) == [
        ("all", "tenant-0"), ("all", "tenant-1"), ("all", "tenant-2"), ("mine", "tenant-0"),
    ]  # fmt: skip
