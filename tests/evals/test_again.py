"""Running once more: how much of it, by whom, and when there is nothing to ask."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from evals.actions import start_run
from evals.models import EvalRun, RunKind
from fleet.review.blockers import latest_run
from registry.actions import freeze
from registry.models import Revision
from tests.builders import Fleet
from tests.evals.measured import measure

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(fleet: Fleet) -> EvalRun:
    """A finished run of a new revision in which three cases broke."""
    live = fleet.variants[0].revisions.get()
    other: Revision = freeze(
        fleet.variants[0], by=fleet.engineer, note="", target=fleet.new, parent=live,
        overlay=live.overlay_version, policy=live.policy_version, base=live.base_version,
    )  # fmt: skip
    run = start_run(other, baseline=live, by=None)
    measure(run, failing=["case-1", "case-2", "case-5"])
    return run


def ask(fleet: Fleet, run: EvalRun, what: str) -> EvalRun | None:
    client = Client()
    client.force_login(fleet.engineer)
    client.post(reverse("eval-run-again", args=[run.pk]), {"what": what})
    return EvalRun.objects.exclude(pk=run.pk).first()


def test_the_broken_cases_alone_are_a_trial_that_decides_nothing(
    fleet: Fleet, run: EvalRun
) -> None:
    again = ask(fleet, run, "broken")
    assert again is not None
    assert (again.kind, again.afresh, len(again.only)) == (RunKind.TRIAL, True, 3)
    assert again.calls_planned == 3 * 2
    assert latest_run(run.revision) == run


@pytest.mark.parametrize(("what", "afresh"), [("again", False), ("afresh", True)])
def test_everything_again_counts_at_the_gate(
    what: str, afresh: bool, fleet: Fleet, run: EvalRun
) -> None:
    again = ask(fleet, run, what)
    assert again is not None
    assert (again.kind, again.afresh, again.calls_planned) == (RunKind.GATE, afresh, 120)
    assert latest_run(run.revision) == again


@pytest.mark.parametrize("what", ["", "everything", "\u202e"])
def test_an_unknown_wish_starts_nothing(what: str, fleet: Fleet, run: EvalRun) -> None:
    assert ask(fleet, run, what) is None


def test_with_nothing_broken_there_is_nothing_to_ask_again(fleet: Fleet) -> None:
    run = start_run(fleet.variants[0].revisions.get(), baseline=None, by=None)
    measure(run)
    assert ask(fleet, run, "broken") is None


def test_whoever_looks_on_may_not_run_it_again(fleet: Fleet, run: EvalRun) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(fleet.viewer)
    answer = client.post(reverse("eval-run-again", args=[run.pk]), {"what": "again"})
    assert answer.status_code == 403
    assert "Run again" not in client.get(run.get_absolute_url()).content.decode()
    assert EvalRun.objects.count() == 1
