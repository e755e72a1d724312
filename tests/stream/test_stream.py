"""The change stream over a real server: who hears what, in which order, from which cursor."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from fleet.delivery.keys import create_api_key, revoke_api_key
from fleet.release.actions import adopt, roll_back, withdraw
from fleet.release.models import Change, Served
from fleet.stream.bell import bell, ring_after_commit
from registry.actions import freeze
from registry.models import Tenant, Variant
from tests import live
from tests.builders import Fleet, build_fleet
from tests.release.test_invariants import published
from tests.stream.caller import Caller, Event
from tests.stream.serving import RSGI, Server, servers

pytestmark = pytest.mark.django_db(transaction=True)

HEARTBEAT_SECONDS = 0.4
SLUG = "support-triage"


@pytest.fixture(scope="module")
def server(
    django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The product's server over the test database, with a quick heart."""
    env = {
        "DATABASE_URL": live.database_url(), "REDIS_URL": os.environ["REDIS_URL"],
        "FLEET_STREAM_HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS),
        "FLEET_STREAM_KEY_CHECK_SECONDS": "0.3",
    }  # fmt: skip
    with servers(RSGI, env=env, logs=tmp_path_factory.mktemp("stream")) as (one,):
        yield one


@pytest.fixture
def fleet() -> Fleet:
    """Three tenants, really committed."""
    return build_fleet(tenants=3)


def make_key(tenant: Tenant | None = None, scopes: tuple[str, ...] = ("prompts:read",)) -> str:
    """A key for all tenants or one."""
    return create_api_key(name="listener", scopes=list(scopes), tenant=tenant)[1].bearer


def newest() -> int:
    """The newest cursor there is."""
    return Change.objects.order_by("-cursor").values_list("cursor", flat=True)[0]


def touch(variant: Variant) -> None:
    """A change of what is served, without the way there."""
    with transaction.atomic():
        Served.objects.filter(variant=variant).update(etag=random.randbytes(16).hex())
        ring_after_commit()


def test_a_rollback_is_heard_within_a_second(server: Server, fleet: Fleet) -> None:
    variant = fleet.variants[0]
    published(fleet, variant)
    caller = Caller(server.port, make_key())
    assert caller.answered["content-type"].startswith("text/event-stream")
    assert caller.answered["x-accel-buffering"] == "no"
    assert caller.answered["cache-control"] == "no-store"
    first = caller.event()
    assert (first.kind, first.cursor) == ("cursor", newest())
    begun = time.monotonic()
    roll_back(variant, by=fleet.engineer, reason="Refusals up.")
    heard = caller.event()
    assert heard.at - begun < 1.0
    assert heard.data == {
        "cursor": str(newest()), "prompt": SLUG, "tenant": "tenant-0", "locale": "en",
        "lane": "primary",
    }  # fmt: skip
    assert heard.kind == "message" and heard.id == heard.data["cursor"]


def test_a_caller_that_comes_back_gets_what_it_missed_and_then_goes_on(
    server: Server, fleet: Fleet
) -> None:
    key = make_key()
    started = newest()
    for _ in range(3):
        touch(fleet.variants[0])
    by_query = Caller(server.port, key, f"?since={started}")
    by_header = Caller(server.port, key, headers={"Last-Event-ID": str(started + 1)})
    assert [one.cursor for one in by_query.events(3)] == [started + n for n in (1, 2, 3)]
    assert [one.cursor for one in by_header.events(2)] == [started + 2, started + 3]
    touch(fleet.variants[1])
    assert by_query.event().data["tenant"] == by_header.event().data["tenant"] == "tenant-1"


def test_a_withdrawal_is_heard(server: Server, fleet: Fleet) -> None:
    caller = Caller(server.port, make_key())
    caller.event()
    withdraw(fleet.variants[1], by=fleet.policy_owner, reason="Recall")
    assert caller.event().data["tenant"] == "tenant-1"


def test_a_tenants_key_hears_its_own_and_the_default_it_is_served_and_nobody_elses(
    server: Server, fleet: Fleet
) -> None:
    without = Tenant.objects.create(slug="bolt", name="Bolt", annual_revenue=1)
    started = newest()
    own, other = Tenant.objects.get(slug="tenant-0"), fleet.variants[1]
    keys = {tenant.slug: make_key(tenant) for tenant in (own, without)}
    early = {slug: Caller(server.port, key, f"?since={started}") for slug, key in keys.items()}
    for variant in (other, fleet.variants[0], fleet.default, other):
        touch(variant)
    late = {slug: Caller(server.port, key, f"?since={started}") for slug, key in keys.items()}
    for callers in (early, late):
        heard = callers["tenant-0"].event()
        assert (heard.data["tenant"], heard.cursor) == ("tenant-0", started + 2)
        heard = callers["bolt"].event()
        assert (heard.data["tenant"], heard.cursor) == ("bolt", started + 3)
        assert all(caller.silent(0.1) for caller in callers.values())


def test_a_new_tenants_first_variant_is_heard_by_its_key(server: Server, fleet: Fleet) -> None:
    tenant = Tenant.objects.create(slug="bolt", name="Bolt", annual_revenue=1)
    caller = Caller(server.port, make_key(tenant))
    caller.event()
    variant = Variant.objects.create(prompt=fleet.prompt, tenant=tenant)
    first = freeze(variant, by=fleet.engineer, note="First", target=fleet.old, overlay=None)
    adopt(first, by=fleet.engineer, reason="It served before.")
    assert caller.event().data["tenant"] == "bolt"


