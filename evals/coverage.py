"""What no case tests: five questions about the suites, each answered for one page of rows.

Nothing here asks a row of its own per variant: at 10,000 variants a page costs what it costs at
47. Only what stands on the page is looked into; totals come from one counting query.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber

from evals.gate_checks.power import FEWEST_CERTIFYING
from evals.gate_checks.slices import FEWEST_TESTED
from evals.models import Arm, Case, CaseResult, EvalRun, Outcome, Suite, SuiteScope, SuiteVersion
from evals.promises import Asked, Promise, asked, promises
from evals.suites import visible_suites
from registry.models import Overlay, OverlayVersion, PromptKind, User, Variant

LAST_RUNS = 50
"""Runs of a version that are looked back over; older ones say little of today's models."""

FEWEST_ANSWERS = 10
"""Answers under which nobody can say that a case never or always fails."""

Heads = Mapping[int, Sequence[dict[str, Any]]]


def variants_without_slice(user: User) -> QuerySet[Variant]:
    """Active variants of customers whose prompt has no frozen, active slice for them."""
    return customer_variants(user).filter(~Exists(_slices_of(OuterRef("prompt"), "tenant")))


def customer_variants(user: User) -> QuerySet[Variant]:
    """The active variants of customers, within the person's reach, biggest first."""
    found = Variant.objects.visible_to(user).filter(
        stage="active", tenant__isnull=False, prompt__kind=PromptKind.TASK
    )
    ordered = found.order_by("-tenant__annual_revenue", "pk")
    return ordered.select_related("tenant", "prompt")


def _slices_of(prompt: OuterRef, tenant: str) -> QuerySet[SuiteVersion]:
    return SuiteVersion.objects.filter(
        suite__active=True, suite__scope=SuiteScope.SLICE, suite__prompt=prompt,
        suite__tenant=OuterRef(tenant),
    )  # fmt: skip


def measuring_suites(user: User) -> QuerySet[Any]:
    """The active suites that hold a version, with its key as `head`, within one's reach."""
    newest = SuiteVersion.objects.filter(suite=OuterRef("pk")).order_by("-number")
    found: Any = visible_suites(user).filter(active=True)
    found = found.annotate(
        head=Subquery(newest.values("pk")[:1]), number=Subquery(newest.values("number")[:1])
    )
    suites: QuerySet[Any] = (
        found.filter(head__isnull=False)
        .select_related("prompt", "tenant", "policy")
        .order_by("scope", "prompt__slug", "tenant__name", "name", "pk")
    )
    return suites


def never_run(user: User) -> QuerySet[Any]:
    """Suites whose newest version no run has asked yet, newest first."""
    runs = EvalRun.suite_versions.through.objects.filter(suiteversion=OuterRef("head"))
    return measuring_suites(user).filter(~Exists(runs)).order_by("-head")


def overlay_lines(user: User) -> QuerySet[Overlay]:
    """The overlays that apply, with a version, of customers within one's reach, biggest first."""
    found = Overlay.objects.filter(
        Exists(OverlayVersion.objects.filter(overlay=OuterRef("pk"), revocation__isnull=True)),
        merged_into__isnull=True, prompt__kind=PromptKind.TASK,
    )  # fmt: skip
    if user.sees_own_tenants_only:
        found = found.filter(tenant__in=user.own_tenant_ids)
    ordered = found.order_by("-tenant__annual_revenue", "pk")
    return ordered.select_related("tenant", "prompt")


@dataclass(frozen=True)
class OverlayPromises:
    """One overlay's wishes; `slices` are the suites a case for them would go into."""

    overlay: Overlay
    promises: list[Promise]
    slice_suite: int | None

    @property
    def untested(self) -> int:
        """How many of its slots no case speaks of."""
        return sum(not promise.is_tested for promise in self.promises)


def promises_of(overlays: Sequence[Overlay]) -> list[OverlayPromises]:
    """For each overlay, which of its slots a case speaks of; three queries."""
    newest = OverlayVersion.objects.filter(
        overlay__in=[overlay.pk for overlay in overlays], revocation__isnull=True
    )
    heads = newest.order_by("overlay_id", "-number").distinct("overlay_id")
    values = dict(heads.values_list("overlay_id", "values"))
    prompts = {overlay.prompt_id for overlay in overlays}
    tenants = {overlay.tenant_id for overlay in overlays}
    mine = Q(scope=SuiteScope.CORE) | Q(scope=SuiteScope.SLICE, tenant__in=tenants)
    suites = Suite.objects.filter(mine, active=True, prompt__in=prompts)
    versions = SuiteVersion.objects.filter(suite__in=suites).select_related("suite")
    places = {
        version.pk: (version.suite.prompt_id, version.suite.tenant_id, version.suite_id)
        for version in versions.order_by("suite_id", "-number").distinct("suite_id")
    }
    cases: dict[tuple[int | None, int | None], list[Asked]] = defaultdict(list)
    slice_suites: dict[tuple[int | None, int | None], int] = {}
    for prompt, tenant, suite in places.values():
        slice_suites.setdefault((prompt, tenant), suite)
    rows = Case.objects.filter(suite_version__in=places).order_by("pk")
    for row in rows.values("suite_version", "key", "tags", "expectations"):
        prompt, tenant, _ = places[row["suite_version"]]
        cases[prompt, tenant].append(asked(row, own=tenant is not None))
    return [
        OverlayPromises(
            one,
            promises(
                values.get(one.pk, {}),
                [*cases[one.prompt_id, None], *cases[one.prompt_id, one.tenant_id]],
            ),
            slice_suites.get((one.prompt_id, one.tenant_id)),
        )
        for one in overlays
    ]


