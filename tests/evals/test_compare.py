"""Two runs beside each other."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evals.actions import start_run
from evals.models import EvalRun
from evals.suites import write_suite
from registry.models import User
from tests.builders import Fleet, make_cases
from tests.evals.measured import measure
from tests.evals.test_pages import begun, signed_in

pytestmark = pytest.mark.django_db


def compared(user: User, a: EvalRun, b: EvalRun, **query: str) -> str:
    client = signed_in(user)
    answer = client.get(reverse("eval-compare"), {"a": a.pk, "b": b.pk, **query})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_same_cases_are_matched_and_what_changed_stands_first(fleet: Fleet) -> None:
    a, b = begun(fleet, fleet.variants[0]), begun(fleet, fleet.variants[1])
    measure(a, failing=["case-1", "case-2"])
    measure(b, failing=["case-2", "case-3"])
    said = compared(fleet.viewer, a, b)
    assert "B broke 1 and fixed 1 of 60 cases" in said
    assert "core/case-3" in said and "core/case-1" not in said
    assert "core/case-1" in compared(fleet.viewer, a, b, show="fixed")
    assert "different variants" in said


def test_suites_that_differ_are_said_in_words(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    a = begun(fleet, variant)
    measure(a)
    cases = make_cases(58)
    cases[0] |= {"messages": [{"role": "user", "content": "Another question?"}]}
    write_suite(
        prompt=fleet.prompt, cases=[*cases, *make_cases(1, prefix="new")], by=fleet.engineer
    )
    b = start_run(a.revision, baseline=a.baseline, by=fleet.engineer)
    measure(b)
    said = compared(fleet.viewer, a, b)
    assert "58 cases are in both, 2 only in A, 1 only in B" in said
    assert "1 case of the same name asks something else" in said


@pytest.mark.parametrize(
    "query", [{"a": "x"}, {"a": str(uuid.uuid4()), "b": str(uuid.uuid4())}, {"b": "\u202e" * 99}]
)
def test_a_run_that_is_not_there_is_said_so(fleet: Fleet, query: dict[str, str]) -> None:
    answer = signed_in(fleet.viewer).get(reverse("eval-compare"), query)
    assert answer.status_code == 404
    assert signed_in(fleet.viewer).get(reverse("eval-compare")).status_code == 200


def test_a_foreign_run_is_neither_compared_nor_offered(fleet: Fleet) -> None:
    own, foreign = begun(fleet, fleet.variants[0]), begun(fleet, fleet.variants[-1])
    measure(own)
    measure(foreign)
    client: Client = signed_in(fleet.manager)
    answer = client.get(reverse("eval-compare"), {"a": own.pk, "b": foreign.pk})
    assert answer.status_code == 404
    assert str(foreign.pk) not in answer.content.decode()


def test_queries_do_not_grow_with_the_cases(fleet: Fleet) -> None:
    a, b = begun(fleet, fleet.variants[0]), begun(fleet, fleet.variants[1])
    measure(a)
    measure(b, failing=["case-1"])
    client, url = signed_in(fleet.viewer), reverse("eval-compare")
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url, {"a": a.pk, "b": b.pk})
    with CaptureQueriesContext(connection) as many:
        client.get(url, {"a": a.pk, "b": b.pk, "show": "passing"})
    assert len(many) == len(one) <= 20
