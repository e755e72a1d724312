"""The SDK against the real site: fetch, render, hear of a rollback, survive an outage."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from fleet.delivery.keys import create_api_key
from fleet.release.actions import roll_back, withdraw
from registry.client import PromptClient, PromptGone, PromptNotFound, PromptVariableError
from registry.models import Variant
from tests.builders import usual_fleet
from tests.release.test_invariants import published

pytestmark = pytest.mark.django_db(transaction=True)
SLUG = "support-triage"


def make_key() -> str:
    """A key that may read everything."""
    return create_api_key(name="sdk", scopes=["prompts:read"])[1].bearer


def test_a_prompt_is_fetched_and_its_variables_are_filled_in(live_server: LiveServer) -> None:
    usual_fleet(tenants=2)
    with PromptClient(live_server.url, make_key(), timeout=30) as client:
        prompt = client.get(SLUG, tenant="tenant-0")
        assert "Be formal, variant 0." in prompt.text
        assert "Ana's shop" in prompt.render(user_name="Ana")
        with pytest.raises(PromptVariableError, match="user_name"):
            prompt.render()
        with pytest.raises(PromptNotFound):
            client.get(SLUG, tenant="nobody")


def test_a_rollback_reaches_a_client_that_asks_again(live_server: LiveServer) -> None:
    fleet = usual_fleet(tenants=2)
    published(fleet, fleet.variants[0])
    with PromptClient(live_server.url, make_key(), timeout=30) as client:
        assert client.get(SLUG, tenant="tenant-0").revision == 2
    roll_back(fleet.variants[0], by=fleet.operator, reason="Refusals up.")
    with PromptClient(live_server.url, make_key(), timeout=30) as client:
        assert client.get(SLUG, tenant="tenant-0").revision == 1


def test_a_withdrawn_text_is_not_served_from_the_disk_copy(
    live_server: LiveServer, tmp_path: Path
) -> None:
    fleet = usual_fleet(tenants=2)
    key = make_key()
    with PromptClient(live_server.url, key, cache_dir=str(tmp_path), timeout=30) as client:
        client.get(SLUG, tenant="tenant-0")
    withdraw(Variant.objects.get(pk=fleet.variants[0].pk), by=fleet.policy_owner, reason="Recall")
    with PromptClient(live_server.url, key, cache_dir=str(tmp_path), timeout=30) as client:
        with pytest.raises(PromptGone):
            client.get(SLUG, tenant="tenant-0")
        assert client.get(SLUG, tenant="tenant-1").revision == 1
