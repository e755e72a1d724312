"""What an application fetches: fallback, entity tags, keys, problems."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from fleet.delivery import wire
from fleet.delivery.keys import UnknownScope, create_api_key, revoke_api_key
from fleet.delivery.models import ApiKey
from fleet.release.actions import adopt, roll_back, withdraw
from registry.actions import freeze, freeze_overlay, overlay_for
from registry.models import Tenant, Variant
from registry.roles import NotAllowed
from tests.builders import Fleet
from tests.release.test_invariants import published

URL = "/api/v1/prompts/support-triage"


@pytest.fixture
def call(fleet: Fleet, client: Client) -> Any:
    """Fetch with a key that may read everything."""
    _, secret = create_api_key(name="test", scopes=["prompts:read"])
    return lambda url=URL, **headers: client.get(
        url, headers={"Authorization": f"Bearer {secret.bearer}", **headers}
    )


def test_a_fetch_has_the_shape_of_the_contract(call: Any, fleet: Fleet) -> None:
    answer = call(f"{URL}?tenant=tenant-0").json()
    assert answer.keys() == {
        "prompt", "tenant", "locale", "lane", "variant_id", "prompt_id", "revision", "version",
        "release_id", "stage", "model", "text", "sha256", "variables", "layers", "arms", "salt",
        "experiment", "shadow", "fallbacks", "ttl",
    }  # fmt: skip
    assert answer["layers"] == {"policy": 1, "base": "1.0.0", "overlay": 1}
    assert answer["model"] == {"provider": "simulator", "snapshot": "sim-aurora-2025-02-11"}
    assert answer["variables"] == [
        {"name": "user_name", "required": True, "pii": False, "description": "Who asks"}
    ]


def test_without_a_tenant_the_platform_default_answers(call: Any) -> None:
    answer = call().json()
    assert (answer["tenant"], answer["layers"]["overlay"]) == (None, None)


def test_a_tenant_without_a_variant_gets_the_default_with_its_name_echoed(call: Any) -> None:
    Tenant.objects.create(slug="new-one", name="New", segment="retail")
    response = call(f"{URL}?tenant=new-one")
    assert response.json()["tenant"] == "new-one"
    assert response.json()["layers"]["overlay"] is None
    assert response["ETag"] != call()["ETag"]


def test_a_locale_falls_back_to_the_language_and_then_to_the_tenants_own(
    call: Any, fleet: Fleet
) -> None:
    for locale in ("de", "de-AT", "fr"):
        answer = call(f"{URL}?tenant=tenant-0&locale={locale}").json()
        assert answer["locale"] == "en" and answer["tenant"] == "tenant-0"


def test_a_locale_the_tenant_lacks_never_drops_its_overlay_for_the_default(
    call: Any, fleet: Fleet
) -> None:
    tenant = Tenant.objects.create(slug="munich", name="Munich", segment="retail", locale="de")
    variant = Variant.objects.create(prompt=fleet.prompt, tenant=tenant, locale="de")
    overlay = freeze_overlay(
        overlay_for(variant), {"tone": "Sei knapp."}, by=fleet.engineer, note="Adopted"
    )
    revision = freeze(variant, by=fleet.engineer, note="x", target=fleet.old, overlay=overlay)
    adopt(revision, by=fleet.engineer, reason="It served before.")
    answer = call(f"{URL}?tenant=munich&locale=en").json()
    assert (answer["locale"], answer["layers"]["overlay"]) == ("de", 1)
    assert "Sei knapp." in answer["text"]


def test_an_unknown_prompt_tenant_or_lane_is_a_404_that_says_so(call: Any) -> None:
    for url, words in {
        "/api/v1/prompts/nothing": "no prompt called nothing",
        f"{URL}?tenant=nobody": "no tenant called nobody",
        f"{URL}?tenant=tenant-0&lane=economy": "Lanes: primary",
    }.items():
        response = call(url)
        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"
        assert words in response.json()["detail"]


def test_the_same_text_again_is_a_304_without_a_body(call: Any) -> None:
    first = call(f"{URL}?tenant=tenant-0")
    again = call(f"{URL}?tenant=tenant-0", **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert first["Cache-Control"] == "private, max-age=30, stale-if-error=86400"


def test_a_rollback_is_served_at_once(call: Any, fleet: Fleet) -> None:
    before = call(f"{URL}?tenant=tenant-0")
    published(fleet, fleet.variants[0])
    assert call(f"{URL}?tenant=tenant-0").json()["revision"] == 2
    roll_back(fleet.variants[0], by=fleet.operator, reason="Refusals up.")
    after = call(f"{URL}?tenant=tenant-0", **{"If-None-Match": before["ETag"]})
    assert after.json()["text"] == before.json()["text"]
    assert after.json()["release_id"] != before.json()["release_id"]


def test_a_withdrawn_variant_is_gone(call: Any, fleet: Fleet) -> None:
    withdraw(fleet.variants[0], by=fleet.policy_owner, reason="It promises refunds.")
    assert call(f"{URL}?tenant=tenant-0").status_code == 410
    assert call(f"{URL}?tenant=tenant-1").status_code == 200


def test_a_missing_wrong_or_revoked_key_is_a_401(client: Client, fleet: Fleet) -> None:
    key, secret = create_api_key(name="test", scopes=["prompts:read"], by=fleet.operator)
    revoke_api_key(key, by=fleet.operator)
    for header in (
        None,
        "Bearer",
        "Basic abc",
        "Bearer pf_x_y",
        f"Bearer {secret.bearer}",
        "Bearer é",
    ):
        headers = {} if header is None else {"Authorization": header}
        response = client.get(URL, headers=headers)
        assert response.status_code == 401, header
        assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_key_without_the_scope_is_a_403(client: Client, fleet: Fleet) -> None:
    _, secret = create_api_key(name="test", scopes=["lint:run"])
    response = client.get(URL, headers={"Authorization": f"Bearer {secret.bearer}"})
    assert response.status_code == 403 and "prompts:read" in response.json()["detail"]


def test_a_tenants_key_reads_that_tenant_only(client: Client, fleet: Fleet) -> None:
    tenant = Tenant.objects.get(slug="tenant-0")
    _, secret = create_api_key(name="test", scopes=["prompts:read"], tenant=tenant)
    headers = {"Authorization": f"Bearer {secret.bearer}"}
    assert client.get(f"{URL}?tenant=tenant-0", headers=headers).status_code == 200
    for query in ("", "?tenant=tenant-1", "?tenant=nobody"):
        assert client.get(f"{URL}{query}", headers=headers).status_code == 403


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Names of the statements a fetch sends, as it goes."""
    sent: list[bytes] = []
    real = wire._execute

    def noted(mine: Any, statement: wire.Statement, values: Any) -> Any:
        sent.append(statement.name)
        return real(mine, statement, values)

    monkeypatch.setattr(wire, "_execute", noted)
    return sent


