"""The operator's workshop: everything can be read, and only what may be changed is."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from fleet.delivery.models import ApiKey
from registry.models import Revision, Tenant, User, Variant
from tests.builders import PASSWORD, Fleet

OURS = [
    model
    for label in ("registry", "evals", "fleet")
    for model in apps.get_app_config(label).get_models()
    if not model.__name__.startswith("Historical") and model._meta.managed and not model._meta.proxy
]
INLINE = {"Contact"}


def _url(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def operator(fleet: Fleet, client: Client) -> Client:
    """A browser in which the operator is signed in."""
    client.force_login(fleet.operator)
    return client


def test_every_table_is_in_the_workshop() -> None:
    missing = {model.__name__ for model in OURS if not admin.site.is_registered(model)}
    assert missing == INLINE


@pytest.mark.parametrize(
    "model", [model for model in OURS if model.__name__ not in INLINE], ids=lambda m: m.__name__
)
def test_every_list_opens_and_can_be_searched(model: type[Model], operator: Client) -> None:
    assert operator.get(_url(model, "changelist")).status_code == 200
    assert operator.get(_url(model, "changelist"), {"q": "acme"}).status_code == 200


def test_a_revision_can_be_read_and_not_changed(operator: Client, fleet: Fleet) -> None:
    revision = fleet.variants[0].revisions.get()
    page = operator.get(_url(Revision, "change", revision.pk))
    assert page.status_code == 200 and b'name="_save"' not in page.content
    assert operator.post(_url(Revision, "change", revision.pk), {"text": "x"}).status_code == 403
    assert operator.post(_url(Revision, "delete", revision.pk), {"post": "yes"}).status_code == 403
    assert operator.get(_url(Revision, "add")).status_code == 403


def test_even_a_superuser_changes_no_frozen_row(operator: Client, fleet: Fleet) -> None:
    fleet.operator.is_superuser = True
    fleet.operator.save()
    revision = fleet.variants[0].revisions.get()
    assert operator.post(_url(Revision, "delete", revision.pk), {"post": "yes"}).status_code == 403


def test_a_tenants_revenue_may_be_changed_and_its_history_says_so(
    operator: Client, fleet: Fleet
) -> None:
    tenant = fleet.variants[0].tenant
    assert tenant is not None
    form = {
        "slug": tenant.slug, "name": tenant.name, "segment": tenant.segment, "locale": "en",
        "timezone": "UTC", "annual_revenue": "123", "contract_notes": "",
        "contacts-TOTAL_FORMS": "0", "contacts-INITIAL_FORMS": "0",
    }  # fmt: skip
    operator.post(_url(Tenant, "change", tenant.pk), form)
    tenant.refresh_from_db()
    assert tenant.annual_revenue == 123
    assert tenant.history.first().history_user == fleet.operator


def test_a_variants_names_are_fixed_and_its_threshold_is_not(
    operator: Client, fleet: Fleet
) -> None:
    variant = fleet.variants[0]
    operator.post(
        _url(Variant, "change", variant.pk), {"min_pass_rate": "0.9", "locale": "de", "margin": ""}
    )
    variant.refresh_from_db()
    assert (variant.min_pass_rate, variant.locale) == (0.9, "en")


def test_a_new_keys_secret_is_shown_once_and_works(operator: Client, fleet: Fleet) -> None:
    form = {"name": "shop", "scopes": "prompts:read", "tenant": ""}
    page = operator.post(_url(ApiKey, "add"), form, follow=True)
    secret = page.content.decode().split("shown only now: ")[1].split("<")[0].strip()
    answer = operator.get(
        "/api/v1/prompts/support-triage", headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 200
    assert secret not in operator.get(_url(ApiKey, "changelist")).content.decode()


def test_a_prompt_engineer_has_no_way_into_the_workshop(fleet: Fleet, client: Client) -> None:
    client.force_login(fleet.engineer)
    assert client.get(_url(Revision, "changelist")).status_code == 302


def test_an_operator_gives_roles_to_others_and_not_to_themselves(
    operator: Client, fleet: Fleet
) -> None:
    def form(person: User) -> dict[str, object]:
        role = Group.objects.get(name="policy_owner").pk
        return {
            "username": person.username, "email": person.email, "is_active": "on",
            "is_superuser": "on", "is_staff": "on", "groups": [role],
            "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00",
        }  # fmt: skip

    for person in (fleet.viewer, fleet.operator):
        operator.post(_url(User, "change", person.pk), form(person))
    fresh = {user.username: user for user in User.objects.all()}
    assert fresh["viewer"].role_names == ("policy_owner",)
    assert fresh["operator"].role_names == ("operator",)
    assert not any(user.is_superuser for user in fresh.values())


def test_an_operator_cannot_take_over_a_superuser(operator: Client, fleet: Fleet) -> None:
    boss = User.objects.create_superuser("boss", password=PASSWORD)
    new = {"password1": "another-long-password", "password2": "another-long-password"}
    assert operator.post(f"/admin/registry/user/{boss.pk}/password/", new).status_code == 403
    boss.refresh_from_db()
    assert boss.check_password(PASSWORD)
