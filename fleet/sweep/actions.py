"""Start a sweep, and measure one of its variants."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from evals.actions import NothingToMeasure, start_run
from evals.models import EvalRun, Sweep
from fleet.release.models import Release, Stage
from fleet.sweep.plan import Plan, plan_library
from registry import events, work
from registry.actions import freeze
from registry.compose import ComposeError
from registry.models import BaseVersion, PolicyVersion, Revision, User, VariantStage, WorkItem
from registry.roles import NotAllowed, require

SWEEP_KIND = "sweep_variant"


class NothingLive(Exception):
    """No variant is concerned: there is nothing to measure."""


@transaction.atomic
def start_sweep(plan: Plan, *, by: User | None) -> tuple[Sweep, bool]:
    """Queue a run a variant; the same plan again gives the sweep there is, and False.

    `by` None: the calendar starts it. A sweep asks for all customers, so whoever sees only
    their own may not start one. Raises NothingLive, NotAllowed.
    """
    if by is not None:
        require(by, "run_evals")
    if not plan.picks:
        raise NothingLive("No live variant is concerned, so there is nothing to measure.")
    sweep, fresh = Sweep.objects.get_or_create(
        key=plan.key,
        defaults={
            "kind": plan.kind, "why": plan.why, "tier": plan.tier, "started_by": by,
            "left_out": [],
        },
    )  # fmt: skip
    if not fresh:
        return sweep, False
    events.record("sweep.started", sweep, by, plan.why, variants=len(plan.picks), tier=plan.tier)
    work.enqueue_many(
        SWEEP_KIND,
        (
            (
                f"sweep:{sweep.pk}:{pick.variant}",
                {
                    "sweep": str(sweep.pk), "variant": pick.variant, "reason": pick.reason,
                    "pins": plan.payload,
                },
            )
            for pick in plan.picks
        ),
    )  # fmt: skip
    return sweep, True


def start_library_run(today: dt.date) -> Sweep | None:
    """This month's run over everything live; None where there is one, or nothing is live."""
    plan = plan_library(today.replace(day=1))
    if not plan.picks or Sweep.objects.filter(key=plan.key).exists():
        return None
    sweep, fresh = start_sweep(plan, by=None)
    return sweep if fresh else None


@transaction.atomic
def measure_variant(item: WorkItem) -> EvalRun | None:
    """Start the run of one variant of a sweep; None where it cannot be measured, which is noted.

    What is live is the baseline of a new layer; without one it is measured by itself.
    """
    sweep = Sweep.objects.select_for_update(no_key=True).get(pk=item.payload["sweep"])
    release = (
        Release.objects.filter(
            stage=Stage.LIVE, variant=item.payload["variant"], variant__stage=VariantStage.ACTIVE
        )
        .select_related("revision__variant__prompt", "revision__variant__tenant")
        .select_related("revision__model_target", "revision__overlay_version")
        .first()
    )
    run, why_not = None, "Nothing of it is live any more."
    if release is not None:
        try:
            with transaction.atomic():
                run, why_not = _start(sweep, release.revision, item.payload), ""
        except (NothingToMeasure, ComposeError, NotAllowed) as why:
            why_not = str(why)
    if why_not:
        _note(sweep, item, why_not)
    work.finish(item)
    return run


@transaction.atomic
def leave_out(item: WorkItem) -> None:
    """The run could not be started and was given up: the report says so."""
    sweep = Sweep.objects.select_for_update(no_key=True).get(pk=item.payload["sweep"])
    _note(sweep, item, "Its run could not be started. Ask an operator for the log.")


def _note(sweep: Sweep, item: WorkItem, why: str) -> None:
    sweep.left_out = [*sweep.left_out, {"variant": item.payload["variant"], "why": why}]
    sweep.save(update_fields=["left_out"])


def _start(sweep: Sweep, live: Revision, payload: dict[str, object]) -> EvalRun:
    pins: dict[str, int] = payload["pins"]  # type: ignore[assignment]
    candidate = _under(live, pins, sweep) if pins else live
    return start_run(
        candidate, baseline=live if candidate != live else None, by=None, tier=sweep.tier,
        why=str(payload["reason"]), sweep=sweep, afresh=not pins,
    )  # fmt: skip


def _under(live: Revision, pins: dict[str, int], sweep: Sweep) -> Revision:
    """The live revision with the new layer in it, everything else as it is."""
    assert sweep.started_by is not None, "a change of a layer has somebody who published it"
    base = BaseVersion.objects.get(pk=pins["base"]) if "base" in pins else live.base_version
    policy = PolicyVersion.objects.get(pk=pins["policy"]) if "policy" in pins else None
    return freeze(
        live.variant, by=sweep.started_by, note=sweep.why, target=live.model_target,
        overlay=live.overlay_version, policy=policy, base=base, parent=live,
    )  # fmt: skip
