"""The SDK against the product's own server: changes heard at once, canaries shared out alike."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.delivery.keys import create_api_key
from fleet.release.actions import roll_back, start_shadow, withdraw
from fleet.release.plan import Step
from registry.client import PromptClient, PromptGone, PromptUnavailable
from tests import live
from tests.builders import Fleet, usual_fleet
from tests.live import until
from tests.release.rollouts import canary
from tests.release.test_invariants import published, reviewed
from tests.stream.serving import RSGI, Server, servers

pytestmark = pytest.mark.django_db(transaction=True)
SLUG = "support-triage"


def environment() -> dict[str, str]:
    """What a server needs to serve the test database."""
    return {"DATABASE_URL": live.database_url(), "REDIS_URL": os.environ["REDIS_URL"]}


@pytest.fixture(scope="module")
def server(
    django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The product's server over the test database."""
    with servers(RSGI, env=environment(), logs=tmp_path_factory.mktemp("sdk")) as (one,):
        yield one


@pytest.fixture
def fleet(transactional_db: None) -> Fleet:
    return usual_fleet(tenants=2)


@pytest.fixture
def client(fleet: Fleet, server: Server) -> Iterator[PromptClient]:
    key = create_api_key(name="sdk", scopes=["prompts:read"])[1].bearer
    with PromptClient(f"http://127.0.0.1:{server.port}", key) as one:
        yield one


def hearing(client: PromptClient) -> PromptClient:
    """Once its stream is open."""
    client.get(SLUG, tenant="tenant-0")
    until(client._hears)
    return client


def test_rollbacks_are_seen_within_a_second(client: PromptClient, fleet: Fleet) -> None:
    published(fleet, fleet.variants[0])
    hearing(client)
    took = []
    for _ in range(10):
        back = 1 if client.get(SLUG, tenant="tenant-0").revision == 2 else 2
        revision = fleet.variants[0].revisions.get(number=back)
        roll_back(fleet.variants[0], by=fleet.operator, reason="Refusals up.", to=revision)
        began = time.monotonic()
        until(lambda back=back: client.get(SLUG, tenant="tenant-0").revision == back, seconds=5)
        took.append(time.monotonic() - began)
    assert sorted(took)[-2] <= 1.0, took


def test_withdrawal_is_heard_and_raises(client: PromptClient, fleet: Fleet) -> None:
    hearing(client)
    withdraw(fleet.variants[0], by=fleet.policy_owner, reason="It promises refunds.")

    def gone() -> bool:
        try:
            client.get(SLUG, tenant="tenant-0")
        except PromptGone:
            return True
        return False

    until(gone, seconds=5)
    assert client.get(SLUG, tenant="tenant-1").revision == 1


def test_sessions_are_shared_out_as_the_registry_does(
    client: PromptClient, fleet: Fleet, server: Server
) -> None:
    hearing(client)
    canary(fleet, fleet.variants[0], plan=(Step(0.5, 10),))
    names = [f"user-{number}" for number in range(30)]

    def shared() -> dict[str, int | None]:
        return {name: client.get(SLUG, tenant="tenant-0", session=name).revision for name in names}

    until(lambda: set(shared().values()) == {1, 2}, seconds=5)
    key = create_api_key(name="other", scopes=["prompts:read"])[1].bearer
    asked = {}
    for name in names:
        # A client of its own each time: its one cold request asks with the session.
        with PromptClient(f"http://127.0.0.1:{server.port}", key, stream=False) as cold:
            asked[name] = cold.get(SLUG, tenant="tenant-0", session=name).revision
    assert shared() == asked


def test_shadow_is_named_and_its_text_fetched(client: PromptClient, fleet: Fleet) -> None:
    revision = reviewed(fleet, fleet.variants[0]).revision
    start_shadow(revision, by=fleet.engineer)
    prompt = client.get(SLUG, tenant="tenant-0")
    shadow = client.shadow(prompt)
    assert shadow is not None
    assert (prompt.revision, shadow.revision, shadow.text) == (1, 2, revision.text)
    assert client.shadow(client.get(SLUG, tenant="tenant-1")) is None


def test_client_is_warmed_with_everything_a_tenant_has(client: PromptClient) -> None:
    assert client.warm(tenant="tenant-0") == 1
    warmed = client._entries[SLUG, "tenant-0", None, None, None].prompt
    assert client.get(SLUG, tenant="tenant-0") is warmed


def test_changes_while_the_server_was_away_are_seen_on_its_return(
    client: PromptClient, fleet: Fleet, server: Server, tmp_path: Path
) -> None:
    published(fleet, fleet.variants[0])
    hearing(client)
    until(lambda: client.get(SLUG, tenant="tenant-0").revision == 2)
    server.process.kill()  # the last test of this module: nobody else needs it
    roll_back(fleet.variants[0], by=fleet.operator, reason="Refusals up.")
    with pytest.raises(PromptUnavailable):
        client.get("never-asked-for")
    assert client.get(SLUG, tenant="tenant-0").revision == 2
    again = Server(RSGI, environment(), tmp_path / "again.log", port=server.port)
    try:
        again.wait()
        until(lambda: client.get(SLUG, tenant="tenant-0").revision == 1, seconds=15)
        assert not client.get(SLUG, tenant="tenant-0").stale
    finally:
        again.process.kill()