def test_changes_committed_at_once_by_many_are_all_heard_in_the_order_of_their_cursors(
    server: Server, fleet: Fleet
) -> None:
    callers = [Caller(server.port, make_key()) for _ in range(3)]
    started = callers[0].event().cursor
    each = 25

    def switch(variant: Variant) -> None:
        for _ in range(each):
            with transaction.atomic():
                Served.objects.filter(variant=variant).update(etag=random.randbytes(16).hex())
                ring_after_commit()
                time.sleep(random.random() * 0.004)
        connection.close()

    threads = [
        threading.Thread(target=switch, args=[variant])
        for variant in (fleet.default, *fleet.variants)
    ]
    for thread in threads:
        thread.start()
    late = Caller(server.port, make_key(), f"?since={started}")
    for thread in threads:
        thread.join()
    written = list(Change.objects.filter(cursor__gt=started).values_list("cursor", flat=True))
    assert len(written) == each * len(threads)
    for caller in (callers[0], late):
        assert [one.cursor for one in caller.events(len(written))] == written


def test_a_cursor_that_was_never_given_out_or_was_dropped_resets_and_the_stream_goes_on(
    server: Server, fleet: Fleet
) -> None:
    key, now = make_key(), newest()
    touch(fleet.default)
    Change.objects.filter(cursor__lte=now).delete()
    for unknown in (now + 1000, now - 1):
        caller = Caller(server.port, key, f"?since={unknown}")
        reset = caller.event()
        assert (reset.kind, reset.cursor) == ("reset", now + 1)
        assert caller.silent(0.05)
        touch(fleet.variants[0])
        now += 1
        assert caller.event().cursor == now + 1


def test_a_long_absence_is_made_up_page_by_page(server: Server, fleet: Fleet) -> None:
    started = newest()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO fleet_change (prompt_slug, tenant_slug, locale, lane, at) "
            "SELECT 'support-triage', 'tenant-1', 'en', 'primary', now() "
            "FROM generate_series(1, 2500)"
        )
    bell.ring()
    caller = Caller(server.port, make_key(), f"?since={started}")
    heard = [one.cursor for one in caller.events(2500)]
    assert heard == list(range(started + 1, started + 2501))
    own = Caller(server.port, make_key(Tenant.objects.get(slug="tenant-0")), f"?since={started}")
    assert own.silent(0.3) and int(own.last) == started + 2500


def test_a_silent_stream_beats_and_its_cursor_moves(server: Server, fleet: Fleet) -> None:
    caller = Caller(server.port, make_key(Tenant.objects.get(slug="tenant-0")))
    caller.event()
    touch(fleet.variants[2])
    assert caller.silent(HEARTBEAT_SECONDS * 3)
    assert caller.comments >= 2 and int(caller.last) == newest()


def test_a_revoked_key_ends_its_streams_and_no_others(server: Server, fleet: Fleet) -> None:
    key, secret = create_api_key(name="gone", scopes=["prompts:read"])
    gone, stays = Caller(server.port, secret.bearer), Caller(server.port, make_key())
    gone.event(), stays.event()
    revoke_api_key(key, by=fleet.operator)
    with pytest.raises(EOFError):
        gone.event(5)
    touch(fleet.variants[0])
    assert stays.event().kind == "message"
    assert Caller(server.port, secret.bearer).status == 401


def test_whoever_may_not_listen_gets_a_problem_document(server: Server, fleet: Fleet) -> None:
    key = make_key()
    refused = {
        401: Caller(server.port, ""),
        403: Caller(server.port, make_key(scopes=("lint:run",))),
        400: Caller(server.port, key, "?since=yesterday"),
        405: Caller(server.port, key, method="POST"),
    }
    for status, caller in refused.items():
        assert caller.status == status == caller.problem()["status"]
    assert refused[401].answered["www-authenticate"].startswith("Bearer")
    wrong = Caller(server.port, key[:-3] + "abc")
    assert wrong.status == 401 and "unknown" in wrong.problem()["detail"]


def test_a_caller_that_left_is_no_longer_counted(server: Server, fleet: Fleet) -> None:
    import json
    from urllib.error import HTTPError
    from urllib.request import urlopen

    def streams() -> int:
        try:
            document = json.load(urlopen(f"http://127.0.0.1:{server.port}/readyz"))
        except HTTPError as not_ready:  # no worker runs here
            document = json.load(not_ready)
        assert document["checks"]["stream"]["ok"] and document["checks"]["stream"]["subscribed"]
        return int(document["checks"]["stream"]["streams"])

    live.until(lambda: streams() == 0, seconds=5)
    callers = [Caller(server.port, make_key()) for _ in range(3)]
    assert [caller.event().kind for caller in callers] == ["cursor"] * 3
    live.until(lambda: streams() == 3, seconds=5)
    for caller in callers:
        caller.close()
    live.until(lambda: streams() == 0, seconds=5)


def test_no_two_callers_are_told_different_things(server: Server, fleet: Fleet) -> None:
    callers = [Caller(server.port, make_key()) for _ in range(20)]
    for caller in callers:
        caller.event()
    for n in range(5):
        touch(fleet.variants[n % 3])
    told: list[list[Event]] = [caller.events(5) for caller in callers]
    assert len({tuple(one.cursor for one in events) for events in told}) == 1