def test_a_fetch_takes_one_round_trip_and_nothing_through_the_orm(
    call: Any, statements: list[bytes], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        first = call(f"{URL}?tenant=tenant-0")
        call(f"{URL}?tenant=tenant-0", **{"If-None-Match": first["ETag"]})
    assert statements == [b"fleet_fetch", b"fleet_fetch"]


def test_nul_bytes_and_other_methods_are_answered_in_words(call: Any, client: Client) -> None:
    refused = call(f"{URL}?tenant=%00")
    assert refused.status_code == 400
    assert refused["Content-Type"] == "application/problem+json"
    assert client.post(URL).status_code == 405
    assert call("/api/v1/prompts/%ED%A0%80").status_code in (400, 404)


def test_the_secret_of_a_key_is_not_stored(fleet: Fleet) -> None:
    key, secret = create_api_key(name="test", scopes=["prompts:read"])
    row = ApiKey.objects.filter(pk=key.pk).values().get()
    assert secret.secret not in json.dumps(row, default=str)


def test_an_unknown_scope_is_refused_with_those_there_are(db: None) -> None:
    with pytest.raises(UnknownScope, match="prompts:read"):
        create_api_key(name="test", scopes=["everything"])


def test_only_an_operator_makes_keys(fleet: Fleet) -> None:
    with pytest.raises(NotAllowed):
        create_api_key(name="test", scopes=["prompts:read"], by=fleet.viewer)


def test_readyz_names_each_part(client: Client, db: None) -> None:
    answer = client.get("/readyz")
    assert answer.json()["checks"].keys() == {"database", "redis", "worker", "outbox"}
    assert answer.json()["checks"]["database"] == {"ok": True}
    assert answer.status_code == 503, "no worker has been seen"


def test_healthz_asks_nobody(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
