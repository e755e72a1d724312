"""Writing a suite in the browser: rows, conflicts, undo, freezing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evals.drafts import open_draft
from evals.models import Case, Suite, SuiteDraft
from evals.suites import write_suite
from tests.builders import Fleet, make_cases
from tests.policy.browser import fields_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def suite(fleet: Fleet) -> Suite:
    """A customer's slice of four cases."""
    tenant = fleet.variants[0].tenant
    return write_suite(
        prompt=fleet.prompt, tenant=tenant, cases=make_cases(4), by=fleet.engineer
    ).suite


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


def test_the_second_save_is_refused_with_both_shown_and_nothing_lost(
    fleet: Fleet, suite: Suite
) -> None:
    mine, theirs = signed_in(fleet, "prompt_engineer"), signed_in(fleet, "prompt_engineer")
    row = first(suite)
    form = opened_form(mine, suite, row) | {"act": "save"}
    send(theirs, suite, row, tags="theirs")
    refused = mine.post(edit_url(suite), form | {"tags": "mine, too"})
    page = refused.content.decode()
    assert refused.status_code == 409
    assert open_draft(suite).rows[0]["tags"] == ["theirs"]
    assert "changed this suite while you were writing" in page
    assert fields_of(page, "case-form")["tags"] == ["mine, too"]
    assert '<ins class="suite-now">theirs</ins>' in page
    assert '<ins class="suite-now">mine, too</ins>' in page
    again = fields_of(page, "case-form") | {"act": "save"}
    assert mine.post(edit_url(suite), again).status_code == 409
    over = open_draft(suite).edition
    assert mine.post(edit_url(suite), again | {"over": over}).status_code == 302
    assert open_draft(suite).rows[0]["tags"] == ["mine", "too"]


def test_a_case_somebody_deleted_meanwhile_can_be_saved_all_the_same(
    fleet: Fleet, engineer: Client, suite: Suite
) -> None:
    row = first(suite)
    form = opened_form(engineer, suite, row) | {"act": "save", "m-0-content": "Still here?"}
    send(signed_in(fleet, "prompt_engineer"), suite, row, act="delete")
    refused = engineer.post(edit_url(suite), form)
    assert refused.status_code == 409
    over = open_draft(suite).edition
    engineer.post(edit_url(suite), form | {"over": over})
    assert open_draft(suite).rows[-1]["messages"][0]["content"] == "Still here?"


def test_every_act_on_a_row_can_be_undone_and_done_again(engineer: Client, suite: Suite) -> None:
    def keys() -> list[str]:
        return [row["key"] for row in open_draft(suite).rows[:3]]

    def step(name: str) -> None:
        page = engineer.get(edit_url(suite)).context["page"]
        to = page.steps[0 if name == "undo" else 1]
        data = {"act": name, "to": to, "edition": page.opened.edition}
        assert engineer.post(edit_url(suite), data).status_code == 302

    seen = [keys()]
    for act in ("down", "duplicate", "delete"):
        send(engineer, suite, str(open_draft(suite).rows[0]["id"]), act=act)
        seen.append(keys())
    assert seen == [
        ["case-0", "case-1", "case-2"], ["case-1", "case-0", "case-2"],
        ["case-1", "case-1-copy", "case-0"], ["case-1-copy", "case-0", "case-2"],
    ]  # fmt: skip
    for before in (seen[2], seen[1], seen[0]):
        step("undo")
        assert keys() == before
    assert engineer.get(edit_url(suite)).context["page"].steps[0] is None
    step("redo")
    assert keys() == seen[1]


