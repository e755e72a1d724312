"""Start runs: freeze what is to be measured, and queue the first phase."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet

from evals import budget
from evals.actions import calls
from evals.actions.ordering import NothingToMeasure, Order, Plan, plan
from evals.models import EvalRun, RunKind, RunStage, SuiteVersion
from evals.suites import suite_versions_for_all
from registry import events
from registry.models import Revision, User
from registry.roles import require


def start_run(
    revision: Revision, *, baseline: Revision | None, by: User | None, **more: Any
) -> EvalRun:
    """Freeze what is to be measured and queue the work; nothing is asked before commit.

    `by` None: the product starts it itself (a campaign's re-evaluation). `more`: further
    fields of an `Order`. While a run of the very same is under way, that one is given back
    instead of a second.

    Raises NothingToMeasure without cases, UnusableTarget for a model named by an alias,
    UnusableCap for a cap in USD where a price is unknown, UnusableParameters.
    """
    begun = start_runs([Order(revision, baseline, **more)], by=by)[0]
    if isinstance(begun, NothingToMeasure):
        raise begun
    return begun


@transaction.atomic
def start_runs(orders: Sequence[Order], *, by: User | None) -> list[EvalRun | NothingToMeasure]:
    """`start_run` for several variants, in their order; so many queries for all of them.

    What cannot be measured has its reason in the place of its run; the others begin.
    """
    if by is not None:
        for order in orders:
            require(by, "run_evals", order.revision.variant.tenant)
    planned = [_planned(order, newest) for order, newest in _with_suites(orders)]
    runs = iter(_runs_of([one for one in planned if isinstance(one, Plan)], by))
    return [next(runs) if isinstance(one, Plan) else one for one in planned]


def _with_suites(orders: Sequence[Order]) -> list[tuple[Order, Sequence[SuiteVersion]]]:
    """Each order with the newest suite versions that apply, where it does not name its own."""
    asked = [order.revision.variant for order in orders if order.versions is None]
    newest = suite_versions_for_all(asked)
    return [(order, newest.get(order.revision.variant_id, ())) for order in orders]


def _planned(order: Order, newest: Sequence[SuiteVersion]) -> Plan | NothingToMeasure:
    try:
        return plan(order, newest)
    except NothingToMeasure as nothing:
        return nothing


def _runs_of(plans: Sequence[Plan], by: User | None) -> list[EvalRun]:
    """The runs of the plans: those that are under way already, the others begun now."""
    running = _running(plans)
    begun = iter(_begin([one for one, run in zip(plans, running, strict=True) if not run], by))
    return [run or next(begun) for run in running]


def _running(plans: Sequence[Plan]) -> list[EvalRun | None]:
    """For each plan a run of the same that is under way, locked so that it does not end meanwhile.

    The revisions' row locks make a second click wait for the first one's runs.
    """
    revisions = [one.order.revision.pk for one in plans]
    rows = Revision.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=revisions)
    list(rows.order_by("pk").values_list("pk"))
    under_way = EvalRun.objects.filter(
        revision__in=revisions, stage__in=[RunStage.RUNNING, RunStage.PAUSED]
    )
    busy = set(under_way.values_list("revision_id", flat=True))
    return [_same(one, under_way) if one.order.revision.pk in busy else None for one in plans]


def _same(one: Plan, under_way: QuerySet[EvalRun]) -> EvalRun | None:
    same = under_way.filter(**one.frozen)
    if one.order.sweep is not None:
        same = same.filter(sweep=one.order.sweep)
    return same.select_for_update(of=("self",), no_key=True).first()


def _begin(plans: Sequence[Plan], by: User | None) -> list[EvalRun]:
    runs = [one.new_run(by) for one in plans]
    turns = [calls.screening(run, one.cases) for run, one in zip(runs, plans, strict=True)]
    estimates = budget.estimate_all([
        budget.Beginning(run, one.cases, its)
        for run, one, its in zip(runs, plans, turns, strict=True)
    ])  # fmt: skip
    for run, estimate in zip(runs, estimates, strict=True):
        if run.cost_cap is not None:
            budget.require_prices(run)
        run.cost_estimate, run.calls_planned = estimate.usd, estimate.calls
    _save(runs, plans)
    told: list[tuple[Model, str, dict[str, Any]]] = [
        (run, run.why, {"calls": run.calls_planned}) for run in runs
    ]
    events.record_all("evalrun.started", told, by)
    calls.enqueue_all(zip(runs, turns, strict=True), fresh=False)
    return runs


def _save(runs: Sequence[EvalRun], plans: Sequence[Plan]) -> None:
    EvalRun.objects.bulk_create(runs)
    EvalRun.history.bulk_history_create(runs)
    through = EvalRun.suite_versions.through
    through.objects.bulk_create([
        through(evalrun_id=run.pk, suiteversion_id=version.pk)
        for run, one in zip(runs, plans, strict=True)
        for version in one.versions
    ])  # fmt: skip


def rescore(run: EvalRun, by: User | None) -> EvalRun:
    """Score a finished run's answers again, by today's scorers, judges and thresholds.

    No model is asked for an answer; what had none has none now.
    """
    return start_run(
        run.revision, baseline=run.baseline, by=by, repeats=run.repeats, kind=run.kind,
        tier=run.tier, why="Scored again.", again_of=run, only=run.only,
        versions=list(run.suite_versions.all()), parameters=run.parameters, scores_only=True,
    )  # fmt: skip


def run_again(
    run: EvalRun, by: User | None, *, only: Collection[int] | None = None,
    cost_cap: Decimal | None = None,
) -> EvalRun:  # fmt: skip
    """Run once more on the newest suites: what was answered is taken, what failed is asked.

    `only`: some cases alone, as a trial.
    """
    return start_run(
        run.revision, baseline=run.baseline, by=by, repeats=run.repeats,
        kind=run.kind if only is None else RunKind.TRIAL, tier=run.tier, why="Run again.",
        again_of=run, only=only or (), parameters=run.parameters, cost_cap=cost_cap,
        versions=list(run.suite_versions.all()) if only else None,
    )  # fmt: skip
