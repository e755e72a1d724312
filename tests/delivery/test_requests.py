"""The documented API in the hands of a program that knows nothing of us: plain `requests`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import requests
from pytest_django.live_server_helper import LiveServer

from fleet.delivery.keys import create_api_key
from tests.builders import Fleet, usual_fleet
from tests.release.test_invariants import published

pytestmark = pytest.mark.django_db(transaction=True)

Call = Callable[..., requests.Response]


@pytest.fixture
def fleet(transactional_db: None) -> Fleet:
    return usual_fleet(tenants=2)


@pytest.fixture
def call(fleet: Fleet, live_server: LiveServer) -> Call:
    """Ask below /api/v1 with a key that may do everything."""
    scopes = ["prompts:read", "lint:run", "releases:write"]
    key = create_api_key(name="app", scopes=scopes, by=fleet.operator)[1].bearer

    def ask(method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {key}", **more.pop("headers", {})}
        url = f"{live_server.url}/api/v1/{path}"
        return requests.request(method, url, headers=headers, timeout=30, **more)

    return ask


def test_program_fetches_revalidates_and_rolls_back(call: Call, fleet: Fleet) -> None:
    published(fleet, fleet.variants[0])
    first = call("get", "prompts/support-triage", params={"tenant": "tenant-0"})
    body = first.json()
    assert (first.status_code, body["revision"]) == (200, 2)
    assert hashlib.sha256(body["text"].encode()).hexdigest() == body["sha256"]
    tag = {"If-None-Match": first.headers["ETag"]}
    held = call("get", "prompts/support-triage", params={"tenant": "tenant-0"}, headers=tag)
    assert (held.status_code, held.content) == (304, b"")

    path = f"variants/{fleet.variants[0].pk}/rollback"
    back = call("post", path, json={"to": None, "reason": "Refusals up."})
    assert (back.status_code, back.json()["revision"]) == (200, 1)
    after = call("get", "prompts/support-triage", params={"tenant": "tenant-0"}, headers=tag)
    assert (after.status_code, after.json()["release_id"]) == (200, back.json()["release_id"])


def test_program_reads_everything_of_a_tenant_page_by_page(call: Call) -> None:
    one = call("get", "prompts", params={"tenant": "tenant-1"}).json()
    assert [row["prompt"] for row in one["prompts"]] == ["support-triage"]
    assert one["next"] is None
    fetched = call("get", "prompts/support-triage", params={"tenant": "tenant-1"}).json()
    assert one["prompts"] == [fetched]
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = call("get", "prompts", params={"limit": 1, **cursor}).json()
        found += page["prompts"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert [row["tenant"] for row in found] == [None, "tenant-0", "tenant-1"]


def test_program_lints_and_is_told_what_is_wrong(call: Call) -> None:
    good = call("post", "lint", json={"text": "Be kind."})
    assert (good.status_code, good.json()["decision"]) == (200, "accept")
    slots = {"tone": "We refund every order, no questions asked."}
    asked = {"prompt": "support-triage", "tenant": "tenant-0", "slots": slots}
    bad = call("post", "lint", json=asked).json()
    assert bad["decision"] == "reject" and bad["findings"][0]["rule"] == "refunds"


def test_every_refusal_is_a_problem_document(call: Call, fleet: Fleet) -> None:
    path = f"variants/{fleet.variants[0].pk}/rollback"
    for status, answer in (
        (404, call("get", "prompts/nothing")),
        (404, call("get", "prompts/support-triage", params={"tenant": "nobody"})),
        (404, call("get", "nothing")),
        (401, call("get", "prompts/support-triage", headers={"Authorization": "Bearer x"})),
        (405, call("delete", "prompts/support-triage")),
        (422, call("post", "lint", json={})),
        (422, call("post", path, json={"reason": " "})),
        (409, call("post", path, json={"reason": "Nothing was live before."})),
        (404, call("post", "variants/0/rollback", json={"reason": "x"})),
    ):
        assert answer.status_code == status, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json", answer.url
        assert answer.json()["status"] == status and answer.json()["detail"], answer.url
