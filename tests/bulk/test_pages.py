"""List and page of bulk acts: how far, what was left and why, and whose rows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fleet.bulk.models import BulkAct
from registry.models import User
from tests.builders import Fleet, usual_fleet
from tests.bulk.acting import begin, work_all

pytestmark = pytest.mark.django_db


def page(user: User, act: BulkAct, name: str = "bulk-detail", **query: str) -> str:
    client = Client()
    client.force_login(user)
    return client.get(reverse(name, args=[act.pk]), query).content.decode()


@pytest.fixture
def ended(fleet: Fleet) -> BulkAct:
    act = begin(fleet.engineer, fleet.variants, shut=[fleet.variants[1].pk])
    work_all()
    return BulkAct.objects.get(pk=act.pk)


def test_running_act_polls_and_says_how_far_it_is(fleet: Fleet) -> None:
    text = page(fleet.viewer, begin(fleet.engineer, fleet.variants))
    assert "0 of 3" in text
    assert 'hx-trigger="every 1s"' in text


def test_ended_act_polls_no_more_and_says_what_was_left(fleet: Fleet, ended: BulkAct) -> None:
    text = page(fleet.viewer, ended)
    assert "every 1s" not in text
    assert "It is shut." in text
    assert fleet.variants[1].get_absolute_url() in text


def test_fragment_is_empty_while_nothing_reads_differently(fleet: Fleet) -> None:
    act = begin(fleet.engineer, fleet.variants)
    client = Client()
    client.force_login(fleet.viewer)
    url = reverse("bulk-progress", args=[act.pk])
    seen = client.get(url).context["seen"]
    assert client.get(url, {"seen": seen}).status_code == 204
    work_all()
    assert client.get(url, {"seen": seen}).status_code == 200


def test_filter_of_the_address_narrows_page_and_table(fleet: Fleet, ended: BulkAct) -> None:
    for name in ("bulk-detail", "bulk-export"):
        client = Client()
        client.force_login(fleet.viewer)
        answer = client.get(reverse(name, args=[ended.pk]), {"show": "left"})
        text = (b"".join(answer) if answer.streaming else answer.content).decode()
        assert "Tenant 1" in text
        assert "Tenant 0" not in text


def test_manager_sees_the_rows_of_own_customers_alone(fleet: Fleet, ended: BulkAct) -> None:
    text = page(fleet.manager, ended)
    assert "2 of 2" in text
    assert "Tenant 2" not in text


def test_act_without_a_row_of_ones_own_is_not_found(fleet: Fleet) -> None:
    act = begin(fleet.engineer, fleet.variants[-1:])
    client = Client()
    client.force_login(fleet.manager)
    for name in ("bulk-detail", "bulk-progress", "bulk-export"):
        assert client.get(reverse(name, args=[act.pk])).status_code == 404
    assert client.post(reverse("bulk-again", args=[act.pk])).status_code == 404
    assert str(act.pk) not in client.get(reverse("bulk-list")).content.decode()


def test_trying_again_is_offered_to_whoever_may_and_opens_the_new_act(
    fleet: Fleet, ended: BulkAct
) -> None:
    assert "Try again" not in page(fleet.viewer, ended)
    client = Client()
    client.force_login(fleet.engineer)
    answer = client.post(reverse("bulk-again", args=[ended.pk]), {"why": "Open now."})
    again = BulkAct.objects.exclude(pk=ended.pk).get()
    assert answer["Location"] == again.get_absolute_url()
    assert again.rows.count() == 1


def test_queries_do_not_grow_with_the_rows() -> None:
    fleet = usual_fleet(tenants=12)
    small, large = begin(fleet.engineer, fleet.variants[:2]), begin(fleet.engineer, fleet.variants)
    found = []
    for act in (small, large):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(fleet.viewer, act)
        found.append(len(queries))
    assert found[0] == found[1]
