"""Which suites measure a variant, and who may write one."""

from __future__ import annotations

import pytest

from evals.drafts import rows_of
from evals.models import Suite, SuiteScope
from evals.suites import (
    UnusableCase,
    UnusableSuite,
    suite_versions_for,
    visible_suites,
    write_suite,
)
from registry.models import Policy, Prompt, PromptKind, Tenant, Variant
from registry.roles import NotAllowed
from tests.builders import Fleet, make_cases

pytestmark = pytest.mark.django_db


def tenant_of(variant: Variant) -> Tenant:
    assert variant.tenant is not None
    return variant.tenant


def names(variant: Variant) -> set[str]:
    return {version.suite.name for version in suite_versions_for(variant)}


def test_a_variant_is_measured_by_core_its_own_slice_and_the_policies_that_hold(
    fleet: Fleet,
) -> None:
    mine, other = fleet.variants[0], fleet.variants[1]
    policy = Policy.objects.get(prompt=None)
    elsewhere = Prompt.objects.create(slug="reply-summary", name="Reply summary")
    own = Policy.objects.create(prompt=elsewhere, name="Its own")
    for variant in (mine, other):
        tenant = tenant_of(variant)
        write_suite(
            prompt=fleet.prompt, tenant=tenant, cases=make_cases(2), by=fleet.engineer,
            name=f"of {tenant.slug}",
        )  # fmt: skip
    write_suite(policy=policy, cases=make_cases(2), by=fleet.policy_owner)
    write_suite(policy=own, cases=make_cases(2), by=fleet.policy_owner, name="not here")
    write_suite(prompt=elsewhere, cases=make_cases(2), by=fleet.engineer, name="elsewhere")
    assert names(mine) == {"core", "of tenant-0", "safety"}
    assert names(fleet.default) == {"core", "safety"}
    assert names(Variant.objects.create(prompt=elsewhere)) == {"elsewhere", "safety", "not here"}


def test_an_inactive_suite_measures_nobody(fleet: Fleet) -> None:
    suite = Suite.objects.get()
    suite.active = False
    suite.save()
    assert names(fleet.variants[0]) == set()


def test_a_judge_is_held_against_labels_and_not_against_the_safety_set(fleet: Fleet) -> None:
    judge = Prompt.objects.create(slug="judge", name="Judge", kind=PromptKind.JUDGE)
    write_suite(policy=Policy.objects.get(), cases=make_cases(1), by=fleet.policy_owner)
    write_suite(
        prompt=judge, scope=SuiteScope.LABELS, cases=make_cases(1), by=fleet.engineer
    )  # fmt: skip
    assert names(Variant.objects.create(prompt=judge)) == {"labels"}
    with pytest.raises(UnusableSuite, match="no judge"):
        write_suite(
            prompt=fleet.prompt, scope=SuiteScope.LABELS, cases=make_cases(1), by=fleet.engineer
        )


def test_the_newest_version_counts_and_the_same_cases_make_none(fleet: Fleet) -> None:
    head = Suite.objects.get().versions.get()
    held = rows_of(head)
    assert write_suite(prompt=fleet.prompt, cases=held, by=fleet.engineer) == head
    second = write_suite(prompt=fleet.prompt, cases=held[1:], by=fleet.engineer)
    assert [version.number for version in suite_versions_for(fleet.default)] == [second.number]
    assert all(len(case.content_hash) == 64 for case in second.cases.all())


def test_whoever_may_not_write_a_scope_is_told_so(fleet: Fleet) -> None:
    policy, foreign = Policy.objects.get(), tenant_of(fleet.variants[-1])
    core = {"prompt": fleet.prompt, "cases": make_cases(1)}
    for who, where in (
        (fleet.manager, core),
        (fleet.operator, core),  # may run evals, but writes no bases
        (fleet.policy_owner, core),
        (fleet.viewer, core),
        (fleet.manager, core | {"tenant": foreign}),
        (fleet.engineer, {"policy": policy, "cases": make_cases(1)}),
    ):
        with pytest.raises(NotAllowed):
            write_suite(**where, by=who)
    assert Suite.objects.count() == 1
    own = tenant_of(fleet.variants[0])
    assert write_suite(**core, tenant=own, by=fleet.manager).suite.scope == "slice"


def test_a_manager_sees_no_slice_of_a_customer_who_is_not_theirs(fleet: Fleet) -> None:
    for variant in fleet.variants:
        write_suite(
            prompt=fleet.prompt, tenant=tenant_of(variant), cases=make_cases(1), by=fleet.engineer
        )
    seen = {suite.tenant_id for suite in visible_suites(fleet.manager)}
    assert seen == {None, *(v.tenant_id for v in fleet.variants[:-1])}


def test_cases_that_cannot_be_frozen_leave_no_suite_behind(fleet: Fleet) -> None:
    with pytest.raises(UnusableCase):
        write_suite(prompt=fleet.prompt, cases=[{"key": "a"}], by=fleet.engineer, name="half")
    with pytest.raises(UnusableSuite, match="200"):
        write_suite(prompt=fleet.prompt, cases=make_cases(1), by=fleet.engineer, name="x" * 201)
    assert Suite.objects.count() == 1
