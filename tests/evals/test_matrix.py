"""The matrix of variants and slices."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evals.actions import start_run
from evals.models import EvalRun
from evals.views.matrix_page import rates_of
from registry.models import Tenant
from tests.builders import Fleet
from tests.evals.measured import measure
from tests.evals.test_pages import begun, signed_in

pytestmark = pytest.mark.django_db

URL = "eval-matrix"


def seen(client: Client, **query: str) -> str:
    answer = client.get(reverse(URL), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_cell_is_the_newest_gate_runs_rate_with_its_move(fleet: Fleet) -> None:
    old = begun(fleet, fleet.variants[0])
    measure(old)
    new = start_run(old.revision, baseline=old.baseline, by=fleet.engineer)
    measure(new, failing=[f"case-{n}" for n in range(15)])
    trial = start_run(old.revision, baseline=old.baseline, by=fleet.engineer)
    measure(trial)
    EvalRun.objects.filter(pk=trial.pk).update(kind="trial")
    said = seen(signed_in(fleet.viewer))
    assert f"{new.get_absolute_url()}?slice=general#cases" in said
    assert "75 %" in said and "−25" in said and "heat-much-worse" in said
    assert str(old.pk) not in said and str(trial.pk) not in said
    assert "not measured yet" in said


def test_a_cell_leads_to_the_cases_of_its_slice(fleet: Fleet) -> None:
    run = begun(fleet, fleet.variants[0])
    measure(run, failing=["case-1"])
    client = signed_in(fleet.viewer)
    own = client.get(run.get_absolute_url(), {"slice": "general"}).content.decode()
    other = client.get(run.get_absolute_url(), {"slice": "made up"}).content.decode()
    assert "New answer of case-1" in own and "New answer of case-1" not in other
    assert "?show=passing&amp;slice=general#cases" in own


def test_must_pass_cases_are_a_slice_and_only_answers_count(fleet: Fleet) -> None:
    run = begun(fleet, fleet.variants[0])
    measure(run, failing=["case-0"])
    rates = rates_of([run.pk])[run.pk]
    assert rates["general"].cases == 60
    assert rates["general"].old == 1.0
    assert rates["general"].new == pytest.approx(59 / 60)


def test_filters_narrow_the_list_and_stand_in_the_form_again(fleet: Fleet) -> None:
    tenant = fleet.variants[0].tenant
    assert tenant is not None
    Tenant.objects.filter(pk=tenant.pk).update(segment="harbour")
    client = signed_in(fleet.viewer)
    said = seen(client, segment="harbour")
    assert "1 variant" in said and '<option value="harbour" selected>' in said
    assert "No variant is like that" in seen(client, target="nothing", prompt="'; DROP")


def test_a_manager_sees_and_is_offered_nothing_foreign(fleet: Fleet) -> None:
    foreign = fleet.variants[-1].tenant
    assert foreign is not None
    Tenant.objects.filter(pk=foreign.pk).update(name="Zyx Secret", segment="zyxian")
    said = seen(signed_in(fleet.manager))
    assert "Zyx" not in said and "zyxian" not in said


def test_queries_do_not_grow_with_the_variants(fleet: Fleet) -> None:
    client = signed_in(fleet.viewer)
    measure(begun(fleet, fleet.variants[0]))
    seen(client)
    with CaptureQueriesContext(connection) as one:
        seen(client)
    for variant in fleet.variants[1:]:
        measure(begun(fleet, variant))
    with CaptureQueriesContext(connection) as many:
        seen(client)
    assert len(many) == len(one)
