"""Pause, resume and what a run may cost, through the Django client."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from evals.models import EvalRun, RunStage
from registry.models import User
from tests.builders import Fleet
from tests.evals.asked import begun

pytestmark = pytest.mark.django_db


def post(user: User, what: str, run: EvalRun, **data: str) -> tuple[int, str]:
    client = Client()
    client.force_login(user)
    response = client.post(reverse(f"eval-run-{what}", args=[run.pk]), data, follow=True)
    run.refresh_from_db()
    return response.status_code, response.content.decode()


def test_a_run_is_paused_and_resumed(fleet: Fleet) -> None:
    run = begun(fleet)
    status, said = post(fleet.engineer, "pause", run)
    assert (status, run.stage) == (200, RunStage.PAUSED) and "Resume" in said
    assert "every 5s" in said and "Cancel run" in said
    assert post(fleet.engineer, "pause", run)[0] == 409
    status, said = post(fleet.engineer, "resume", run)
    assert (status, run.stage) == (200, RunStage.RUNNING) and "Pause" in said


def test_what_a_run_may_cost_is_changed_and_nonsense_refused(fleet: Fleet) -> None:
    run = begun(fleet)
    for nonsense in ("much", "-1", "0", "NaN", "1e99"):
        status, said = post(fleet.engineer, "cap", run, cap=nonsense)
        assert status == 422 and "Write an amount" in said and run.cost_cap is None
    assert post(fleet.engineer, "cap", run, cap="2.50")[0] == 422, "no price is known"
    fleet.old.input_price = fleet.old.output_price = Decimal(1)
    fleet.old.save()
    fleet.new.input_price = fleet.new.output_price = Decimal(1)
    fleet.new.save()
    status, said = post(fleet.engineer, "cap", run, cap="2.50")
    assert (status, run.cost_cap) == (200, Decimal("2.5")) and "of at most 2.50" in said
    assert post(fleet.engineer, "cap", run, cap="")[0] == 200 and run.cost_cap is None


@pytest.mark.parametrize("what", ["pause", "resume", "cap"])
def test_a_viewer_steers_no_run(fleet: Fleet, what: str) -> None:
    assert post(fleet.viewer, what, begun(fleet))[0] == 403
