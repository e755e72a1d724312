"""A key has a variant measured and asks how far it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evals.models import EvalRun
from fleet.release.actions import withdraw
from registry.models import Variant
from tests.builders import Fleet
from tests.delivery.test_rollback_api import Caller as Acting
from tests.delivery.test_rollback_api import assert_problem
from tests.evals.measured import measure

pytestmark = pytest.mark.django_db


class Caller(Acting):
    """A customer's application with a key for evals."""

    def start(self, variant: object, body: object = None) -> Any:
        return self.client.post(
            f"/api/v1/variants/{variant}/eval-runs",
            "" if body is None else json.dumps(body), content_type="application/json",
            headers={"Authorization": f"Bearer {self.secret.bearer}"},
        )  # fmt: skip

    def read(self, run: object) -> Any:
        return self.client.get(
            f"/api/v1/eval-runs/{run}", headers={"Authorization": f"Bearer {self.secret.bearer}"}
        )


def caller(fleet: Fleet, variant: Variant | None = None) -> Caller:
    return Caller(fleet, "evals:run", tenant=variant.tenant if variant else None)


def test_a_tenants_key_has_its_variant_measured_and_reads_the_verdict(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    mine = caller(fleet, variant)
    started = mine.start(variant.pk)
    assert started.status_code == 202, started.content
    said = started.json()
    run = EvalRun.objects.get(pk=said["id"])
    assert (said["state"], said["tier"], said["verdict"]) == ("running", 3, None)
    assert said["progress"] == {"done": 0, "planned": run.calls_planned}
    assert run.started_by is not None and "API key" in str(run.started_by.display_name)

    measure(run)
    read = mine.read(run.pk).json()
    assert read["state"] == "done"
    assert read["verdict"]["verdict"] == "go" and read["verdict"]["headline"]
    assert read["progress"]["done"] == read["progress"]["planned"]


def test_asking_twice_makes_one_run(fleet: Fleet) -> None:
    mine, variant = caller(fleet), fleet.variants[0]
    first, again = mine.start(variant.pk).json(), mine.start(variant.pk, {}).json()
    assert first["id"] == again["id"]
    assert EvalRun.objects.count() == 1


def test_a_named_revision_is_measured_against_what_is_live(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    revision = variant.revisions.get()
    said = caller(fleet).start(variant.pk, {"prompt_id": str(revision.pk)}).json()
    assert said["prompt_id"] == str(revision.pk) and said["baseline"] is None


def test_nobody_hears_of_another_tenants_variant_or_run(fleet: Fleet) -> None:
    mine = caller(fleet, fleet.variants[0])
    assert_problem(mine.start(fleet.variants[1].pk), 404, "no variant")
    run = caller(fleet).start(fleet.variants[1].pk).json()["id"]
    assert_problem(mine.read(run), 404, "no eval run")
    assert mine.start(fleet.default.pk).status_code in (403, 404)


def test_a_key_without_the_scope_is_refused(fleet: Fleet) -> None:
    other = Caller(fleet, "prompts:read")
    assert_problem(other.start(fleet.variants[0].pk), 403, "evals:run")


@pytest.mark.parametrize("run", ["x", "0", "00000000-0000-0000-0000-000000000000", "%00"])
def test_an_unknown_run_is_a_problem_in_words(run: str, fleet: Fleet) -> None:
    assert caller(fleet).read(run).status_code in (400, 404)


def test_an_unknown_revision_is_a_problem_in_words(fleet: Fleet) -> None:
    other = fleet.variants[1].revisions.get()
    asked = caller(fleet).start(fleet.variants[0].pk, {"prompt_id": str(other.pk)})
    assert_problem(asked, 404, "no revision")


def test_a_withdrawn_variant_can_still_be_measured(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    withdraw(variant, by=fleet.operator, reason="Gone.")
    assert caller(fleet).start(variant.pk).status_code == 202
