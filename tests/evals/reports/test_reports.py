"""A run as a file: what it says, that it stands alone, that nothing in it can act."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evals.models import Case, CaseResult, EvalRun
from evals.reports import page
from evals.reports.facts import facts_of
from evals.views.marks import marked
from registry.models import User
from tests.builders import Fleet
from tests.evals.measured import measure
from tests.evals.test_pages import begun

pytestmark = pytest.mark.django_db

CASES = 60
"""Of the usual fleet's core suite."""

HOSTILE = '=cmd()<script src="http://x.example/"></script>\x0b&'


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def run(fleet: Fleet) -> EvalRun:
    run = begun(fleet, fleet.variants[0])
    case = Case.objects.get(suite_version__in=run.suite_versions.all(), key="case-1")
    CaseResult.objects.bulk_create(
        CaseResult(
            run=run, arm="candidate", case=case, outcome="answered", answer=HOSTILE, repeat=repeat,
            score=0.0, details=[{"value": 0.0, "detail": HOSTILE}],
        )
        for repeat in (1, 2)
    )  # fmt: skip
    measure(run, failing=["case-3"], failing_before=["case-2", "case-3"])
    return run


@pytest.fixture
def read(fleet: Fleet, run: EvalRun) -> Callable[[str], str]:
    client = signed_in(fleet.viewer)

    def read(name: str) -> str:
        answer = client.get(reverse(name, args=[run.pk]))
        assert answer.status_code == 200
        assert 'filename="eval-' in answer["Content-Disposition"]
        return b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode()

    return read


def test_the_html_stands_alone_and_escapes_everything(
    read: Callable[[str], str], fleet: Fleet
) -> None:
    said = read("eval-run-report")
    assert "Broken" in said and "Fixed" in said and "Simulated" in said
    assert "<script" not in said and "&lt;script" in said
    assert not re.search(r"(?:src|href|url\()\s*=?\s*[\"'(]?(?:http|//|/)", said)
    assert re.search(r"Measured on \d+ \w+ 20\d\d, \d\d:\d\d \w+", said)


def test_the_html_brings_a_policy_under_which_nothing_loads(fleet: Fleet, run: EvalRun) -> None:
    answer = signed_in(fleet.viewer).get(reverse("eval-run-report", args=[run.pk]))
    policy = answer["Content-Security-Policy"]
    assert policy == page.CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "script-src" not in policy


def test_the_csv_holds_every_case_and_no_formula(read: Callable[[str], str]) -> None:
    rows = list(csv.DictReader(io.StringIO(read("eval-run-csv"), newline="")))
    assert len(rows) == CASES
    by_key = {row["case"]: row for row in rows}
    assert by_key["case-1"]["change"] == "broken"
    assert by_key["case-1"]["new_answer"] == f"'{HOSTILE}"
    assert by_key["case-1"]["fails_because"]


def test_the_json_is_one_document_with_every_case(read: Callable[[str], str]) -> None:
    found = json.loads(read("eval-run-json"))
    assert found["counts"]["broken"] == 1 and len(found["cases"]) == CASES
    assert found["simulated"] is True
    assert {case["change"] for case in found["cases"]} == {"broken", "fixed", "failing", "passing"}


def test_the_junit_fails_what_broke_and_skips_what_failed_before(
    read: Callable[[str], str],
) -> None:
    root = ElementTree.fromstring(read("eval-run-junit"))
    suite = root[0]
    kinds = {case.get("name"): [child.tag for child in case] for case in suite}
    assert kinds["case-1"] == ["failure"] and kinds["case-3"] == ["skipped"]
    assert kinds["case-2"] == [] and "verdict" in kinds
    failures = sum(kind == ["failure"] for kind in kinds.values())
    assert (suite.get("tests"), suite.get("failures")) == (str(CASES + 1), str(failures))


def test_a_run_that_is_not_done_says_so(fleet: Fleet) -> None:
    run = begun(fleet, fleet.variants[0])
    client = signed_in(fleet.viewer)
    assert "still going" in client.get(reverse("eval-run-report", args=[run.pk])).content.decode()
    answer = client.get(reverse("eval-run-json", args=[run.pk]))
    assert json.loads(b"".join(answer.streaming_content))["verdict"] is None  # type: ignore[attr-defined]


def test_the_words_that_differ_are_marked_only_in_answers_that_are_alike() -> None:
    rest = "Please send us the number of your order."
    old, new = marked(f"We refund within 14 days. {rest}", f"We refund within 30 days. {rest}")
    assert [span.text for span in old if span.kind == "removed"] == ["14"]
    assert [span.text for span in new if span.kind == "added"] == ["30"]
    assert (
        marked("Quite another answer than the one that follows, and long.", 3 * rest)[0][0].kind
        == "same"
    )


def test_queries_do_not_grow_with_the_cases(fleet: Fleet, run: EvalRun) -> None:
    run = EvalRun.objects.select_related("verdict", "revision__model_target").get(pk=run.pk)
    with CaptureQueriesContext(
        connection,
    ) as few:
        page.written(facts_of(run))
    assert len(few) <= 12
