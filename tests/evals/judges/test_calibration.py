"""A judge is asked about what people labelled, and gates only once it agrees with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from evals.actions import CHUNK_KIND, start_run
from evals.judges.calibrating import CannotCalibrate, calibrate
from evals.judges.pinning import judges_of
from evals.judges.rescoring import rescore_all, scored_by_others
from evals.models import Calibration, CaseResult, EvalRun, RunKind, Verdict
from evals.suites import write_suite
from fleet import tasks
from registry.models import WorkItem
from registry.roles import NotAllowed
from tests import live
from tests.builders import Fleet, make_cases
from tests.evals.judges.world import SLUG, make_judge, say, verdict, write_labels
from tests.evals.measured import measure

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The simulated model server."""
    with live.simulator(tmp_path_factory.mktemp("simulator") / "log") as url:
        yield url


def answer(run: EvalRun, simulator: str, settings: Any) -> None:
    """Let the simulated models answer everything of a run."""
    settings.PROVIDERS = {"simulator": {"base_url": simulator, "key": "x", "concurrency": 8}}
    for item in WorkItem.objects.filter(kind=CHUNK_KIND, key__contains=str(run.pk)):
        tasks.work(item.pk)


def judged_suite(fleet: Fleet) -> None:
    """The usual cases, held to a word and to the judge."""
    expects = {"scorer": "llm_judge", "judge": SLUG, "criteria": "It is kind."}
    cases: list[dict[str, Any]] = make_cases(6)
    for case in cases:
        case["expectations"] = [*case["expectations"], expects]
    write_suite(prompt=fleet.prompt, cases=cases, by=fleet.engineer)


def test_calibration_asks_the_judge_and_records_how_far_it_agrees(
    fleet: Fleet, simulator: str, settings: Any
) -> None:
    judge = make_judge(fleet)
    write_labels(fleet)
    run = calibrate(judge, by=fleet.engineer)
    answer(run, simulator, settings)
    found = Calibration.objects.get(run=run)
    assert (found.judge, found.labelled, found.passed) == (judge, 40, True)
    assert 0.7 < found.kappa < 1 and found.kappa_low < found.kappa < found.kappa_high
    assert Verdict.objects.get(run=run).headline == found.said


def test_judge_that_disagrees_is_not_calibrated(fleet: Fleet) -> None:
    judge = make_judge(fleet)
    write_labels(fleet)
    found = say(calibrate(judge, by=fleet.engineer), [verdict("fail")] * 15)
    assert not found.passed and "needs a kappa" in found.said
    assert found.run.verdict.kind == "no_go"


def test_verdicts_that_cannot_be_read_count_against_the_judge(fleet: Fleet) -> None:
    judge = make_judge(fleet)
    write_labels(fleet)
    found = say(calibrate(judge, by=fleet.engineer), ["I would say pass."] * 3)
    assert (found.labelled, found.answered, found.passed) == (40, 37, False)


def test_calls_that_failed_make_a_calibration_that_tells_nothing(fleet: Fleet) -> None:
    judge = make_judge(fleet)
    write_labels(fleet)
    found = say(calibrate(judge, by=fleet.engineer), [None] * 2)
    assert not found.passed and "2 of 40 questions got no answer" in found.said
    assert found.run.verdict.kind == "inconclusive"


def test_too_few_labels_calibrate_nobody(fleet: Fleet) -> None:
    judge = make_judge(fleet)
    write_labels(fleet, 20)
    assert "at least 30 labelled" in say(calibrate(judge, by=fleet.engineer)).said


def test_what_is_no_judge_or_has_no_labels_cannot_be_calibrated(fleet: Fleet) -> None:
    with pytest.raises(CannotCalibrate, match="no labelled answers yet"):
        calibrate(make_judge(fleet), by=fleet.engineer)
    with pytest.raises(CannotCalibrate, match="is no judge"):
        calibrate(fleet.default.revisions.get(), by=fleet.engineer)


