"""Langfuse's prompt read, call by call: labels, versions, keys, and what is refused how."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.test import Client

from fleet.delivery.keys import Secret, create_api_key
from fleet.release.actions import withdraw
from registry.models import Tenant
from tests.builders import Fleet

URL = "/api/public/v2/prompts/support-triage"


def basic(secret: Secret) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(secret.pair.encode()).decode()}


@pytest.fixture
def call(fleet: Fleet, client: Client) -> Any:
    """Ask with a key that may read everything."""
    _, secret = create_api_key(name="langfuse", scopes=["prompts:read"])
    return lambda url=URL, method="get": getattr(client, method)(url, headers=basic(secret))


def test_answer_has_the_shape_of_a_langfuse_text_prompt(call: Any, fleet: Fleet) -> None:
    answer = call(f"{URL}?label=tenant-0").json()
    revision = fleet.variants[0].served.release.revision
    assert {name: answer[name] for name in ("name", "version", "type", "prompt", "labels")} == {
        "name": "support-triage", "version": 1, "type": "text", "prompt": revision.text,
        "labels": ["tenant-0"],
    }  # fmt: skip
    assert (answer["tags"], answer["commitMessage"]) == ([], None)
    assert answer["config"]["model"] == "sim-aurora-2025-02-11"
    assert answer["config"]["sha256"] == revision.sha256


def test_no_label_production_and_latest_are_the_platform_default(call: Any) -> None:
    for query in ("", "?label=production", "?label=latest", "?version=1"):
        answer = call(URL + query).json()
        assert (answer["labels"], answer["config"]["tenant"]) == (["production", "latest"], None)


def test_what_does_not_serve_is_not_found(call: Any) -> None:
    for query, told in (
        ("?label=nobody", "nobody"),
        ("?version=7", "version 1 does"),
        ("?label=tenant-0&version=2", "version 1 does"),
    ):
        answer = call(URL + query)
        assert answer.status_code == 404 and told in answer.json()["message"], query


def test_staging_needs_its_scope_and_something_there(client: Client, fleet: Fleet) -> None:
    for scopes, status in ((["prompts:read"], 403), (["prompts:read", "prompts:staging"], 404)):
        _, secret = create_api_key(name=str(status), scopes=scopes)
        answer = client.get(f"{URL}?label=staging", headers=basic(secret))
        assert answer.status_code == status and "staging" in answer.json()["message"]


def test_withdrawn_prompt_is_not_found_so_that_the_sdk_drops_its_copy(
    call: Any, fleet: Fleet
) -> None:
    withdraw(fleet.variants[0], by=fleet.policy_owner, reason="It promises refunds.")
    answer = call(f"{URL}?label=tenant-0")
    assert answer.status_code == 404 and "withdrawn" in answer.json()["message"]


def test_tenants_key_reads_its_own_label_only(client: Client, fleet: Fleet) -> None:
    tenant = Tenant.objects.get(slug="tenant-0")
    _, secret = create_api_key(name="t", scopes=["prompts:read"], tenant=tenant)
    assert client.get(f"{URL}?label=tenant-0", headers=basic(secret)).status_code == 200
    for query in ("", "?label=tenant-1", "?version=1", "?label=nobody"):
        answer = client.get(URL + query, headers=basic(secret))
        assert answer.status_code == 403 and "tenant-0" in answer.json()["message"]


def test_key_without_scope_wrong_or_missing_is_refused(client: Client, fleet: Fleet) -> None:
    _, lint = create_api_key(name="l", scopes=["lint:run"])
    assert client.get(URL, headers=basic(lint)).status_code == 403
    wrong = Secret(lint.prefix, "x" * 40)
    for headers in ({}, basic(wrong), {"Authorization": "Basic !"}):
        for url in (URL, "/api/public/projects"):
            answer = client.get(url, headers=headers)
            assert answer.status_code == 401
            assert answer["WWW-Authenticate"].startswith("Basic")


UNSUPPORTED = [
    ("post", "/api/public/v2/prompts", 405),
    ("get", "/api/public/v2/prompts", 404),
    ("patch", f"{URL}/versions/1", 405),
    ("delete", URL, 405),
    ("post", "/api/public/ingestion", 405),
    ("post", "/api/public/otel/v1/traces", 405),
    ("get", "/api/public/v2/datasets", 404),
    ("get", f"{URL}?type=chat", 400),
    ("get", f"{URL}?version=two", 400),
    ("get", f"{URL}?version=²", 400),
    ("get", f"{URL}?label=%00", 400),
    ("get", "/api/public/v2/prompts/folder%2Fname", 404),
    ("get", "/api/public/", 404),
]


def test_what_is_not_supported_is_said_in_json(call: Any) -> None:
    for method, url, status in UNSUPPORTED:
        answer = call(url, method)
        assert answer.status_code == status, url
        assert answer["Content-Type"] == "application/problem+json", url
        assert answer.json()["detail"], url


def test_health_asks_for_no_key(client: Client) -> None:
    assert client.get("/api/public/health").json()["status"] == "OK"
