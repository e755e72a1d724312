"""Start a run: freeze what is to be measured, and queue its first phase."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from evals import budget
from evals.actions import calls
from evals.frozen import cases_in
from evals.judges.pinning import pin
from evals.models import Case, EvalRun, RunKind, RunStage, SuiteVersion, Sweep
from evals.parameters import clean_parameters
from evals.suites import combined_hash, suite_versions_for
from registry import events
from registry.models import Revision, User
from registry.models.prompt import refuse_alias
from registry.roles import require


class NothingToMeasure(Exception):
    """The variant has no suite; the message says what to write first."""


class UnusableTarget(NothingToMeasure):
    """The model cannot be measured: its name is an alias; the message offers dated ones."""


@dataclass(frozen=True)
class Wanted:
    """What a run measures, frozen: two of the same at once would be one too many."""

    revision: Revision
    baseline: Revision | None
    versions: Sequence[SuiteVersion]
    repeats: int
    kind: str = RunKind.GATE
    only: Sequence[int] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    judges: Mapping[str, str] = field(default_factory=dict)
    afresh: bool = False
    scores_only: bool = False
    thresholds: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def fields(self) -> dict[str, Any]:
        """The run's columns."""
        variant = self.revision.variant
        return {
            "variant": variant, "revision": self.revision, "baseline": self.baseline,
            "eval_hash": combined_hash(self.versions), "repeats": self.repeats, "kind": self.kind,
            "must_pass_repeats": settings.MUST_PASS_REPEATS if self.kind == RunKind.GATE else 1,
            "only": sorted(self.only), "parameters": dict(self.parameters),
            "judges": dict(self.judges), "afresh": self.afresh, "scores_only": self.scores_only,
            "thresholds": {
                "min_pass_rate": variant.min_pass_rate, "margin": variant.margin,
                **self.thresholds,
            },
        }  # fmt: skip


def start_run(
    revision: Revision,
    *,
    baseline: Revision | None,
    by: User | None,
    repeats: int = 1,
    kind: str = RunKind.GATE,
    tier: int | None = None,
    why: str = "",
    sweep: Sweep | None = None,
    again_of: EvalRun | None = None,
    only: Collection[int] = (),
    versions: Sequence[SuiteVersion] | None = None,
    parameters: Mapping[str, Any] | None = None,
    afresh: bool = False,
    scores_only: bool = False,
    cost_cap: Decimal | None = None,
    thresholds: Mapping[str, float | None] | None = None,
    first: Collection[str] = (),
) -> EvalRun:
    """Freeze what is to be measured and queue the work; nothing is asked before commit.

    `by` None: the product starts it itself (a campaign's re-evaluation). `only`: primary keys
    of the cases to ask, which makes a trial. `versions`: other suite versions than the newest
    that apply. `again_of`: a run whose answers are taken however old; with `scores_only` no
    model is asked at all. `afresh`: no earlier answer is taken. `thresholds` (min_pass_rate,
    margin) take the place of the variant's own. `first`: labels of the cases to ask before
    the others, so that a repair shows soon whether it holds. While a run of the very same
    is under way, that one is given back instead of a second.

    Raises NothingToMeasure without cases, UnusableTarget for a model named by an alias,
    UnusableCap for a cap in USD where a price is unknown, UnusableParameters.
    """
    if by is not None:
        require(by, "run_evals", revision.variant.tenant)
    _refuse_aliases(revision, baseline)
    if versions is None:
        versions = suite_versions_for(revision.variant)
    cases = _cases(revision, versions, only)
    wanted = Wanted(
        revision, baseline, versions, repeats,
        kind=RunKind.TRIAL if only and kind == RunKind.GATE else kind, only=tuple(only),
        parameters=clean_parameters(parameters or {}), afresh=afresh, scores_only=scores_only,
        judges=pin(one for case in cases for one in case.expectations),
        thresholds=dict(thresholds or {}),
    )  # fmt: skip
    cases = sorted(cases, key=lambda case: case.label not in first)
    with transaction.atomic():
        running = _running(wanted, sweep)
        if running is not None:
            return running
        run = EvalRun(
            **wanted.fields, started_by=by, tier=tier, why=why, sweep=sweep, again_of=again_of,
            cost_cap=cost_cap,
        )  # fmt: skip
        return _begin(run, wanted.versions, cases)


def _begin(run: EvalRun, versions: Sequence[SuiteVersion], cases: Sequence[Case]) -> EvalRun:
    turns = calls.screening(run, cases)
    estimate = budget.estimate(run, cases, turns)
    if run.cost_cap is not None:
        budget.require_prices(run)
    run.cost_estimate, run.calls_planned = estimate.usd, estimate.calls
    run.save()
    run.suite_versions.add(*versions)
    events.record(
        "evalrun.started", run, run.started_by, run.why, variant=run.variant,
        calls=run.calls_planned,
    )  # fmt: skip
    calls.enqueue(run, turns, fresh=False)
    return run


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


def _cases(
    revision: Revision, versions: Sequence[SuiteVersion], only: Collection[int]
) -> list[Case]:
    cases = cases_in(version.pk for version in versions)
    if only:
        cases = [case for case in cases if case.pk in only]
    if not cases:
        slug = revision.variant.prompt.slug
        raise NothingToMeasure(f"There is no suite for {slug} yet. Write one, then evaluate.")
    return cases


def _running(wanted: Wanted, sweep: Sweep | None) -> EvalRun | None:
    """A run of the same that is under way, locked so that it does not end meanwhile.

    The revision's row lock makes a second click wait for the first one's run.
    """
    Revision.objects.select_for_update(of=("self",), no_key=True).get(pk=wanted.revision.pk)
    under_way = EvalRun.objects.filter(
        **wanted.fields, stage__in=[RunStage.RUNNING, RunStage.PAUSED]
    )
    if sweep is not None:
        under_way = under_way.filter(sweep=sweep)
    return under_way.select_for_update(of=("self",), no_key=True).first()


def _refuse_aliases(*revisions: Revision | None) -> None:
    for revision in revisions:
        try:
            if revision is not None:
                refuse_alias(revision.model_target.snapshot)
        except ValidationError as alias:
            raise UnusableTarget(alias.messages[0]) from None
