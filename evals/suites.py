"""Which suites measure a variant, who may write one, and how a new version is written."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from evals.cases import UnusableCase, clean_case, clean_cases, content_hash, eval_hash
from evals.models import Case, Suite, SuiteScope, SuiteVersion
from registry import border, events
from registry.models import Policy, Prompt, PromptKind, Tenant, User, Variant
from registry.roles import NotAllowed, require

__all__ = [
    "CORE",
    "LABELS",
    "SAFETY",
    "SLICE",
    "UnusableCase",
    "UnusableSuite",
    "append_version",
    "case_rows",
    "clean_case",
    "combined_hash",
    "content_hash",
    "eval_hash",
    "find_suite",
    "may_write",
    "require_writing",
    "suite_versions_for",
    "suite_versions_for_all",
    "suites_for",
    "switch_suite",
    "title_of",
    "visible_suites",
    "write_suite",
]

CORE = "core"
SLICE = "slice"
SAFETY = "safety"
LABELS = "labels"
"""What a suite is called where nobody names it: as its scope."""

LONGEST_NAME = 200
"""Characters of a suite's name: its column."""


class UnusableSuite(ValueError):
    """A suite cannot be like this; the message says why."""


def suites_for(variant: Variant) -> QuerySet[Suite]:
    """The active suites that apply to a variant.

    A task's variants: the prompt's core, their tenant's slice, and the safety sets of the
    policies that hold for it (the global one and the prompt's own). A judge is asked by the
    product and not by people, so instead of safety sets it is held against people's labels.
    """
    return _suites_for(variant.prompt, [variant.tenant_id])


def _suites_for(prompt: Prompt, tenants: Collection[int | None]) -> QuerySet[Suite]:
    own = Q(scope=SuiteScope.CORE, prompt=prompt.pk)
    own |= Q(scope=SuiteScope.SLICE, prompt=prompt.pk, tenant__in=tenants)
    if prompt.kind == PromptKind.JUDGE:
        own |= Q(scope=SuiteScope.LABELS, prompt=prompt.pk)
    else:
        holds = Q(policy__prompt__isnull=True) | Q(policy__prompt=prompt.pk)
        own |= Q(scope=SuiteScope.SAFETY) & holds
    return Suite.objects.filter(own, active=True)


def suite_versions_for(variant: Variant) -> list[SuiteVersion]:
    """The newest version of each suite that applies to the variant."""
    return suite_versions_for_all([variant])[variant.pk]


def suite_versions_for_all(variants: Collection[Variant]) -> dict[int, list[SuiteVersion]]:
    """`suite_versions_for` each of the variants, by primary key; one query a prompt."""
    found: dict[int, list[SuiteVersion]] = {}
    for prompt, its in _by_prompt(variants).items():
        suites = _suites_for(prompt, {one.tenant_id for one in its})
        heads = SuiteVersion.objects.filter(suite__in=suites).select_related("suite")
        newest = list(heads.order_by("suite_id", "-number").distinct("suite_id"))
        for one in its:
            own = (None, one.tenant_id)
            found[one.pk] = [version for version in newest if version.suite.tenant_id in own]
    return found


def _by_prompt(variants: Collection[Variant]) -> dict[Prompt, list[Variant]]:
    found: dict[Prompt, list[Variant]] = {}
    for one in variants:
        found.setdefault(one.prompt, []).append(one)
    return found


def visible_suites(user: User) -> QuerySet[Suite]:
    """The suites a person may look at: all, or all but other people's tenants' slices."""
    if user.sees_own_tenants_only:
        return Suite.objects.filter(Q(tenant__isnull=True) | Q(tenant__in=user.own_tenant_ids))
    return Suite.objects.all()


def title_of(suite: Suite) -> str:
    """What a suite is called in a list: `slice of Acme`, `core of support-triage`."""
    return f"{suite.name} of {suite.tenant or suite.prompt or suite.policy}"


def require_writing(by: User, scope: str, tenant: Tenant | None = None) -> None:
    """Raise NotAllowed unless this person may write suites of this scope.

    Core and labels measure everybody and judge the base: evals and the base's capability.
    A slice belongs to whoever looks after the tenant, a safety set to the policy's owner.
    """
    if scope == SuiteScope.SAFETY:
        require(by, "author_policy")
        return
    require(by, "run_evals", tenant)
    if scope != SuiteScope.SLICE:
        require(by, "author_base")


def may_write(user: User, suite: Suite) -> bool:
    """Whether `require_writing` lets this person pass."""
    try:
        require_writing(user, suite.scope, suite.tenant)
    except NotAllowed:
        return False
    return True


def combined_hash(versions: Sequence[SuiteVersion]) -> str:
    """One hash over several suite versions, whatever their order."""
    joined = ",".join(sorted(version.eval_hash for version in versions))
    return hashlib.sha256(joined.encode()).hexdigest()