def test_who_may_run_no_evals_may_not_calibrate(fleet: Fleet) -> None:
    judge = make_judge(fleet)
    write_labels(fleet)
    for person in (fleet.viewer, fleet.manager):
        with pytest.raises(NotAllowed):
            calibrate(judge, by=person)
    assert not EvalRun.objects.filter(kind=RunKind.CALIBRATION).exists()


def test_run_is_pinned_to_the_live_judge_and_stays_so(fleet: Fleet) -> None:
    judge = make_judge(fleet)
    judged_suite(fleet)
    run = start_run(fleet.variants[0].revisions.get(), baseline=None, by=fleet.engineer)
    assert run.judges == {SLUG: str(judge.pk)}
    later = make_judge(fleet)
    assert judges_of(run)[SLUG].revision == str(judge.pk) != str(later.pk)


def test_judge_never_released_is_not_pinned(fleet: Fleet) -> None:
    make_judge(fleet, live=False)
    judged_suite(fleet)
    run = start_run(fleet.variants[0].revisions.get(), baseline=None, by=fleet.engineer)
    assert run.judges == {} and judges_of(run) == {}


def test_judge_counts_as_calibrated_from_the_next_run_on(fleet: Fleet) -> None:
    judge = make_judge(fleet)
    write_labels(fleet)
    judged_suite(fleet)
    revision = fleet.variants[0].revisions.get()
    before = start_run(revision, baseline=None, by=fleet.engineer)
    assert say(calibrate(judge, by=fleet.engineer)).passed
    assert not judges_of(before)[SLUG].calibrated
    after = start_run(fleet.variants[1].revisions.get(), baseline=None, by=fleet.engineer)
    assert judges_of(after)[SLUG].calibrated


def test_last_calibration_is_the_one_that_holds(fleet: Fleet) -> None:
    judge = make_judge(fleet)
    write_labels(fleet)
    judged_suite(fleet)
    assert say(calibrate(judge, by=fleet.engineer)).passed
    assert not say(calibrate(judge, by=fleet.engineer), [verdict("fail")] * 15).passed
    run = start_run(fleet.variants[0].revisions.get(), baseline=None, by=fleet.engineer)
    assert not judges_of(run)[SLUG].calibrated


@pytest.mark.parametrize("calibrated", [True, False])
def test_judge_enters_the_score_of_a_case_only_where_it_is_calibrated(
    fleet: Fleet, simulator: str, settings: Any, calibrated: bool
) -> None:
    """The simulated support answers kindly in some cases and not in others."""
    judge = make_judge(fleet)
    write_labels(fleet)
    judged_suite(fleet)
    if calibrated:
        say(calibrate(judge, by=fleet.engineer))
    run = start_run(fleet.variants[0].revisions.get(), baseline=None, by=fleet.engineer)
    answer(run, simulator, settings)
    rows = list(CaseResult.objects.filter(run=run))
    assert len(rows) == 6
    for row in rows:
        word, tone = row.details
        assert (tone["scorer"], tone["counts"]) == ("llm_judge", calibrated)
        assert row.score == (min(word["value"], tone["value"]) if calibrated else word["value"])


def test_new_judge_scores_again_what_its_forerunner_scored_last(fleet: Fleet) -> None:
    old = make_judge(fleet)
    judged_suite(fleet)
    for variant in fleet.variants[:2]:
        for _ in range(2):
            measure(start_run(variant.revisions.get(), baseline=None, by=fleet.engineer))
    assert scored_by_others(old) == []
    new = make_judge(fleet)
    affected = scored_by_others(new)
    assert {run.variant for run in affected} == set(fleet.variants[:2]) and len(affected) == 2
    runs = rescore_all(new, by=fleet.engineer)
    assert {run.again_of for run in runs} == set(affected)
    assert all(run.judges == {SLUG: str(new.pk)} and run.scores_only for run in runs)


def test_manager_scores_only_own_customers_again(fleet: Fleet) -> None:
    make_judge(fleet)
    judged_suite(fleet)
    for variant in fleet.variants:
        measure(start_run(variant.revisions.get(), baseline=None, by=fleet.engineer))
    with pytest.raises(NotAllowed):
        rescore_all(make_judge(fleet), by=fleet.manager)
