"""Everything active in pages: the same objects as single fetches, and no other's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from fleet.release.actions import withdraw
from fleet.release.models import Stage
from registry.models import Tenant
from tests.builders import Fleet
from tests.delivery.lanes import URL, caller, make_live, start

pytestmark = pytest.mark.django_db
ALL = "/api/v1/prompts"


@pytest.fixture
def call(fleet: Fleet, client: Client) -> Any:
    """Fetch with a key that may read everything."""
    return caller(client)


def pages(call: Any, query: str = "", limit: int = 2) -> list[dict[str, Any]]:
    """Every entry, page by page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = call(f"{ALL}?limit={limit}{query}{cursor}").json()
        assert len(page["prompts"]) <= limit
        found += page["prompts"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def rich(fleet: Fleet) -> None:
    """Lanes, locales, a canary and a fallback behind."""
    make_live(fleet, "tenant-0", lane="fallback")
    make_live(fleet, "tenant-0", locale="de")
    make_live(fleet, "tenant-0", locale="de", lane="fallback")
    make_live(fleet, "", lane="fallback")
    start(fleet, fleet.variants[0], Stage.CANARY, 0.5)


def test_every_entry_is_byte_for_byte_what_its_own_fetch_answers(call: Any, fleet: Fleet) -> None:
    rich(fleet)
    Tenant.objects.create(slug="new-one", name="New", segment="retail")
    for tenant, count in {"tenant-0": 4, "tenant-1": 1, "new-one": 2}.items():
        content = call(f"{ALL}?tenant={tenant}").content
        entries = json.loads(content)["prompts"]
        assert len(entries) == count
        for entry in entries:
            alone = call(
                f"{URL}?tenant={tenant}&locale={entry['locale']}&lane={entry['lane']}"
            ).content
            assert alone in content
            assert json.loads(alone) == entry


def test_without_a_tenant_come_everybodys_own_and_the_platform_defaults(
    call: Any, fleet: Fleet
) -> None:
    rich(fleet)
    entries = pages(call)
    assert [entry["tenant"] for entry in entries].count(None) == 2
    assert len(entries) == 8
    names = [(e["prompt"], e["tenant"] or "", e["locale"], e["lane"]) for e in entries]
    assert len(set(names)) == 8
    assert entries == pages(call, limit=500)


def test_pages_of_one_entry_miss_nothing_and_repeat_nothing(call: Any, fleet: Fleet) -> None:
    rich(fleet)
    assert pages(call, "&tenant=tenant-0", 1) == pages(call, "&tenant=tenant-0", 500)


def test_what_is_withdrawn_is_not_active(call: Any, fleet: Fleet) -> None:
    withdraw(fleet.variants[0], by=fleet.policy_owner, reason="Recall")
    assert pages(call, "&tenant=tenant-0") == []
    assert len(pages(call)) == 3


def test_a_tenants_key_gets_that_tenants_with_or_without_its_name(
    client: Client, fleet: Fleet
) -> None:
    bound = caller(client, tenant=Tenant.objects.get(slug="tenant-0"))
    for query in ("", "?tenant=tenant-0"):
        assert [e["tenant"] for e in bound(f"{ALL}{query}").json()["prompts"]] == ["tenant-0"]
    assert bound(f"{ALL}?tenant=tenant-1").status_code == 403
    assert caller(client, "lint:run")(ALL).status_code == 403
    assert client.get(ALL).status_code == 401


def test_a_page_has_a_tag_that_changes_with_what_is_in_it(call: Any, fleet: Fleet) -> None:
    url = f"{ALL}?tenant=tenant-0"
    before = call(url)
    same = call(url, **{"If-None-Match": before["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    make_live(fleet, "tenant-0", lane="fallback")
    after = call(url, **{"If-None-Match": before["ETag"]})
    assert after.status_code == 200 and len(after.json()["prompts"]) == 2
    assert int(after["X-Fleet-Cursor"]) >= 0


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 400), ("limit=501", 400), ("limit=x", 400), ("limit=%D9%A3", 400),
        ("cursor=abc", 400), ("cursor=WzFd", 400), ("cursor=%00", 400), ("tenant=nobody", 404),
        ("tenant=%00", 400), ("tenant=%ff", 400), ("tenant=a&tenant=b", 400),
        ("limit=1&" + "&".join(f"p{n}=1" for n in range(40)), 400),
    ],
)  # fmt: skip
def test_what_no_page_can_be_is_answered_in_words(call: Any, query: str, status: int) -> None:
    response = call(f"{ALL}?{query}")
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
