"""One case of a draft, asked once by a worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evals import trial
from evals.drafts import open_draft, rows_of, save_rows
from evals.model_client import CallFailed, Reply
from evals.models import CaseResult, EvalRun, Suite
from evals.suites import write_suite
from fleet.tasks import work
from registry.models import WorkItem
from tests.builders import Fleet, make_cases

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
Answers = Callable[[str | Exception], None]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Answers:
    """Makes the model answer so, or fail so."""
    settings.PROVIDERS = {"simulator": {"base_url": "http://127.0.0.1:9", "key": "x"}}

    def answer(what: str | Exception) -> None:
        async def complete(*args: Any, **kwargs: Any) -> Reply:
            if isinstance(what, Exception):
                raise what
            return Reply(what, "stop", 10, 5, 120.4)

        monkeypatch.setattr(trial, "complete", complete)

    return answer


def suite_expecting(fleet: Fleet, *expectations: dict[str, Any]) -> tuple[Suite, str]:
    suite = Suite.objects.get()
    opened = open_draft(suite)
    rows = [{**opened.rows[0], "expectations": list(expectations)}, *opened.rows[1:]]
    save_rows(suite, rows, edition=opened.edition, by=fleet.engineer)
    return suite, rows[0]["id"]


def ask(client: Client, suite: Suite, row: str, fleet: Fleet, **more: Any) -> Any:
    data = {"case": row, "variant": fleet.variants[0].pk, **more}
    return client.post(reverse("suite-try", args=[suite.pk]), data, headers=HTMX)


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_answer_and_each_score_come_back_and_leave_no_evidence(
    fleet: Fleet, answers: Answers
) -> None:
    answers("We refund it within 30 days.")
    suite, row = suite_expecting(
        fleet, {"scorer": "contains_any", "values": ["30 days"]},
        {"scorer": "not_contains", "values": ["refund"]},
    )  # fmt: skip
    client = signed_in(fleet.engineer)
    assert b"Asking" in ask(client, suite, row, fleet).content
    item = WorkItem.objects.get(kind=trial.TRIAL_KIND)
    work(item.pk)
    page = client.get(reverse("suite-tried", args=[item.pk]), headers=HTMX).content.decode()
    assert "every 1s" not in page
    assert "We refund it within 30 days." in page
    assert "Simulated" in page
    assert "Fails" in page
    assert page.count('class="mark-pass"') == page.count('class="mark-fail"') == 1
    assert not EvalRun.objects.exists()
    assert not CaseResult.objects.exists()


def test_a_call_that_fails_is_told_and_not_asked_again(fleet: Fleet, answers: Answers) -> None:
    answers(CallFailed("HTTP 500: out of order", again=True))
    suite, row = suite_expecting(fleet)
    client = signed_in(fleet.engineer)
    ask(client, suite, row, fleet)
    item = WorkItem.objects.get(kind=trial.TRIAL_KIND)
    work(item.pk)
    item.refresh_from_db()
    assert item.state == "done"
    assert b"HTTP 500: out of order" in client.get(reverse("suite-tried", args=[item.pk])).content


def test_nobody_reads_what_another_asked(fleet: Fleet) -> None:
    suite, row = suite_expecting(fleet)
    ask(signed_in(fleet.engineer), suite, row, fleet)
    url = reverse("suite-tried", args=[WorkItem.objects.get(kind=trial.TRIAL_KIND).pk])
    assert signed_in(fleet.engineer).get(url).status_code == 200
    assert signed_in(fleet.operator).get(url).status_code == 404


def test_what_cannot_be_asked_is_refused_in_words(fleet: Fleet) -> None:
    suite, row = suite_expecting(fleet)
    client = signed_in(fleet.engineer)
    assert ask(client, suite, "n0", fleet).status_code == 422
    assert b"has no revision 99" in ask(client, suite, row, fleet, revision=99).content
    assert ask(signed_in(fleet.viewer), suite, row, fleet).status_code == 403
    foreign = fleet.variants[-1].pk
    assert ask(signed_in(fleet.manager), suite, row, fleet, variant=foreign).status_code == 404
    for _ in range(trial.MOST_OPEN):
        assert ask(client, suite, row, fleet).status_code == 200
    assert b"Wait for their answers" in ask(client, suite, row, fleet).content


def test_the_cases_that_are_new_in_a_version_are_run_as_a_trial(fleet: Fleet) -> None:
    suite = Suite.objects.get()
    cases = [*rows_of(suite.versions.get()), *make_cases(2, prefix="new")]
    version = write_suite(prompt=fleet.prompt, cases=cases, by=fleet.engineer)
    client, url = signed_in(fleet.engineer), reverse("suite-run", args=[suite.pk, version.number])
    assert b"The 2 new or changed" in client.get(suite.get_absolute_url()).content
    client.post(url, {"variant": fleet.variants[0].pk, "what": "new"})
    run = EvalRun.objects.get()
    assert (run.kind, len(run.only), run.calls_planned) == ("trial", 2, 2)
    for variant in ("", fleet.variants[-1].pk):
        signed_in(fleet.manager).post(url, {"variant": variant})
    assert EvalRun.objects.count() == 1
    assert signed_in(fleet.viewer).post(url, {"variant": fleet.variants[0].pk}).status_code == 403
