"""Cases from a pasted table and from files, and a version as a file."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from evals.drafts import open_draft, rows_of, without_ids
from evals.importers.parsed import UnusableFile
from evals.models import Suite, SuiteDraft
from evals.taking_in import from_files, from_table, with_free_keys
from tests.builders import Fleet

PROMPTFOO = b"""
prompts: ["{{question}}"]
tests:
  - vars: {question: "Where is my parcel?"}
    assert: [{type: contains, value: tomorrow}]
  - vars: {question: "And mine?"}
    assert: [{type: javascript, value: "process.exit(1)"}]
"""


def test_a_table_without_names_is_question_expected_tags() -> None:
    (case,) = from_table("Where is it?\ttomorrow | today\tparcel; late\n").cases
    assert case["messages"] == [{"role": "user", "content": "Where is it?"}]
    assert case["expectations"] == [{"scorer": "contains_any", "values": ["tomorrow", "today"]}]
    assert case["tags"] == ["parcel", "late"]
    (one,) = from_table("And mine?").cases
    assert one["expectations"] == []
    (left,) = from_table("\ttomorrow").left_out
    assert left.place == "line 1"


def test_a_table_with_names_may_have_its_own_order() -> None:
    (case,) = from_table('tags,question,must_pass\nrefunds,"Money, back?",yes').cases
    assert (case["messages"][0]["content"], case["must_pass"]) == ("Money, back?", True)


@pytest.mark.parametrize("text", ["", " \n", "a\x00b", "\ud83d"])
def test_a_table_that_cannot_be_read_is_refused_in_words(text: str) -> None:
    with pytest.raises(UnusableFile):
        from_table(text)


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "", "a\\b.yaml", "x" * 300])
def test_a_file_stays_in_its_folder_whatever_it_is_called(name: str) -> None:
    upload = SimpleUploadedFile("x.yaml", b"\xff\xfe\x00")
    upload._name = name  # past the check of the upload's own setter
    with contextlib.suppress(UnusableFile):
        assert from_files([upload], "promptfoo").cases == []


def test_names_that_are_taken_are_counted_on() -> None:
    cases = with_free_keys([{"key": "a"}, {"key": "a"}, {"key": "b"}], ["a"])
    assert [case["key"] for case in cases] == ["a-2", "a-3", "b"]


@pytest.fixture
def suite(fleet: Fleet) -> Suite:
    return Suite.objects.get()


@pytest.fixture
def engineer(fleet: Fleet) -> Client:
    client = Client()
    client.force_login(fleet.engineer)
    return client


def add(client: Client, suite: Suite, **data: Any) -> Any:
    url = reverse("suite-add", args=[suite.pk])
    return client.post(url, {"edition": open_draft(suite).edition, "way": "file", **data})


@pytest.mark.django_db
def test_what_a_file_brings_and_what_it_leaves_out_are_both_told(
    engineer: Client, suite: Suite
) -> None:
    before = len(open_draft(suite).rows)
    upload = SimpleUploadedFile("config.yaml", PROMPTFOO)
    page = add(engineer, suite, format="promptfoo", files=[upload]).content.decode()
    assert "1 case in" in page or "2 cases in" in page
    assert "javascript" in page
    added = open_draft(suite).rows[before:]
    assert added[0]["messages"][-1]["content"] == "Where is my parcel?"
    assert added[0]["source"]["kind"] == "file"


@pytest.mark.django_db
def test_a_table_pasted_over_somebody_elses_save_is_refused_and_kept(
    engineer: Client, suite: Suite
) -> None:
    add(engineer, suite, way="table", pasted="One?")
    late = add(engineer, suite, way="table", pasted="Two?", edition=0)
    assert late.status_code == 409
    assert "Two?" in late.content.decode()
    assert open_draft(suite).rows[-1]["messages"][0]["content"] == "One?"


@pytest.mark.django_db
def test_files_that_are_none_change_nothing(engineer: Client, suite: Suite) -> None:
    for data in ({}, {"format": "nonsense"}, {"format": "csv", "files": ["text"]}):
        assert add(engineer, suite, **data).status_code == 422
    assert not SuiteDraft.objects.exists()


@pytest.mark.django_db
def test_a_version_downloaded_as_csv_comes_back_the_same(engineer: Client, suite: Suite) -> None:
    answer = engineer.get(reverse("suite-export", args=[suite.pk, 1, "csv"]))
    assert answer["Content-Disposition"].startswith("attachment")
    taken = from_table(answer.content.decode("utf-8-sig"))
    kept = [{**row, "source": {}} for row in without_ids(rows_of(suite.versions.get()))]
    assert [{"weight": 1.0, **case, "source": {}} for case in taken.cases] == kept
    assert (
        b"tests:" in engineer.get(reverse("suite-export", args=[suite.pk, 1, "promptfoo"])).content
    )
    assert engineer.get(reverse("suite-export", args=[suite.pk, 1, "exe"])).status_code == 404
