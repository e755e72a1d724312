"""What was asked before is not asked again: re-runs, new scores, new thresholds, some cases."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from django.utils import timezone

from evals.actions import rescore, run_again, start_run
from evals.models import Case, CaseResult, EvalRun, Outcome, RunKind
from evals.scorers import SCORERS
from evals.suites import write_suite
from tests.builders import Fleet
from tests.evals.asked import FORBIDDEN, begun, suite, work_off
from tests.evals.endpoint import Provider, question_of

pytestmark = pytest.mark.django_db


def answered(run: EvalRun) -> EvalRun:
    work_off()
    run.refresh_from_db()
    return run


def again(run: EvalRun, **kwargs: Any) -> EvalRun:
    return answered(start_run(run.revision, baseline=run.baseline, by=None, **kwargs))


def test_a_second_run_of_the_same_takes_every_answer(fleet: Fleet, asked: Provider) -> None:
    suite(fleet, ordinary=30)
    first = answered(begun(fleet))
    calls = len(asked.calls)
    second = again(first)
    assert len(asked.calls) == calls and second.pk != first.pk
    assert second.results.filter(taken_from__run=first).count() == calls
    assert {row.cost for row in second.results.all()} == {0}
    third = again(first)
    assert third.results.filter(taken_from__run=first).count() == calls, "no chain of takings"


def test_afresh_takes_none(fleet: Fleet, asked: Provider) -> None:
    suite(fleet, ordinary=10, refunds=0)
    first = answered(begun(fleet))
    again(first, afresh=True)
    assert len(asked.calls) == 40


def test_other_parameters_and_texts_are_other_questions(fleet: Fleet, asked: Provider) -> None:
    suite(fleet, ordinary=10, refunds=0)
    first = answered(begun(fleet))
    again(first, parameters={"temperature": 0.7})
    assert len(asked.calls) == 40 and asked.calls[-1]["temperature"] == 0.7
    answered(begun(fleet, fleet.variants[1]))
    assert len(asked.calls) == 50, "its old text is another, its new text the very same"


def test_answers_older_than_the_setting_are_asked_anew(
    fleet: Fleet, asked: Provider, settings: Any
) -> None:
    suite(fleet, ordinary=10, refunds=0)
    first = answered(begun(fleet))
    settings.ANSWERS_KEPT_DAYS = 0
    again(first)
    assert len(asked.calls) == 40
    run_again(first, fleet.engineer)
    work_off()
    assert len(asked.calls) == 40, "a run that is run again lends its answers however old"


def test_a_changed_expectation_is_scored_on_the_answer_that_was_had(
    fleet: Fleet, asked: Provider
) -> None:
    suite(fleet, ordinary=10, refunds=0)
    first = answered(begun(fleet))
    rows = [
        {name: getattr(case, name) for name in ("key", "messages", "variables", "tags")}
        | {"expectations": [{"scorer": "contains_any", "values": ["nowhere"]}]}
        for case in Case.objects.filter(suite_version__in=first.suite_versions.all())
    ]
    write_suite(prompt=fleet.prompt, by=fleet.engineer, cases=rows)
    second = again(first)
    assert len(asked.calls) == 20 and second.verdict.pass_rate == 0.0


def test_scored_again_asks_no_model_and_takes_todays_thresholds(
    fleet: Fleet, asked: Provider
) -> None:
    suite(fleet, ordinary=60, refunds=0)
    first = answered(begun(fleet))
    fleet.variants[0].min_pass_rate = 0.99
    fleet.variants[0].save()
    first.revision.variant.refresh_from_db()
    asked.hang = True
    second = answered(rescore(first, fleet.engineer))
    assert second.thresholds["min_pass_rate"] == 0.99 and second.again_of == first
    assert second.results.filter(taken_from__run=first).count() == 120 == len(asked.calls)
    assert second.verdict.kind == first.verdict.kind == "go"


def test_scored_again_what_had_no_answer_has_none(fleet: Fleet, asked: Provider) -> None:
    suite(fleet, ordinary=20, refunds=20)
    asked.answer = lambda body: (
        web.Response(status=400) if "refund" in question_of(body) else "Yes."
    )
    first = answered(begun(fleet))
    asked.answer = lambda body: "Yes."
    second = answered(rescore(first, fleet.engineer))
    assert len(asked.calls) == 80
    errors = second.results.filter(outcome=Outcome.ERROR)
    assert errors.count() == 40 and "no model is asked" in errors[0].error


def test_run_again_asks_only_what_failed(fleet: Fleet, asked: Provider) -> None:
    suite(fleet, ordinary=40, refunds=20)
    asked.answer = lambda body: (
        web.Response(status=400) if "refund" in question_of(body) else "Yes."
    )
    first = answered(begun(fleet))
    asked.answer = lambda body: "Yes."
    second = answered(run_again(first, fleet.engineer))
    assert first.verdict.kind == "inconclusive" and second.verdict.kind == "go"
    assert len(asked.calls) == 120 + 40
    assert {question_of(body)[:6] for body in asked.calls[120:]} == {"refund"}


def test_some_cases_alone_are_a_trial(fleet: Fleet, asked: Provider) -> None:
    suite(fleet, ordinary=40, refunds=20)
    first = begun(fleet)
    chosen = Case.objects.filter(suite_version__in=first.suite_versions.all(), key="case-3")
    trial = start_run(first.revision, baseline=None, by=None, only=[chosen.get().pk])
    assert (trial.kind, trial.calls_planned, trial.only) == (RunKind.TRIAL, 1, [chosen.get().pk])
    answered(trial)
    assert trial.results.get().case.key == "case-3"


def test_a_case_that_cannot_be_scored_neither_fails_nor_stops_the_run(
    fleet: Fleet, asked: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no such scorer")

    suite(fleet, ordinary=60, refunds=0)
    run = begun(fleet)
    monkeypatch.setitem(SCORERS, "not_contains", broken)
    answered(run)
    rows = CaseResult.objects.filter(run=run)
    assert {row.outcome for row in rows} == {Outcome.UNSCORED} and "no such" in rows[0].error
    assert run.verdict.kind == "inconclusive" and rows[0].answer


def test_two_clicks_make_one_run(fleet: Fleet, asked: Provider) -> None:
    first = begun(fleet)
    twice = start_run(first.revision, baseline=first.baseline, by=fleet.manager)
    other = start_run(first.revision, baseline=None, by=fleet.engineer)
    assert twice == first != other
    answered(first)
    assert start_run(first.revision, baseline=first.baseline, by=fleet.manager) != first


def test_answers_are_kept_by_when_they_were_given(fleet: Fleet, asked: Provider) -> None:
    suite(fleet, ordinary=5, refunds=0)
    first = answered(begun(fleet))
    asked.answer = lambda body: FORBIDDEN
    second = again(first, afresh=True)
    third = again(first)
    assert set(third.results.values_list("taken_from__run", flat=True)) == {second.pk}
    assert all(row.created_at <= timezone.now() for row in third.results.all())
