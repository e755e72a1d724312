"""The models page and the announcement of a retirement."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.builders import Fleet

pytestmark = pytest.mark.django_db


def test_an_unknown_end_is_called_unknown(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.viewer)
    page = client.get("/models/").content.decode()
    assert "unknown" in page
    assert "Announce retirement" not in page


def test_announcing_shows_the_days_left_and_offers_the_move(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.engineer)
    said = {"retires_on": "2099-01-31", "source": "https://provider.example/ends"}
    page = client.post(f"/models/{fleet.old.pk}/announce/", said, follow=True).content.decode()
    assert "31 Jan 2099" in page
    assert "Plan the move" in page


def test_announcing_without_a_source_keeps_the_date(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.engineer)
    answer = client.post(f"/models/{fleet.old.pk}/announce/", {"retires_on": "2099-01-31"})
    assert answer.status_code == 422
    assert "2099-01-31" in answer.content.decode()


def test_a_viewer_may_not_announce(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.viewer)
    answer = client.get(f"/models/{fleet.old.pk}/announce/")
    assert answer.status_code == 403
    assert "announce a model" in answer.content.decode()
