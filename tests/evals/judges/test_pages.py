"""The judges' pages: may it gate, on what grounds, and who may calibrate it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evals.actions import start_run
from evals.judges.calibrating import calibrate
from evals.models import Case, CaseResult, EvalRun, RunKind
from evals.suites import write_suite
from evals.views.cases import Shown, Standing
from registry.models import Prompt, User
from tests.builders import Fleet, make_cases
from tests.evals.judges.world import SLUG, make_judge, say, verdict, write_labels
from tests.evals.measured import measure

pytestmark = pytest.mark.django_db

EXPECTS = {"scorer": "llm_judge", "judge": SLUG, "criteria": "It is kind."}


def page(user: User, name: str = "judge-detail", *args: str) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(reverse(name, args=args or ([SLUG] if name != "judge-list" else [])))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def post(user: User, name: str, **data: Any) -> Any:
    client = Client()
    client.force_login(user)
    return client.post(reverse(name, args=[SLUG]), data, follow=True)


def judged_slice(fleet: Fleet, number: int) -> None:
    cases: list[dict[str, Any]] = make_cases(3)
    for case in cases:
        case["expectations"] = [EXPECTS]
    write_suite(
        prompt=fleet.prompt, tenant=fleet.variants[number].tenant, cases=cases, by=fleet.engineer
    )


def test_list_says_what_may_gate_and_why_not(fleet: Fleet) -> None:
    assert "There is no judge yet" in page(fleet.viewer, "judge-list")
    judge = make_judge(fleet)
    assert "no labelled answers yet" in page(fleet.viewer, "judge-list")
    write_labels(fleet)
    assert "Report only" in page(fleet.viewer, "judge-list")
    say(calibrate(judge, by=fleet.engineer))
    text = page(fleet.viewer, "judge-list")
    assert "Calibrated" in text and "1.00" in text and "kappa 1.00 (almost perfect)" in text


def test_detail_tells_kappa_interval_confusion_and_each_difference(fleet: Fleet) -> None:
    judge = make_judge(fleet)
    write_labels(fleet)
    say(calibrate(judge, by=fleet.engineer), [verdict("fail")] * 2 + ["Perhaps."])
    text = page(fleet.viewer)
    assert "<strong>Yes.</strong>" in text and "almost perfect" in text
    assert "95 % confidence" in text and 'role="img"' in text
    assert 'Where they differ <span class="count">3</span>' in text
    assert "Judge: not readable" in text and "The judge: So it sounds." in text
    assert "cracked housing" in text


def test_detail_of_a_judge_that_failed_says_what_it_needs(fleet: Fleet) -> None:
    judge = make_judge(fleet)
    write_labels(fleet)
    say(calibrate(judge, by=fleet.engineer), [verdict("fail")] * 15)
    text = page(fleet.viewer)
    assert "No: its scores are reported and count for nothing." in text
    assert "It needs a kappa of 0.6" in text


def test_changed_labels_ask_for_a_new_calibration(fleet: Fleet) -> None:
    judge = make_judge(fleet)
    write_labels(fleet)
    say(calibrate(judge, by=fleet.engineer))
    assert "have changed since" not in page(fleet.viewer)
    write_labels(fleet, 38)
    assert "have changed since" in page(fleet.viewer)


def test_calibrate_button_starts_a_run_and_then_shows_it(fleet: Fleet) -> None:
    judge = make_judge(fleet)
    assert "Calibrate now" not in page(fleet.engineer)
    write_labels(fleet)
    assert "Calibrate now" in page(fleet.engineer)
    answer = post(fleet.engineer, "judge-calibrate", revision=judge.pk)
    run = EvalRun.objects.get(kind=RunKind.CALIBRATION)
    assert answer.redirect_chain[-1][0] == run.get_absolute_url()
    text = page(fleet.engineer)
    assert "Being calibrated" in text and "Calibrate now" not in text


def test_who_may_not_calibrate_sees_no_button_and_is_refused(fleet: Fleet) -> None:
    judge = make_judge(fleet)
    write_labels(fleet)
    for person in (fleet.viewer, fleet.manager, fleet.policy_owner):
        assert "Calibrate now" not in page(person)
        assert post(person, "judge-calibrate", revision=judge.pk).status_code == 403
    assert not EvalRun.objects.filter(kind=RunKind.CALIBRATION).exists()


def test_version_that_is_not_the_judges_is_refused_in_words(fleet: Fleet) -> None:
    make_judge(fleet)
    write_labels(fleet)
    for revision in ("x", fleet.default.revisions.get().pk):
        answer = post(fleet.engineer, "judge-calibrate", revision=revision)
        assert answer.status_code == 422
        assert "Choose one of its versions" in answer.content.decode()


def test_judge_without_labels_is_told_so_by_the_button(fleet: Fleet) -> None:
    judge = make_judge(fleet)
    answer = post(fleet.engineer, "judge-calibrate", revision=judge.pk)
    assert answer.status_code == 422 and "no labelled answers yet" in answer.content.decode()


def test_prompt_that_is_no_judge_has_no_such_page(fleet: Fleet) -> None:
    client = Client()
    client.force_login(fleet.engineer)
    assert client.get(reverse("judge-detail", args=[fleet.prompt.slug])).status_code == 404


def test_manager_sees_only_own_customers_among_the_users_of_a_judge(fleet: Fleet) -> None:
    make_judge(fleet)
    judged_slice(fleet, 0)
    judged_slice(fleet, 2)
    own, foreign = (str(fleet.variants[n].tenant) for n in (0, 2))
    assert own in page(fleet.manager) and foreign not in page(fleet.manager)
    assert foreign in page(fleet.engineer)
    assert "3 cases" in page(fleet.manager, "judge-list")
    assert "6 cases" in page(fleet.engineer, "judge-list")


def test_new_judge_offers_to_score_again_and_does(fleet: Fleet) -> None:
    make_judge(fleet)
    write_labels(fleet)
    write_suite(prompt=fleet.prompt, cases=make_cases(2), by=fleet.engineer)
    judged_slice(fleet, 0)
    measure(start_run(fleet.variants[0].revisions.get(), baseline=None, by=fleet.engineer))
    assert post(fleet.engineer, "judge-rescore").status_code == 409
    say(calibrate(make_judge(fleet), by=fleet.engineer))
    text = page(fleet.engineer)
    assert "The newest run of 1 variant was scored by another version" in text
    assert "Score it again" in text and "Score it again" not in page(fleet.viewer)
    assert "1 runs" in post(fleet.engineer, "judge-rescore").content.decode()
    assert EvalRun.objects.filter(scores_only=True).count() == 1


def queries(user: User, *args: str) -> int:
    client = Client()
    client.force_login(user)
    with CaptureQueriesContext(connection) as seen:
        client.get(reverse(*args[:1], args=args[1:]))
    return len(seen)


def test_queries_do_not_grow_with_judges_or_labels(fleet: Fleet) -> None:
    judge = make_judge(fleet)
    write_labels(fleet, 30)
    say(calibrate(judge, by=fleet.engineer))
    few = queries(fleet.viewer, "judge-list"), queries(fleet.viewer, "judge-detail", SLUG)
    for number in range(10):
        Prompt.objects.create(slug=f"judge-{number}", name=f"Judge {number}", kind="judge")
    write_labels(fleet, 40)
    say(calibrate(judge, by=fleet.engineer), [verdict("fail")] * 20)
    many = queries(fleet.viewer, "judge-list"), queries(fleet.viewer, "judge-detail", SLUG)
    assert many[0] <= few[0] and many[1] <= few[1]


@pytest.mark.parametrize(
    ("value", "counts", "said"),
    [
        (0.0, True, "now: tone-judge: fail."),
        (None, True, "not scored"),
        (0.0, False, "reported only"),
    ],
)
def test_run_page_tells_a_judges_fail_a_missing_verdict_and_a_report_apart(
    value: float | None, counts: bool, said: str
) -> None:
    detail = {"scorer": "llm_judge", "value": value, "detail": "tone-judge: fail."}
    shown = Shown(
        Standing(1, "case-0", [], False), Case(expectations=[EXPECTS]), None,
        CaseResult(details=[{**detail, "counts": counts}, {**detail, "scorer": "moderation"}]),
    )  # fmt: skip
    judge, added = shown.checks
    text = render_to_string("evals/run/_mark.html", {"mark": judge["new"], "when": "now"})
    assert said in text and ("mark-fail" in text) == (value is not None)
    assert added["words"] == "Passes moderation"
