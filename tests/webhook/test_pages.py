"""Pages of the webhooks: who may, what is shown once, what is escaped."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as site
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from fleet.tasks import work
from fleet.webhook.actions import send_test, set_active
from fleet.webhook.models import WebhookDelivery, WebhookEndpoint
from fleet.webhook.signing import secret_of
from registry.models import Event, Tenant, User, WorkItem
from registry.roles import ROLES
from tests.builders import make_user
from tests.webhook.receiver import Receiver

pytestmark = pytest.mark.django_db

PAGES = (
    "webhook-detail", "webhook-edit", "webhook-renew", "webhook-pause", "webhook-resume",
    "webhook-test",
)  # fmt: skip


@pytest.fixture
def client(operator: User) -> Client:
    return signed_in(operator)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def typed(address: str, **changes: Any) -> dict[str, Any]:
    return {"name": "Billing", "url": address, "verbs": ["review.opened"], "tenant": "", **changes}


def text(answer: Any) -> str:
    return str(answer.content.decode())


def secret(endpoint: WebhookEndpoint) -> str:
    return secret_of(site.SECRET_KEY, str(endpoint.pk), endpoint.generation)


def test_a_new_endpoint_shows_its_secret_once(client: Client, receiver: Receiver) -> None:
    answer = client.post(reverse("webhook-create"), typed(receiver.url), follow=True)
    endpoint = WebhookEndpoint.objects.get()
    assert secret(endpoint) in text(answer)
    assert secret(endpoint) not in text(client.get(endpoint.get_absolute_url()))
    assert secret(endpoint) not in str(list(client.session.items()))


def test_a_renewed_secret_is_another_and_shown_once(
    client: Client, endpoint: WebhookEndpoint
) -> None:
    old = secret(endpoint)
    answer = client.post(reverse("webhook-renew", args=[endpoint.pk]), follow=True)
    endpoint.refresh_from_db()
    assert secret(endpoint) != old
    assert secret(endpoint) in text(answer) and old not in text(answer)
    assert Event.objects.filter(verb="webhook.renewed").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "https://evil.example/"}, "WEBHOOK_ALLOWED_HOSTS"),
        ({"url": "javascript:alert(1)"}, "has to begin with https://"),
        ({"url": ""}, "This field is required"),
        ({"verbs": []}, "Choose at least one event"),
        ({"verbs": ["overlay.frozen"]}, "is not one of the available choices"),
        ({"name": "  "}, "This field is required"),
    ],
)
def test_an_endpoint_that_cannot_be_is_said_with_what_was_typed_kept(
    changes: dict[str, Any], said: str, client: Client, receiver: Receiver
) -> None:
    answer = client.post(reverse("webhook-create"), typed(receiver.url, **changes))
    assert answer.status_code == 422
    assert said in text(answer)
    assert changes.get("url", receiver.url).replace("&", "&amp;") in text(answer)
    assert not WebhookEndpoint.objects.exists()


def test_an_endpoint_is_changed_and_keeps_its_secret(
    client: Client, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    before = secret(endpoint)
    edit = reverse("webhook-edit", args=[endpoint.pk])
    assert "Billing" in text(client.get(edit))
    client.post(edit, typed(f"{receiver.url}&two=2", name="Books"))
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.verbs) == ("Books", ["review.opened"])
    assert secret(endpoint) == before


def test_the_log_shows_request_and_answer_escaped_and_filters_by_state(
    client: Client, endpoint: WebhookEndpoint, receiver: Receiver, operator: User
) -> None:
    receiver.body = b"<script>alert('answer')</script>"
    delivery = send_test(endpoint, by=operator)
    delivery.payload = {**delivery.payload, "link": "<img src=x>"}
    delivery.save()
    work(WorkItem.objects.get(key=f"webhook:{delivery.pk}").pk)
    page = text(client.get(endpoint.get_absolute_url()))
    assert "<script>alert(" not in page and "<img src=x>" not in page
    assert "&lt;script&gt;alert(" in page and "&lt;img src=x&gt;" in page
    assert "HTTP 200" in page
    shown = reverse("webhook-detail", args=[endpoint.pk])
    assert str(delivery.pk) in text(client.get(shown, {"state": "delivered"}))
    assert "No delivery is like that" in text(client.get(shown, {"state": "failed"}))
    assert str(delivery.pk) in text(client.get(shown, {"state": "nonsense"}))


def test_the_test_event_and_the_resend_button_owe_a_delivery_each(
    client: Client, endpoint: WebhookEndpoint
) -> None:
    client.post(reverse("webhook-test", args=[endpoint.pk]))
    first = WebhookDelivery.objects.get()
    client.post(reverse("webhook-resend", args=[first.pk]))
    again = WebhookDelivery.objects.get(resends=first)
    page = text(client.get(endpoint.get_absolute_url()))
    assert "sent again" in page and str(again.pk) in page


def test_a_paused_endpoint_says_so_and_sends_nothing_again(
    client: Client, endpoint: WebhookEndpoint, operator: User
) -> None:
    first = send_test(endpoint, by=operator)
    client.post(reverse("webhook-pause", args=[endpoint.pk]))
    answer = client.post(reverse("webhook-resend", args=[first.pk]), follow=True)
    assert "Resume it first" in text(answer)
    assert WebhookDelivery.objects.count() == 1
    client.post(reverse("webhook-resume", args=[endpoint.pk]))
    assert WebhookEndpoint.objects.get().active


@pytest.mark.parametrize("role", [role for role in ROLES if role != "operator"])
def test_whoever_may_not_manage_webhooks_neither_sees_nor_changes_them(
    role: str, endpoint: WebhookEndpoint, operator: User, receiver: Receiver
) -> None:
    delivery = send_test(endpoint, by=operator)
    events = Event.objects.count()
    client = signed_in(make_user(role))
    refused = (404,) if role == "customer_success" else (403,)
    for name in PAGES:
        url = reverse(name, args=[endpoint.pk])
        assert client.get(url).status_code in (*refused, 405), name
        assert client.post(url, typed(receiver.url)).status_code in (*refused, 405), name
    resend = reverse("webhook-resend", args=[delivery.pk])
    assert client.post(resend).status_code in refused
    for name in ("webhook-list", "webhook-create"):
        assert client.get(reverse(name)).status_code == 403
        if name == "webhook-create":
            assert client.post(reverse(name), typed(receiver.url)).status_code == 403
    assert Event.objects.count() == events


def test_a_manager_with_the_capability_meets_endpoints_of_own_tenants_only(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    own, other = (
        Tenant.objects.create(slug=name.lower(), name=name, segment="s")
        for name in ("Own", "Other")
    )
    manager = make_user("customer_success")
    manager.user_permissions.add(Permission.objects.get(codename="manage_webhooks"))
    own.owners.add(manager)
    client = signed_in(User.objects.get(pk=manager.pk))
    for tenant in (other, None):
        WebhookEndpoint.objects.update(tenant=tenant)
        assert client.get(endpoint.get_absolute_url()).status_code == 404
        assert "Billing" not in text(client.get(reverse("webhook-list")))
    WebhookEndpoint.objects.update(tenant=own)
    assert client.get(endpoint.get_absolute_url()).status_code == 200
    create = reverse("webhook-create")
    assert "Other" not in text(client.get(create))
    assert client.post(create, typed(receiver.url)).status_code == 403
    assert client.post(create, typed(receiver.url, tenant=other.pk)).status_code == 422
    assert client.post(create, typed(receiver.url, tenant=own.pk)).status_code == 302


def test_queries_do_not_grow_with_endpoints_or_deliveries(
    client: Client, endpoint: WebhookEndpoint, operator: User, django_assert_max_num_queries: Any
) -> None:
    for n in range(30):
        send_test(endpoint, by=operator)
        WebhookEndpoint.objects.create(
            name=f"No {n}", url=endpoint.url, verbs=[], created_by=operator
        )
    with django_assert_max_num_queries(9):
        client.get(reverse("webhook-list"))
    with django_assert_max_num_queries(11):
        client.get(endpoint.get_absolute_url())


def test_the_list_says_that_no_host_is_allowed_yet(client: Client, settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = []
    page = text(client.get(reverse("webhook-list")))
    assert "Nobody is told yet" in page and "WEBHOOK_ALLOWED_HOSTS" in page


def test_pausing_twice_is_one_event(endpoint: WebhookEndpoint, operator: User) -> None:
    for _ in range(2):
        set_active(endpoint, False, by=operator)
    assert Event.objects.filter(verb="webhook.paused").count() == 1
