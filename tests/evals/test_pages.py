"""The pages of eval runs, through the Django client."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evals.actions import record_verdict, start_run
from evals.models import EvalRun, RunStage
from evals.views.cases import of, slices, standings
from registry.actions import freeze, freeze_overlay, overlay_for
from registry.models import User, Variant
from tests.builders import Fleet, usual_fleet
from tests.evals.measured import answer, measure

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def begun(fleet: Fleet, variant: Variant) -> EvalRun:
    live = variant.revisions.get()
    overlay = freeze_overlay(overlay_for(variant), {"tone": "New."}, by=fleet.engineer, note="n")
    revision = freeze(
        variant, by=fleet.engineer, note="n", target=fleet.new, overlay=overlay, parent=live
    )
    return start_run(revision, baseline=live, by=fleet.engineer)


def test_detail_names_broken_and_fixed_cases_with_both_answers(fleet: Fleet) -> None:
    run = begun(fleet, fleet.variants[0])
    measure(run, failing=["case-1"], failing_before=["case-2"])
    said = signed_in(fleet.viewer).get(run.get_absolute_url()).content.decode()
    assert "Old answer of case-1" in said and "New answer of case-1" in said
    assert "Fixed" in said and "New answer of case-2" in said
    assert "New answer of case-3" not in said


def test_detail_shows_the_cases_of_the_chosen_kind(fleet: Fleet) -> None:
    run = begun(fleet, fleet.variants[0])
    measure(run, failing=["case-1"], failing_before=["case-1"])
    client = signed_in(fleet.viewer)
    failing = client.get(run.get_absolute_url(), {"show": "failing"}).content.decode()
    assert "New answer of case-1" in failing and "New answer of case-3" not in failing


def test_slices_count_what_broke(fleet: Fleet) -> None:
    run = begun(fleet, fleet.variants[0])
    answer(run, failing=["case-1", "case-2", "case-3"])
    [row] = slices(standings(run))
    assert (row.tag, row.cases, row.old, row.new, row.broken) == ("general", 60, 1.0, 0.95, 3)
    assert row.heat == "heat-worse" and row.moved == "−5"


def test_worst_cases_come_first(fleet: Fleet) -> None:
    run = begun(fleet, fleet.variants[0])
    answer(run, failing=["case-5", "case-1"])
    assert [s.key for s in of(standings(run), "broken")] == ["case-1", "case-5"]


def test_progress_is_polled_until_the_run_is_done(fleet: Fleet) -> None:
    run = begun(fleet, fleet.variants[0])
    client, url = signed_in(fleet.viewer), reverse("eval-run-progress", args=[run.pk])
    answer(run)
    waiting = client.get(url).content.decode()
    assert "every 1s" in waiting and "120 of 120" in waiting and "calls a second" in waiting
    record_verdict(run)
    done = client.get(url).content.decode()
    assert "every 1s" not in done and 'hx-select="#run-body"' in done


def test_cancel_stops_the_run(fleet: Fleet) -> None:
    run = begun(fleet, fleet.variants[0])
    url = reverse("eval-run-cancel", args=[run.pk])
    assert signed_in(fleet.engineer).post(url, {"why": "wrong suite"}).status_code == 302
    run.refresh_from_db()
    assert run.stage == RunStage.CANCELLED


def test_cancel_of_a_finished_run_is_a_conflict(fleet: Fleet) -> None:
    run = begun(fleet, fleet.variants[0])
    measure(run)
    response = signed_in(fleet.engineer).post(reverse("eval-run-cancel", args=[run.pk]))
    assert response.status_code == 409 and "was not cancelled" in response.content.decode()


def test_cancel_by_a_viewer_is_forbidden(fleet: Fleet) -> None:
    run = begun(fleet, fleet.variants[0])
    assert (
        signed_in(fleet.viewer).post(reverse("eval-run-cancel", args=[run.pk])).status_code == 403
    )


def test_foreign_run_is_not_found_and_not_listed_for_a_manager(fleet: Fleet) -> None:
    run = begun(fleet, fleet.variants[-1])
    client = signed_in(fleet.manager)
    assert client.get(run.get_absolute_url()).status_code == 404
    assert (
        fleet.variants[-1].tenant_name not in client.get(reverse("eval-run-list")).content.decode()
    )


def test_list_filters_by_verdict(fleet: Fleet) -> None:
    measure(begun(fleet, fleet.variants[0]))
    begun(fleet, fleet.variants[1])
    client, url = signed_in(fleet.viewer), reverse("eval-run-list")
    running = client.get(url, {"verdict": "running"}).content.decode()
    assert "Tenant 1" in running and "Tenant 0" not in running
    gone = client.get(url, {"verdict": "go"}).content.decode()
    assert "Tenant 0" in gone and "Tenant 1" not in gone


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


def test_list_takes_as_many_queries_for_3_as_for_12_runs(db: None) -> None:
    fleet = usual_fleet(tenants=12)
    client, url = signed_in(fleet.viewer), reverse("eval-run-list")
    for variant in fleet.variants[:3]:
        begun(fleet, variant)
    few = queries(client, url)
    for variant in fleet.variants[3:]:
        begun(fleet, variant)
    assert queries(client, url) == few


def test_detail_takes_as_many_queries_for_1_as_for_9_broken_cases(fleet: Fleet) -> None:
    client = signed_in(fleet.viewer)
    one, nine = begun(fleet, fleet.variants[0]), begun(fleet, fleet.variants[1])
    measure(one, failing=["case-1"])
    measure(nine, failing=[f"case-{n}" for n in range(9)])
    assert queries(client, one.get_absolute_url()) == queries(client, nine.get_absolute_url())