@dataclass(frozen=True)
class Steady:
    """A case that came out the same every time. `asked` counts its answers."""

    key: str
    asked: int
    must_pass: bool


@dataclass
class SuiteSteady:
    """One suite's cases that never fail or always fail."""

    suite: Any
    runs: int = 0
    never: list[Steady] = field(default_factory=list)
    always: list[Steady] = field(default_factory=list)
    judged: int = 0
    cases: int = 0


def steady_cases(suites: Sequence[Any], user: User) -> list[SuiteSteady]:
    """For each suite, which cases of its newest version never or always fail; three queries.

    Over the last LAST_RUNS runs the person may see, new answers only; a case with fewer than
    FEWEST_ANSWERS is not judged. A must-pass case that never fails is as it should be.
    """
    heads = {suite.head: SuiteSteady(suite) for suite in suites}
    runs = _last_runs(heads, user)
    for version, _ in runs:
        heads[version].runs += 1
    sizes = Case.objects.filter(suite_version__in=heads).order_by().values("suite_version")
    for size in sizes.annotate(n=Count("pk")):
        heads[size["suite_version"]].cases = size["n"]
    for row in _answers(heads, {run for _, run in runs}):
        found = heads[row["case__suite_version"]]
        if row["asked"] < FEWEST_ANSWERS:
            continue
        found.judged += 1
        one = Steady(row["case__key"], row["asked"], row["case__must_pass"])
        if row["passed"] == 0:
            found.always.append(one)
        elif row["passed"] == row["asked"] and not one.must_pass:
            found.never.append(one)
    return list(heads.values())


def _last_runs(heads: Iterable[int], user: User) -> list[tuple[int, Any]]:
    """(suite version, run) of the newest runs of each version."""
    through = EvalRun.suite_versions.through.objects
    mine = Variant.objects.visible_to(user)
    ranked: Any = through.filter(suiteversion__in=list(heads), evalrun__variant__in=mine).annotate(
        rank=Window(
            RowNumber(), partition_by=F("suiteversion"), order_by=F("evalrun__started_at").desc()
        )
    )
    return list(ranked.filter(rank__lte=LAST_RUNS).values_list("suiteversion", "evalrun"))


def _answers(heads: Iterable[int], runs: Iterable[Any]) -> Iterable[dict[str, Any]]:
    answered: Any = CaseResult.objects.filter(
        run__in=list(runs), case__suite_version__in=list(heads), arm=Arm.CANDIDATE,
        outcome=Outcome.ANSWERED, taken_from__isnull=True,
    )  # fmt: skip
    rows: Iterable[dict[str, Any]] = (
        answered.order_by()
        .values("case", "case__suite_version", "case__key", "case__must_pass")
        .annotate(asked=Count("pk"), passed=Count("pk", filter=Q(score__gte=0.5)))
        .order_by("case")
    )
    return rows


@dataclass(frozen=True)
class Sizes:
    """What one suite's cases amount to at the gate, with the core's where it is a slice."""

    suite: Any
    cases: int
    asked: int
    small: list[tuple[str, int]]
    large: int

    @property
    def can_certify(self) -> bool:
        """Whether a run with so many cases may be green at all."""
        return self.asked >= FEWEST_CERTIFYING


def sizes_of(suites: Sequence[Any]) -> list[Sizes]:
    """For each suite, which tags have too few cases to be tested alone; two queries.

    A slice is asked together with the core of its prompt, so the core's cases count with it.
    """
    prompts = {suite.prompt_id for suite in suites if suite.scope == SuiteScope.SLICE}
    cores = Suite.objects.filter(scope=SuiteScope.CORE, active=True, prompt__in=prompts)
    newest = SuiteVersion.objects.filter(suite__in=cores).order_by("suite_id", "-number")
    heads = newest.distinct("suite_id").values_list("pk", "suite__prompt")
    core_of: dict[int, set[int]] = defaultdict(set)
    for version, prompt in heads:
        core_of[prompt].add(version)
    wanted = {suite.head for suite in suites}.union(*core_of.values())
    tags: dict[int, Counter[str]] = defaultdict(Counter)
    counts: Counter[int] = Counter()
    rows = Case.objects.filter(suite_version__in=wanted).values_list("suite_version", "tags")
    for version, held in rows.iterator(chunk_size=5_000):
        counts[version] += 1
        tags[version].update(held)
    return [_sizes(suite, core_of, tags, counts) for suite in suites]


def _sizes(
    suite: Any, core_of: Mapping[int, set[int]], tags: Mapping[int, Counter[str]],
    counts: Counter[int],
) -> Sizes:  # fmt: skip
    together = {suite.head}
    if suite.scope == SuiteScope.SLICE:
        together |= core_of.get(suite.prompt_id, set())
    whole = sum((tags[version] for version in together), Counter[str]())
    own = {tag: whole[tag] for tag in tags[suite.head]}
    small = sorted((tag, n) for tag, n in own.items() if n < FEWEST_TESTED)
    return Sizes(
        suite, counts[suite.head], sum(counts[version] for version in together), small,
        len(own) - len(small),
    )  # fmt: skip
