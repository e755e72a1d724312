"""What no case tests: wishes, slices, cases that tell nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evals import coverage
from evals.models import Arm, Case, CaseResult, EvalRun, Suite, SuiteVersion
from evals.promises import Asked, asked, promises
from evals.suites import case_rows, clean_case, write_suite
from evals.views.coverage import TABS
from registry.actions import freeze_overlay, overlay_for
from registry.models import Overlay, OverlayVersion, Policy, Tenant, Variant
from tests.builders import Fleet, make_cases


def spoken(case: dict[str, Any], *, own: bool = True) -> Asked:
    return asked({"key": "a", "tags": [], "expectations": [], **case}, own=own)


def cases_for(slot: str, text: str, *cases: Asked) -> tuple[str, ...]:
    (one,) = promises({slot: text}, cases)
    return one.cases


SAYS = {"expectations": [{"scorer": "not_contains", "values": ["No problem"]}]}
GERMAN = {"expectations": [{"scorer": "language", "value": "de"}]}


def test_a_wish_is_spoken_of_by_tag_by_kind_or_by_its_own_phrase() -> None:
    quoted = 'Never say "no problem" or "sure thing".'
    assert cases_for("tone", "Be warm.", spoken({"tags": ["Tone"]}))
    assert cases_for("language", "Answer in German.", spoken(GERMAN, own=False))
    assert cases_for(
        "formatting", "At most 60 words.", spoken({"expectations": [{"scorer": "length"}]})
    )
    assert cases_for("forbidden_phrases", quoted, spoken(SAYS, own=False))
    (one,) = promises({"forbidden_phrases": quoted}, [spoken(SAYS)])
    assert one.silent == ("sure thing",)


def test_a_wish_that_no_case_speaks_of_is_told() -> None:
    assert not cases_for("tone", "Be warm.", spoken(SAYS), spoken(GERMAN))
    assert not cases_for("forbidden_phrases", '"sure thing"', spoken(SAYS))
    assert promises({"tone": "  "}, []) == []


def test_a_word_of_a_wish_counts_in_the_customers_own_slice_alone() -> None:
    case = {"expectations": [{"scorer": "contains_any", "values": ["the workshop team"]}]}
    assert cases_for("escalation", "Pass it to the workshop.", spoken(case))
    assert not cases_for("escalation", "Pass it to the workshop.", spoken(case, own=False))


@pytest.mark.django_db
def test_a_customer_with_a_frozen_slice_is_not_missing_one(fleet: Fleet) -> None:
    first = fleet.variants[0]
    assert set(coverage.variants_without_slice(fleet.engineer)) == set(fleet.variants)
    assert set(coverage.variants_without_slice(fleet.manager)) == set(fleet.variants[:-1])
    write_suite(
        prompt=fleet.prompt, tenant=first.tenant, cases=make_cases(1), by=fleet.engineer
    )  # fmt: skip
    assert set(coverage.variants_without_slice(fleet.engineer)) == set(fleet.variants[1:])


def asked_of(variant: Variant, suite: Suite) -> EvalRun:
    revision = variant.revisions.get()
    run = EvalRun.objects.create(variant=variant, revision=revision, eval_hash="x")
    run.suite_versions.set(suite.versions.all())
    return run


@pytest.mark.django_db
def test_cases_that_never_or_always_fail_are_told_from_enough_answers(fleet: Fleet) -> None:
    (suite,) = coverage.measuring_suites(fleet.engineer)
    assert list(coverage.never_run(fleet.engineer)) == [suite]
    for n in range(coverage.FEWEST_ANSWERS):
        run = asked_of(fleet.variants[0], suite)
        CaseResult.objects.bulk_create(
            CaseResult(
                run=run, arm=Arm.CANDIDATE, case=case, outcome="answered",
                score=float(case.position == 0 or (case.position == 1 and n == 0)),
            )
            for case in suite.versions.get().cases.filter(position__lt=3)
        )  # fmt: skip
    (found,) = coverage.steady_cases([suite], fleet.engineer)
    assert [case.key for case in found.never] == ["case-0"]
    assert [case.key for case in found.always] == ["case-2"]
    assert (found.judged, found.cases, found.runs) == (3, 60, coverage.FEWEST_ANSWERS)
    assert not coverage.never_run(fleet.engineer).exists()
    foreign = fleet.variants[0].tenant
    assert foreign is not None
    foreign.owners.clear()
    (unseen,) = coverage.steady_cases([suite], fleet.manager)
    assert unseen.runs == 0


@pytest.mark.django_db
def test_a_slice_is_counted_with_the_core_it_is_asked_with(fleet: Fleet) -> None:
    cases = [case | {"tags": ["general", "tone"]} for case in make_cases(20)]
    write_suite(
        prompt=fleet.prompt, tenant=fleet.variants[0].tenant, cases=cases, by=fleet.engineer
    )
    write_suite(policy=Policy.objects.get(), cases=make_cases(2), by=fleet.policy_owner)
    core, safety, own = coverage.sizes_of(list(coverage.measuring_suites(fleet.engineer)))
    assert (core.asked, core.small, core.large) == (60, [], 1)
    assert (own.cases, own.asked, own.small, own.large) == (20, 80, [("tone", 20)], 1)
    assert own.can_certify
    assert not safety.can_certify


def customers(fleet: Fleet, count: int) -> None:
    """So many more customers, each with an overlay and a slice of one case."""
    at = Tenant.objects.count()
    names = [f"more-{n}" for n in range(at, at + count)]
    tenants = Tenant.objects.bulk_create(Tenant(slug=name, name=name) for name in names)
    Variant.objects.bulk_create(Variant(prompt=fleet.prompt, tenant=one) for one in tenants)
    lines = Overlay.objects.bulk_create(Overlay(prompt=fleet.prompt, tenant=t) for t in tenants)
    OverlayVersion.objects.bulk_create(
        OverlayVersion(overlay=line, number=1, values={"tone": "Warm."}, author=fleet.engineer)
        for line in lines
    )
    suites = Suite.objects.bulk_create(
        Suite(prompt=fleet.prompt, tenant=one, scope="slice", name="slice") for one in tenants
    )
    versions = SuiteVersion.objects.bulk_create(
        SuiteVersion(suite=suite, number=1, author=fleet.engineer) for suite in suites
    )
    for version in versions:
        Case.objects.bulk_create(case_rows(version, [clean_case(make_cases(1)[0], 0)]))


@pytest.mark.django_db
def test_every_question_asks_the_database_as_often_for_30_customers_as_for_3(fleet: Fleet) -> None:
    client = Client()
    client.force_login(fleet.engineer)
    counts: dict[str, list[int]] = {name: [] for name in ("suite-list", *(t.key for t in TABS))}
    for more in (1, 27):
        customers(fleet, more)
        for name in counts:
            url = reverse("suite-list" if name == "suite-list" else "coverage")
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url, {"show": name}).status_code == 200
            counts[name].append(len(queries))
    assert all(few == many <= 20 for few, many in counts.values()), counts


@pytest.mark.django_db
def test_a_manager_reads_nothing_of_a_customer_who_is_not_theirs(fleet: Fleet) -> None:
    foreign = fleet.variants[-1]
    assert foreign.tenant is not None
    type(foreign.tenant).objects.filter(pk=foreign.tenant_id).update(name="Zyx Secret")
    write_suite(prompt=fleet.prompt, tenant=foreign.tenant, cases=make_cases(1), by=fleet.engineer)
    freeze_overlay(
        overlay_for(foreign), {"tone": "Zyx Secret tone"}, by=fleet.engineer, note="x"
    )  # fmt: skip
    client = Client()
    client.force_login(fleet.manager)
    for tab in TABS:
        page = client.get(reverse("coverage"), {"show": tab.key}).content.decode()
        assert "Zyx Secret" not in page
    assert "Zyx Secret" not in client.get(reverse("suite-list")).content.decode()
    pk = Suite.objects.get(tenant=foreign.tenant).pk
    for name in ("suite-detail", "suite-edit"):
        assert client.get(reverse(name, args=[pk])).status_code == 404
