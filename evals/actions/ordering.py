"""What a run is to measure, frozen before anything of it is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from evals.frozen import cases_in
from evals.judges.pinning import pin
from evals.models import Case, EvalRun, RunKind, SuiteVersion, Sweep
from evals.parameters import clean_parameters
from evals.suites import combined_hash
from registry.models import Revision, User
from registry.models.prompt import refuse_alias


class NothingToMeasure(Exception):
    """The variant has no suite; the message says what to write first."""


class UnusableTarget(NothingToMeasure):
    """The model cannot be measured: its name is an alias; the message offers dated ones."""


@dataclass(frozen=True)
class Order:
    """What somebody wants measured, and how.

    `only`: primary keys of the cases to ask, which makes a trial. `versions`: other suite
    versions than the newest that apply. `again_of`: a run whose answers are taken however old;
    with `scores_only` no model is asked at all. `afresh`: no earlier answer is taken.
    `thresholds` (min_pass_rate, margin) take the place of the variant's own. `first`: labels of
    the cases to ask before the others, so that a repair shows soon whether it holds.
    `cost_cap` in USD.
    """

    revision: Revision
    baseline: Revision | None
    repeats: int = 1
    kind: str = RunKind.GATE
    tier: int | None = None
    why: str = ""
    sweep: Sweep | None = None
    again_of: EvalRun | None = None
    only: Collection[int] = ()
    versions: Sequence[SuiteVersion] | None = None
    parameters: Mapping[str, Any] | None = None
    afresh: bool = False
    scores_only: bool = False
    cost_cap: Decimal | None = None
    thresholds: Mapping[str, float | None] | None = None
    first: Collection[str] = ()


@dataclass(frozen=True)
class Plan:
    """An order with all that it will be measured by.

    `frozen`: the columns of a run that say what it measures; two of the same at once would be
    one too many.
    """

    order: Order
    versions: Sequence[SuiteVersion]
    cases: Sequence[Case]
    frozen: Mapping[str, Any]

    def new_run(self, by: User | None) -> EvalRun:
        """The run of this plan, not saved yet."""
        order = self.order
        return EvalRun(
            **self.frozen, started_by=by, tier=order.tier, why=order.why, sweep=order.sweep,
            again_of=order.again_of, cost_cap=order.cost_cap,
        )  # fmt: skip


def plan(order: Order, newest: Sequence[SuiteVersion]) -> Plan:
    """What an order comes to; `newest`: the suite versions that apply to its variant.

    Raises NothingToMeasure without cases, UnusableTarget for a model named by an alias,
    UnusableParameters.
    """
    for revision in (order.revision, order.baseline):
        _refuse_alias(revision)
    versions = newest if order.versions is None else order.versions
    cases = _cases(order, versions)
    return Plan(order, versions, cases, _frozen(order, versions, cases))


def _cases(order: Order, versions: Sequence[SuiteVersion]) -> list[Case]:
    cases = cases_in(version.pk for version in versions)
    if order.only:
        cases = [case for case in cases if case.pk in order.only]
    if not cases:
        slug = order.revision.variant.prompt.slug
        raise NothingToMeasure(f"There is no suite for {slug} yet. Write one, then evaluate.")
    return sorted(cases, key=lambda case: case.label not in order.first)


def _frozen(
    order: Order, versions: Sequence[SuiteVersion], cases: Sequence[Case]
) -> dict[str, Any]:
    variant = order.revision.variant
    kind = RunKind.TRIAL if order.only and order.kind == RunKind.GATE else order.kind
    return {
        "variant": variant, "revision": order.revision, "baseline": order.baseline,
        "eval_hash": combined_hash(versions), "repeats": order.repeats, "kind": kind,
        "must_pass_repeats": settings.MUST_PASS_REPEATS if kind == RunKind.GATE else 1,
        "only": sorted(order.only), "parameters": clean_parameters(order.parameters or {}),
        "judges": pin(one for case in cases for one in case.expectations),
        "afresh": order.afresh, "scores_only": order.scores_only,
        "thresholds": {
            "min_pass_rate": variant.min_pass_rate, "margin": variant.margin,
            **(order.thresholds or {}),
        },
    }  # fmt: skip


def _refuse_alias(revision: Revision | None) -> None:
    try:
        if revision is not None:
            refuse_alias(revision.model_target.snapshot)
    except ValidationError as alias:
        raise UnusableTarget(alias.messages[0]) from None
