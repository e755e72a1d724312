"""A change or the calendar has many variants measured: planned, started once, reported."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evals.models import EvalRun, Sweep, SweepKind
from fleet.release.actions import withdraw
from fleet.sweep.actions import SWEEP_KIND, leave_out, measure_variant, start_library_run
from fleet.sweep.actions import start_sweep as start
from fleet.sweep.plan import plan_base, plan_library, plan_model
from registry import work
from registry.models import WorkItem, WorkState
from registry.roles import NotAllowed
from tests.builders import Fleet, build_fleet
from tests.campaign.test_rollout import new_base
from tests.evals.measured import measure

pytestmark = pytest.mark.django_db

MONTH = dt.date(2026, 11, 1)


def signed_in(user: object) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)  # type: ignore[arg-type]
    return client


def run_all(sweep: Sweep) -> None:
    """Take every work item of a sweep as a worker would."""
    for item in WorkItem.objects.filter(kind=SWEEP_KIND, state=WorkState.QUEUED):
        claimed = work.claim(item.pk)
        assert claimed is not None
        measure_variant(claimed)


def test_a_new_base_is_measured_against_what_is_live(fleet: Fleet) -> None:
    version = new_base(fleet, text="Another text. {{> tone}}")
    plan = plan_base(version)
    assert (plan.tier, len(plan.picks), plan.calls) == (2, 4, 4 * 2 * 60)
    sweep, fresh = start(plan, by=fleet.engineer)
    assert fresh
    run_all(sweep)
    runs = list(sweep.runs.select_related("revision", "baseline"))
    assert len(runs) == 4
    assert all(run.revision.base_version_id == version.pk for run in runs)
    assert all(run.baseline and run.baseline != run.revision for run in runs)
    assert {run.tier for run in runs} == {2}


def test_the_same_plan_starts_once(fleet: Fleet) -> None:
    plan = plan_library(MONTH)
    first, fresh = start(plan, by=fleet.engineer)
    again, twice = start(plan, by=fleet.engineer)
    assert (fresh, twice, first) == (True, False, again)
    assert WorkItem.objects.filter(kind=SWEEP_KIND).count() == 4


def test_an_item_that_is_delivered_twice_makes_one_run(fleet: Fleet) -> None:
    sweep, _ = start(plan_library(MONTH), by=None)
    item = WorkItem.objects.filter(kind=SWEEP_KIND).first()
    assert item is not None
    claimed = work.claim(item.pk)
    assert claimed is not None
    measure_variant(claimed)
    assert work.claim(item.pk) is None
    assert sweep.runs.count() == 1


def test_two_beats_measure_the_month_once(fleet: Fleet) -> None:
    assert start_library_run(dt.date(2026, 11, 1)) is not None
    assert start_library_run(dt.date(2026, 11, 2)) is None
    assert start_library_run(dt.date(2026, 12, 1)) is not None


def test_an_empty_fleet_has_no_library_run(db: None) -> None:
    assert start_library_run(MONTH) is None


def test_what_is_live_no_more_is_left_out_with_its_reason(fleet: Fleet) -> None:
    sweep, _ = start(plan_library(MONTH), by=None)
    withdraw(fleet.variants[0], by=fleet.operator, reason="Gone.")
    run_all(sweep)
    sweep.refresh_from_db()
    assert [row["variant"] for row in sweep.left_out] == [fleet.variants[0].pk]
    shown = signed_in(fleet.engineer).get(sweep.get_absolute_url()).content.decode()
    assert "Nothing of it is live any more." in shown


def test_a_run_that_could_not_start_stands_in_the_report(fleet: Fleet) -> None:
    sweep, _ = start(plan_library(MONTH), by=None)
    item = WorkItem.objects.filter(kind=SWEEP_KIND).first()
    assert item is not None
    leave_out(item)
    sweep.refresh_from_db()
    assert len(sweep.left_out) == 1


def test_a_retired_models_answers_are_recorded_for_whoever_is_pinned(fleet: Fleet) -> None:
    plan = plan_model(fleet.old)
    assert {pick.variant for pick in plan.picks} == {one.pk for one in fleet.variants}
    assert plan.kind == SweepKind.MODEL


def test_a_manager_of_some_customers_may_not_measure_all(fleet: Fleet) -> None:
    with pytest.raises(NotAllowed):
        start(plan_library(MONTH), by=fleet.manager)
    assert not Sweep.objects.exists()
    assert signed_in(fleet.viewer).get(reverse("sweep-new")).status_code == 403


def test_the_page_before_it_starts_tells_whom_why_and_what_it_costs(fleet: Fleet) -> None:
    client = signed_in(fleet.engineer)
    shown = client.get(reverse("sweep-new")).content.decode()
    assert "Measure 4 of 4 variants" in shown
    assert "Number 1 by revenue" in shown or "The platform default" in shown
    started = client.post(reverse("sweep-new"))
    assert started.status_code == 302
    assert Sweep.objects.get().get_absolute_url() == started["Location"]
    assert "This is measured already" in client.get(reverse("sweep-new")).content.decode()


@pytest.mark.parametrize("asked", ["base=0", "policy=x", "model=" + "9" * 30])
def test_a_plan_of_nothing_is_not_found(asked: str, fleet: Fleet) -> None:
    assert signed_in(fleet.engineer).get(f"{reverse('sweep-new')}?{asked}").status_code == 404


def test_drift_names_the_cases_that_changed_sides_since_last_month(fleet: Fleet) -> None:
    sweeps = []
    for month, failing in ((MONTH, []), (dt.date(2026, 12, 1), ["case-3", "case-7"])):
        sweep, _ = start(plan_library(month), by=None)
        run_all(sweep)
        for run in EvalRun.objects.filter(sweep=sweep):
            measure(run, failing=failing)
        sweeps.append(sweep)
    shown = signed_in(fleet.engineer).get(sweeps[1].get_absolute_url()).content.decode()
    assert "2 lost" in shown and "case-3, case-7" in shown
    assert "the model itself or chance" in shown
    first = signed_in(fleet.engineer).get(sweeps[0].get_absolute_url()).content.decode()
    assert "2 lost" not in first


def test_managers_see_the_runs_of_their_own_customers(fleet: Fleet) -> None:
    sweep, _ = start(plan_library(MONTH), by=None)
    run_all(sweep)
    own = {one.pk for one in fleet.variants if one.tenant_id in fleet.manager.own_tenant_ids}
    shown = signed_in(fleet.manager).get(sweep.get_absolute_url())
    assert {row["run"].variant_id for row in shown.context["rows"]} == own


def test_the_report_asks_as_often_for_a_larger_fleet(db: None) -> None:
    fleet, counts = build_fleet(tenants=4), {}
    for month, size in ((10, 5), (11, 2), (12, 5)):  # the first has nothing to drift from
        plan = plan_library(dt.date(2026, month, 1))
        sweep, _ = start(replace(plan, picks=plan.picks[:size]), by=None)
        run_all(sweep)
        for run in sweep.runs.all():
            measure(run)
        client = signed_in(fleet.engineer)
        client.get(sweep.get_absolute_url())
        with CaptureQueriesContext(connection) as asked:
            shown = client.get(sweep.get_absolute_url())
        assert len(shown.context["rows"]) == size
        counts[month] = len(asked)
        assert client.get(reverse("sweep-list")).status_code == 200
    assert counts[11] == counts[12]


def test_the_report_stands_in_order_of_need_and_finds_a_customer(fleet: Fleet) -> None:
    sweep, _ = start(plan_base(new_base(fleet, text="Another text. {{> tone}}")), by=fleet.engineer)
    run_all(sweep)
    by_name = {run.variant.tenant_name: run for run in sweep.runs.all()}
    measure(by_name["Tenant 0"])
    measure(by_name["Tenant 2"], failing={f"case-{n}" for n in range(60)})
    client = signed_in(fleet.engineer)

    def shown(**asked: str) -> list[str]:
        rows = client.get(reverse("sweep-detail", args=[sweep.pk]), asked).context["rows"]
        return [row["run"].variant.tenant_name for row in rows]

    assert shown() == ["Tenant 2", "Tenant 1", "Platform default", "Tenant 0"]
    assert shown(q="tenant 1") == ["Tenant 1"]


def test_a_run_without_an_old_side_compares_with_nothing(fleet: Fleet) -> None:
    sweep, _ = start(plan_library(MONTH), by=None)
    run_all(sweep)
    verdict = measure(sweep.runs.filter(variant=fleet.variants[0]).get())
    assert verdict.headline == "Go: 100% of 60 cases pass; there is no old side to compare with."
    page = signed_in(fleet.engineer).get(reverse("sweep-detail", args=[sweep.pk]))
    assert "→ 100" not in page.content.decode()
