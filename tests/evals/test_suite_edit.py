"""Writing a suite in the browser: rows, conflicts, undo, freezing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evals.drafts import open_draft
from evals.models import Case, Suite, SuiteDraft
from tests.builders import Fleet
from tests.policy.browser import fields_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def suite(fleet: Fleet) -> Suite:
    """The core of the prompt, twelve cases."""
    return Suite.objects.get()


@pytest.fixture
def engineer(fleet: Fleet) -> Client:
    return signed_in(fleet, "prompt_engineer")


def signed_in(fleet: Fleet, role: str) -> Client:
    client = Client()
    client.force_login(fleet.people[role])
    return client


def edit_url(suite: Suite) -> str:
    return reverse("suite-edit", args=[suite.pk])


def first(suite: Suite) -> str:
    return str(open_draft(suite).rows[0]["id"])


def opened_form(client: Client, suite: Suite, row: str) -> dict[str, Any]:
    page = client.get(edit_url(suite), {"case": row}).content.decode()
    return fields_of(page, "case-form")


def send(client: Client, suite: Suite, row: str, **typed: Any) -> Any:
    """Open a case, type over some fields, press a button."""
    form = opened_form(client, suite, row)
    return client.post(
        edit_url(suite), {**form, "act": "save", **typed}, headers={"HX-Request": "true"}
    )


def test_a_case_saved_as_it_was_opened_makes_no_draft(engineer: Client, suite: Suite) -> None:
    assert send(engineer, suite, first(suite)).status_code == 200
    assert not SuiteDraft.objects.exists()


def test_what_is_typed_is_saved_in_the_draft_and_frozen_as_the_next_version(
    engineer: Client, suite: Suite
) -> None:
    row = first(suite)
    answer = send(
        engineer, suite, row, **{"m-0-content": "Where\r\nis it?", "tags": "parcel, late"}
    )
    assert answer.status_code == 200
    send(engineer, suite, row, act="add-expectation")
    form = opened_form(engineer, suite, row)
    assert form["x-1-scorer"] == ["contains_any"]
    sent = {**form, "act": "save", "x-1-values": "tomorrow\r\n today "}
    assert engineer.post(edit_url(suite), sent).status_code == 302
    opened = open_draft(suite)
    assert opened.rows[0]["messages"] == [{"role": "user", "content": "Where\nis it?"}]
    assert opened.rows[0]["expectations"][1] == {
        "scorer": "contains_any", "values": ["tomorrow", "today"]
    }  # fmt: skip
    page = engineer.get(edit_url(suite)).content.decode()
    frozen = engineer.post(
        reverse("suite-freeze", args=[suite.pk]), {**fields_of(page, ""), **freezing(suite)}
    )
    assert frozen.status_code == 302
    version = suite.versions.first()
    assert version is not None
    assert version.number == 2
    assert Case.objects.get(suite_version=version, position=0).tags == ["parcel", "late"]
    assert not SuiteDraft.objects.exists()


def freezing(suite: Suite, **more: Any) -> dict[str, Any]:
    opened = open_draft(suite)
    head = opened.head.number if opened.head else 0
    return {"edition": opened.edition, "head": head, "note": "Why", **more}
