"""Keys in both forms, and who acts for one."""

from __future__ import annotations

import base64
from io import StringIO

import pytest
from django.contrib.auth import authenticate as sign_in
from django.core.management import call_command

from fleet.delivery.keys import acting_user, create_api_key, find, parse, revoke_api_key
from fleet.delivery.models import ApiKey
from fleet.release.actions import roll_back
from registry.models import Event, Tenant, User
from registry.roles import NotAllowed, require
from tests.builders import Fleet
from tests.release.test_invariants import published


def basic(pair: str) -> str:
    """A Basic header."""
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def test_a_key_is_found_by_its_bearer_form_and_by_its_pair(fleet: Fleet) -> None:
    key, secret = create_api_key(name="App", scopes=["prompts:read"])
    for header in (f"Bearer {secret.bearer}", f"bearer  {secret.bearer}", basic(secret.pair)):
        pair = parse(header)
        assert pair is not None
        assert find(*pair) == key


@pytest.mark.parametrize(
    "header",
    [
        "", "Bearer", "Bearer ", "Bearer pf__x", "Bearer pf_x_", "Bearer xx_y_z", "Bearer pf_é_z",
        "Basic", "Basic !!!", basic("pk-x"), basic("x:y"), basic("pk-:sk-"), basic("pk-é:sk-x"),
        basic("pk-\x00:sk-x"), "Digest x", "Bearer pf_x_" + "y" * 1000,
    ],
)  # fmt: skip
def test_a_header_that_is_no_key_is_none(header: str) -> None:
    assert parse(header) is None


def test_a_wrong_secret_and_a_revoked_key_are_not_found(fleet: Fleet) -> None:
    key, secret = create_api_key(name="App", scopes=["prompts:read"])
    assert find(secret.prefix, "wrong") is None
    assert find("nobody", secret.secret) is None
    revoke_api_key(key, by=fleet.operator)
    assert find(secret.prefix, secret.secret) is None


def test_a_key_that_rolls_back_stands_in_the_trail_by_its_name(fleet: Fleet) -> None:
    key, _ = create_api_key(name="Deploy bot", scopes=["releases:write"])
    published(fleet, fleet.variants[0])
    roll_back(fleet.variants[0], by=acting_user(key), reason="Refusals up.")
    event = Event.objects.filter(verb="release.rollback").latest("pk")
    assert event.actor is not None
    assert event.actor.display_name == "API key Deploy bot"
    assert event.actor.username == f"key-{key.prefix}"


def test_a_keys_user_may_do_what_its_scopes_stand_for_and_nothing_else(fleet: Fleet) -> None:
    key, _ = create_api_key(name="App", scopes=["releases:write"])
    user = acting_user(key)
    require(user, "roll_back", fleet.variants[0].tenant)
    require(user, "roll_back", None)
    for capability in ("run_evals", "approve", "release", "manage_keys", "revoke"):
        with pytest.raises(NotAllowed):
            require(user, capability, fleet.variants[0].tenant)
    reader = acting_user(create_api_key(name="Reader", scopes=["prompts:read"])[0])
    with pytest.raises(NotAllowed):
        require(reader, "roll_back", fleet.variants[0].tenant)


def test_a_tenants_key_acts_for_that_tenant_only(fleet: Fleet) -> None:
    tenant = Tenant.objects.get(slug="tenant-0")
    key, _ = create_api_key(name="App", scopes=["releases:write", "evals:run"], tenant=tenant)
    user = acting_user(key)
    require(user, "roll_back", tenant)
    require(user, "run_evals", tenant)
    for other in (None, Tenant.objects.get(slug="tenant-1")):
        with pytest.raises(NotAllowed, match="not yours"):
            require(user, "roll_back", other)


def test_a_revoked_keys_user_may_nothing(fleet: Fleet) -> None:
    key, _ = create_api_key(name="App", scopes=["releases:write"])
    user = acting_user(revoke_api_key(key, by=fleet.operator))
    with pytest.raises(NotAllowed):
        require(user, "roll_back", fleet.variants[0].tenant)


def test_a_keys_user_is_made_once_and_cannot_sign_in(fleet: Fleet) -> None:
    key, secret = create_api_key(name="App", scopes=["evals:run"])
    first = acting_user(key)
    again = acting_user(ApiKey.objects.get(pk=key.pk))
    assert first.pk == again.pk == ApiKey.objects.get(pk=key.pk).user_id
    plain = User.objects.get(pk=first.pk)
    assert not plain.has_usable_password() and not plain.groups.exists()
    assert not plain.has_perm("registry.run_evals"), "as a plain user it may nothing"
    assert sign_in(username=plain.username, password=secret.secret) is None


def test_the_command_prints_the_pair_alone_on_the_last_line(fleet: Fleet) -> None:
    said = StringIO()
    call_command(
        "create_api_key", name="App", scopes="prompts:read,prompts:staging", langfuse=True,
        stdout=said,
    )  # fmt: skip
    pair = said.getvalue().splitlines()[-1]
    public, _, secret = pair.partition(":")
    assert public.startswith("pk-") and secret.startswith("sk-")
    found = parse(basic(pair))
    assert found is not None
    key = find(*found)
    assert key is not None and key.scopes == ["prompts:read", "prompts:staging"]
