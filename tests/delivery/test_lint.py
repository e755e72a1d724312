"""`POST /api/v1/lint`: the guardrails for programs, whatever they send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from fleet.delivery.keys import create_api_key
from registry.models import Tenant
from tests.builders import Fleet

pytestmark = pytest.mark.django_db

URL = "/api/v1/lint"


@pytest.fixture
def post(fleet: Fleet, client: Client) -> Any:
    """Post a body with a key that may lint for everybody."""
    return poster(client)


def poster(client: Client, tenant: Tenant | None = None, scope: str = "lint:run") -> Any:
    _, secret = create_api_key(name="test", scopes=[scope], tenant=tenant)

    def send(body: Any, **headers: str) -> Any:
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        return client.post(
            URL, data, content_type="application/json",
            headers={"Authorization": f"Bearer {secret.bearer}", **headers},
        )  # fmt: skip

    return send


PROMISE = "Be kind. We refund every order without questions."


def test_a_text_is_held_against_the_global_policy(post: Any) -> None:
    answer = post({"text": PROMISE}).json()
    assert answer["decision"] == "reject"
    [finding] = answer["findings"]
    assert finding["rule"] == "refunds" and finding["severity"] == "block"
    start, end = finding["span"]
    assert PROMISE[start:end] == finding["quote"]


def test_an_honest_text_is_accepted(post: Any) -> None:
    assert post({"text": "Be formal."}).json() == {"decision": "accept", "findings": []}


def test_slots_are_checked_for_the_tenants_variant_and_findings_name_the_slot(post: Any) -> None:
    answer = post(
        {"prompt": "support-triage", "tenant": "tenant-0", "slots": {"tone": PROMISE}}
    ).json()
    assert answer["decision"] == "reject"
    assert {finding["slot"] for finding in answer["findings"]} == {"tone"}


def test_a_slot_the_base_lacks_is_a_finding_that_names_those_it_has(post: Any) -> None:
    body = {"prompt": "support-triage", "tenant": "tenant-0", "slots": {"mood": "Sunny."}}
    [finding] = post(body).json()["findings"]
    assert (finding["rule"], finding["slot"]) == ("unknown_slot", "mood")
    assert "citations, tone" in finding["hint"]


def test_a_tenant_without_a_variant_is_checked_as_one_that_will_have_it(post: Any) -> None:
    Tenant.objects.create(slug="new-one", name="New", segment="retail")
    body = {"prompt": "support-triage", "tenant": "new-one", "slots": {"tone": PROMISE}}
    assert post(body).json()["decision"] == "reject"


@pytest.mark.parametrize("text", ["\x00", "broken \ud800 half", "a\u202eb"])
def test_text_that_cannot_be_stored_is_answered_not_failed(post: Any, text: str) -> None:
    answer = post({"text": text})
    assert answer.status_code == 200
    assert answer.json()["decision"] in ("accept", "reject")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        (b"\xff\xfe", 400),
        ("[]", 422),
        ("null", 422),
        ({}, 422),
        ({"text": 5}, 422),
        ({"slots": {"tone": "x"}}, 422),
        ({"prompt": "support-triage", "slots": ["x"]}, 422),
        ({"prompt": "support-triage", "slots": {"tone": 5}}, 422),
        ({"prompt": "support-triage", "slots": dict.fromkeys(map(str, range(201)), "")}, 422),
        ({"prompt": 7, "text": "x"}, 422),
        ({"prompt": "nobody", "text": "x"}, 404),
        ({"prompt": "no\x00body", "text": "x"}, 404),
        ({"prompt": "support-triage", "tenant": "nobody", "slots": {}}, 404),
        ({"prompt": "\ud800", "text": "x"}, 404),
        ("[" * 100_000, 400),
    ],
)
def test_a_body_that_cannot_be_used_gets_a_problem_document(
    post: Any, body: Any, status: int
) -> None:
    answer = post(body)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_a_body_over_the_limit_is_413(post: Any) -> None:
    answer = post({"text": "x" * 10_000_000})
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")


def test_a_key_bound_to_a_tenant_lints_for_that_one_only(fleet: Fleet, client: Client) -> None:
    send = poster(client, tenant=fleet.variants[0].tenant)
    body = {"prompt": "support-triage", "slots": {"tone": "Be formal."}}
    assert send(body).status_code == 200
    assert send({**body, "tenant": "tenant-1"}).status_code == 403


def test_a_key_without_the_scope_is_refused(fleet: Fleet, client: Client) -> None:
    answer = poster(client, scope="prompts:read")({"text": "x"})
    assert answer.status_code == 403 and "lint:run" in answer.json()["detail"]
    assert client.post(URL, "{}", content_type="application/json").status_code == 401


def test_the_description_of_the_api_is_public_and_names_both_calls(client: Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert {"/api/v1/lint", "/api/v1/prompts/{slug}"} <= document["paths"].keys()
    assert document["paths"]["/api/v1/lint"]["post"]["security"]
