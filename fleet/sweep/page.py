"""What the pages of sweeps say."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, QuerySet, When
from django.http import HttpRequest

from evals.models import EvalRun, RunStage, Sweep, VerdictKind
from fleet.sweep.actions import SWEEP_KIND
from fleet.sweep.drift import drift_of
from fleet.sweep.plan import Plan
from fleet.sweep.tiers import MEANING
from registry.models import User, Variant, WorkItem, WorkState

PAGE_ROWS = 100
LIST_ROWS = 50

STATES = {
    "running": Q(stage__in=[RunStage.RUNNING, RunStage.PAUSED]),
    **{kind.value: Q(verdict__kind=kind) for kind in VerdictKind},
    "cancelled": Q(stage=RunStage.CANCELLED),
}
"""What `?show=` may say, and the runs it means."""

LABELS = [("running", "Running"), *VerdictKind.choices, ("cancelled", "Cancelled")]


def list_context(request: HttpRequest) -> dict[str, Any]:
    """A page of the sweeps with their counts of the runs the person may see."""
    mine = Q(runs__variant__in=_visible(request))
    found = Sweep.objects.select_related("started_by").annotate(
        variants=Count("runs", filter=mine),
        running=Count("runs", filter=mine & Q(runs__stage=RunStage.RUNNING)),
        go=Count("runs", filter=mine & Q(runs__verdict__kind=VerdictKind.GO)),
        no_go=Count("runs", filter=mine & Q(runs__verdict__kind=VerdictKind.NO_GO)),
        unclear=Count("runs", filter=mine & Q(runs__verdict__kind=VerdictKind.INCONCLUSIVE)),
    )
    page = Paginator(found.order_by("-started_at"), LIST_ROWS).get_page(request.GET.get("page"))
    return {"page": page, "sweeps": page.object_list}


def context(request: HttpRequest, sweep: Sweep) -> dict[str, Any]:
    """Counts, drift and a page of the runs, filtered by the address."""
    runs = runs_of(request, sweep)
    counts = runs.order_by().aggregate(
        total=Count("pk"), **{name: Count("pk", filter=where) for name, where in STATES.items()}
    )
    show = request.GET.get("show", "")
    q = request.GET.get("q", "").strip()
    shown = Paginator(_ordered(runs.filter(STATES.get(show, Q()), _search(q))), PAGE_ROWS)
    page = shown.get_page(request.GET.get("page"))
    drift = drift_of(sweep, page.object_list)
    waiting = _waiting(sweep)
    left_out = _left_out(request, sweep)
    return {
        "sweep": sweep,
        "meaning": MEANING[sweep.tier],
        "page": page,
        "rows": [{"run": run, "drift": drift.get(run.pk)} for run in page],
        "drifts": bool(drift),
        "counts": counts,
        "through": counts["total"] - counts["running"] + len(left_out),
        "total": counts["total"] + waiting + len(left_out),
        "moving": bool(waiting or counts["running"]),
        "left_out": left_out,
        "filters": [{"name": "show", "label": "State", "value": show, "options": LABELS}],
        "q": q,
        "count": f"{shown.count} run{'' if shown.count == 1 else 's'}",
    }


def plan_context(plan: Plan) -> dict[str, Any]:
    """The variants of a plan with their reasons, for the page before it starts."""
    variants = Variant.objects.select_related("tenant", "prompt").in_bulk(
        [pick.variant for pick in plan.picks]
    )
    return {
        "plan": plan,
        "meaning": MEANING[plan.tier],
        "minutes": max(1, round(plan.seconds / 60)),
        "picks": [(variants[pick.variant], pick.reason) for pick in plan.picks],
        "there": Sweep.objects.filter(key=plan.key).first(),
    }


def runs_of(request: HttpRequest, sweep: Sweep) -> QuerySet[EvalRun]:
    """The sweep's runs of the variants this person may see."""
    return sweep.runs.filter(variant__in=_visible(request)).select_related(
        "variant__tenant", "variant__prompt", "revision__model_target", "verdict"
    )


def _visible(request: HttpRequest) -> QuerySet[Variant]:
    user: User = request.user  # type: ignore[assignment]
    return Variant.objects.visible_to(user)


def _ordered(runs: QuerySet[EvalRun]) -> QuerySet[EvalRun]:
    """What needs somebody first: no-go, then unclear, then running, then go."""
    heavy = ("revision__text", "revision__segments")
    places = [VerdictKind.NO_GO, VerdictKind.INCONCLUSIVE, None, VerdictKind.GO]
    need = Case(
        *(When(verdict__kind=kind, then=n) for n, kind in enumerate(places) if kind),
        default=places.index(None),
    )
    return runs.defer(*heavy).order_by(need, "variant__tenant__name", "variant_id")


def _search(q: str) -> Q:
    named = Q(variant__tenant__name__icontains=q) | Q(variant__prompt__slug__icontains=q)
    return named if q else Q()


def _waiting(sweep: Sweep) -> int:
    """Variants whose run has not begun."""
    return WorkItem.objects.filter(
        kind=SWEEP_KIND, key__startswith=f"sweep:{sweep.pk}:",
        state__in=[WorkState.QUEUED, WorkState.LEASED],
    ).count()  # fmt: skip


def _left_out(request: HttpRequest, sweep: Sweep) -> list[tuple[Variant, str]]:
    why = {row["variant"]: row["why"] for row in sweep.left_out}
    found = _visible(request).filter(pk__in=why).select_related("tenant", "prompt")
    return [(variant, why[variant.pk]) for variant in found]