def find_suite(
    *,
    scope: str,
    prompt: Prompt | None = None,
    tenant: Tenant | None = None,
    policy: Policy | None = None,
    name: str = "",
    by: User,
) -> Suite:
    """The suite of this scope, owner and name, made where there is none; empty name: the scope.

    UnusableSuite where scope and owner do not fit, or the name is taken by another scope.
    """
    require_writing(by, scope, tenant)
    called = _name(name) or scope
    _check_owner(scope, prompt, tenant, policy)
    suite, made = Suite.objects.get_or_create(
        prompt=prompt, tenant=tenant, policy=policy, name=called, defaults={"scope": scope}
    )
    if suite.scope != scope:
        raise UnusableSuite(f"“{called}” is taken by a suite of another kind. Choose another name.")
    if made:
        events.record("suite.begun", suite, by, scope=scope)
    return suite


def _name(name: str) -> str:
    try:
        clean = border.from_form(name).strip()
    except border.UnusableText as problem:
        raise UnusableSuite(str(problem)) from None
    if len(clean) > LONGEST_NAME:
        raise UnusableSuite(f"A suite's name has at most {LONGEST_NAME} characters.")
    return clean


def _check_owner(
    scope: str, prompt: Prompt | None, tenant: Tenant | None, policy: Policy | None
) -> None:
    wanted = {
        SuiteScope.CORE: (True, False, False),
        SuiteScope.LABELS: (True, False, False),
        SuiteScope.SLICE: (True, True, False),
        SuiteScope.SAFETY: (False, False, True),
    }
    given = tuple(owner is not None for owner in (prompt, tenant, policy))
    if scope not in SuiteScope.values or wanted[SuiteScope(scope)] != given:
        raise UnusableSuite(
            "A core or label set belongs to a prompt, a slice to a prompt and a customer, a "
            "safety set to a policy."
        )
    if scope == SuiteScope.LABELS and prompt is not None and prompt.kind != PromptKind.JUDGE:
        raise UnusableSuite(f"{prompt.slug} is no judge: only a judge has labels to agree with.")


@transaction.atomic
def write_suite(
    *,
    cases: Sequence[Mapping[str, Any]],
    by: User,
    prompt: Prompt | None = None,
    tenant: Tenant | None = None,
    policy: Policy | None = None,
    scope: str = "",
    name: str = "",
    note: str = "",
) -> SuiteVersion:
    """Append a suite version; the same cases again give the version there is.

    Without a `scope`: safety where a policy is given, slice where a tenant is, else core.
    NotAllowed, UnusableSuite and UnusableCase (for the first case that cannot be one).
    """
    usual = SuiteScope.SAFETY if policy else SuiteScope.SLICE if tenant else SuiteScope.CORE
    suite = find_suite(
        scope=scope or usual, prompt=prompt, tenant=tenant, policy=policy, name=name, by=by
    )
    return append_version(suite, cases, by=by, note=note)


@transaction.atomic
def append_version(
    suite: Suite, cases: Sequence[Mapping[str, Any]], *, by: User, note: str = ""
) -> SuiteVersion:
    """Freeze these cases as the suite's next version; the same again give the head there is."""
    require_writing(by, suite.scope, suite.tenant)
    clean = clean_cases(cases)
    suite = Suite.objects.select_for_update(of=("self",), no_key=True).get(pk=suite.pk)
    head = suite.versions.first()
    digest = eval_hash(clean)
    if head is not None and head.eval_hash == digest:
        return head
    version = SuiteVersion.objects.create(
        suite=suite, number=head.number + 1 if head else 1, eval_hash=digest, author=by,
        note=border.from_form(note),
    )  # fmt: skip
    Case.objects.bulk_create(case_rows(version, clean), batch_size=500)
    events.record("suite.written", version, by, note, cases=len(clean))
    return version


@transaction.atomic
def switch_suite(suite: Suite, *, active: bool, by: User, why: str = "") -> Suite:
    """Let a suite measure nobody any more, or again. Its versions and their runs stay."""
    require_writing(by, suite.scope, suite.tenant)
    suite = Suite.objects.select_for_update(of=("self",), no_key=True).get(pk=suite.pk)
    if suite.active != active:
        suite.active = active
        suite.save(update_fields=["active"])
        verb = "suite.switched_on" if active else "suite.switched_off"
        events.record(verb, suite, by, border.from_form(why).strip())
    return suite


def case_rows(version: SuiteVersion, cases: Iterable[Mapping[str, Any]]) -> list[Case]:
    """Clean cases as rows of a version, in their order, not stored yet."""
    return [
        Case(suite_version=version, position=place, content_hash=content_hash(case), **case)
        for place, case in enumerate(cases)
    ]
