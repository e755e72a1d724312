"""The jump palette finds what the person may see."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.builders import Fleet, usual_fleet

pytestmark = pytest.mark.django_db


def titles(client: Client, q: str) -> list[str]:
    """What the palette offers for `q`."""
    return [row.title for row in client.get("/jump/", {"q": q}).context["results"]]


def test_jump_finds_variants_and_prompts_by_slug(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.viewer)
    assert titles(client, "tenant-1") == ["Tenant 1"]
    assert titles(client, "support-tri")[0] == "Support triage"


def test_jump_hides_other_managers_customers(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.manager)
    assert titles(client, "tenant") == ["Tenant 0", "Tenant 1"]


def test_jump_offers_ten_rows_at_most(client: Client, db: None) -> None:
    client.force_login(usual_fleet(tenants=12).viewer)
    assert len(titles(client, "tenant")) == 10


def test_jump_with_nothing_typed_is_empty(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.viewer)
    assert titles(client, " ") == []