def test_an_added_case_carries_the_tag_the_list_is_narrowed_to(
    engineer: Client, suite: Suite
) -> None:
    data = {"act": "new", "edition": open_draft(suite).edition}
    engineer.post(f"{edit_url(suite)}?tag=general", data)
    row = open_draft(suite).rows[-1]
    assert row["tags"] == ["general"]
    page = engineer.get(edit_url(suite), {"case": row["id"]}).content.decode()
    assert "Before it can be frozen: it has no messages." in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"m-0-content": "x" * 100_001}, "100,000"),
        ({"weight": "heavy"}, "Weight"),
        ({"weight": "-1"}, "weight"),
        ({"tags": "t" * 61}, "tags"),
        ({"m-0-role": "robot"}, "robot"),
        (
            {"x-0-scorer": "length", "x-0-was": '{"scorer": "length"}', "x-0-max_words": "1e9"},
            "whole",
        ),
        ({"case": "x'; DROP"}, "no such case"),
        ({"key": "k" * 121}, "120"),
    ],
)
def test_what_no_draft_can_hold_is_refused_in_words_with_everything_typed_kept(
    engineer: Client, suite: Suite, typed: dict[str, str], said: str
) -> None:
    answer = send(engineer, suite, first(suite), **typed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not SuiteDraft.objects.exists()


@pytest.mark.parametrize("was", ["", "[1]", "{", '{"scorer": ["x"]}', "[" * 5000, '"text"'])
def test_a_tampered_expectation_is_a_draft_that_cannot_be_frozen_at_worst(
    engineer: Client, suite: Suite, was: str
) -> None:
    typed = {"x-0-was": was, "x-0-scorer": "no_such_scorer", "x-1-scorer": "exact"}
    assert send(engineer, suite, first(suite), **typed).status_code == 200
    refused = engineer.post(reverse("suite-freeze", args=[suite.pk]), freezing(suite))
    assert refused.status_code == 422
    assert suite.versions.count() == 1


def test_freezing_wants_a_reason_a_complete_draft_and_the_version_one_saw(
    fleet: Fleet, engineer: Client, suite: Suite
) -> None:
    def freeze(**more: Any) -> int:
        url = reverse("suite-freeze", args=[suite.pk])
        return int(engineer.post(url, freezing(suite) | more).status_code)

    assert freeze() == 422  # nothing changed
    send(engineer, suite, first(suite), tags="other")
    assert freeze(note=" ") == 422
    assert freeze(edition=0) == 409
    assert freeze(head=7) == 409
    tenant = fleet.variants[0].tenant
    write_suite(prompt=fleet.prompt, tenant=tenant, cases=make_cases(3), by=fleet.engineer)
    assert freeze(head=1) == 409
    page = engineer.get(edit_url(suite)).content.decode()
    assert "Version 2 came since this draft was begun" in page
    assert freeze() == 302


def test_who_may_not_write_a_suite_gets_no_editor(fleet: Fleet) -> None:
    suite = Suite.objects.get()
    for role in ("customer_success", "viewer", "policy_owner", "operator"):
        client = signed_in(fleet, role)
        assert client.get(edit_url(suite)).status_code == 403
        page = client.get(suite.get_absolute_url()).content.decode()
        assert edit_url(suite) not in page
        assert client.post(reverse("suite-switch", args=[suite.pk])).status_code == 403


def test_a_manager_begins_and_writes_a_slice_of_an_own_customer_only(fleet: Fleet) -> None:
    client = signed_in(fleet, "customer_success")
    data = {"scope": "slice", "prompt": fleet.prompt.slug, "tenant": "Tenant 0"}
    begun = client.post(reverse("suite-new"), data)
    own = Suite.objects.get(scope="slice")
    assert begun["Location"] == edit_url(own)
    assert client.get(edit_url(own)).status_code == 200
    assert client.post(reverse("suite-new"), data | {"tenant": "tenant-2"}).status_code == 422
    assert client.post(reverse("suite-new"), data | {"scope": "core"}).status_code == 403


def test_a_list_and_an_editor_of_many_cases_ask_the_database_no_more(
    fleet: Fleet, engineer: Client, suite: Suite
) -> None:
    counts = []
    tenant = fleet.variants[0].tenant
    for cases in (3, 120):
        write_suite(prompt=fleet.prompt, tenant=tenant, cases=make_cases(cases), by=fleet.engineer)
        for url in (edit_url(suite), suite.get_absolute_url(), reverse("suite-list")):
            with CaptureQueriesContext(connection) as queries:
                assert engineer.get(url, {"case": first(suite)}).status_code == 200
            counts.append(len(queries))
    assert counts[:3] == counts[3:]
