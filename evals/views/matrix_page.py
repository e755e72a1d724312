"""Pass rates of variants by slice: the newest gate run of each, counted in the database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from evals.models import EvalRun, RunKind, RunStage
from evals.views.cases import MUST_PASS, Slice
from registry.models import ModelTarget, Prompt, Tenant, Variant

PAGE = 60
"""Variants on a page: a fleet of 47 stands on one."""

MOST_SLICES = 18
"""Columns; the slices of fewest cases are on the run's own page."""

UNTOLD = frozenset({"imported"})
"""Tags that say nothing of what a case is about."""

RATES = """
WITH per_case AS (
    SELECT run_id, case_id, arm, avg((score >= 0.5)::int) >= 0.5 AS passed
    FROM evals_caseresult
    WHERE run_id = ANY(%s) AND outcome = 'answered'
    GROUP BY run_id, case_id, arm
), tagged AS (
    SELECT p.run_id, p.arm, p.passed, t.tag
    FROM per_case p
    JOIN evals_case c ON c.id = p.case_id
    CROSS JOIN LATERAL (
        SELECT jsonb_array_elements_text(c.tags) AS tag
        UNION SELECT %s WHERE c.must_pass
    ) t
)
SELECT run_id, tag, arm, avg(passed::int)::float, count(*) FROM tagged GROUP BY run_id, tag, arm
"""
"""Share of passing cases by run, slice and arm; a case passes with half of its repeats."""


@dataclass(frozen=True)
class Cell:
    """One variant in one slice; `slice` None where its suites have none of that name."""

    slice: Slice | None
    url: str

    @property
    def heat(self) -> str:
        """The CSS class of its move; none for a move of one case, which says nothing."""
        one = self.slice
        if one is None or one.old is None or one.new is None:
            return ""
        return one.heat if abs(one.new - one.old) * one.cases > 1.5 else ""


@dataclass(frozen=True)
class Line:
    """One variant's row: its newest run (None: not measured yet) and its cells."""

    variant: Variant
    run: EvalRun | None
    cells: Sequence[Cell]

    @property
    def rate(self) -> float | None:
        """Share of all its cases that pass, as the gate counts them."""
        if self.run is None:
            return None
        return self.run.verdict.decision.get("candidate_pass_rate", self.run.verdict.pass_rate)


def context(request: HttpRequest) -> dict[str, Any]:
    """Lines, columns, filters and the pager; the number of queries does not grow with them."""
    chosen = {name: request.GET.get(name, "") for name in ("prompt", "segment", "target")}
    text = request.GET.get("q", "").strip()
    found = _variants(request, chosen, text)
    shown = Paginator(found, PAGE).get_page(request.GET.get("page"))
    runs = _runs(variant.newest_run for variant in shown)
    rates = rates_of(list(runs))
    columns, hidden = _columns(rates)
    return {
        "page": shown,
        "columns": columns,
        "hidden": hidden,
        "lines": [_line(variant, runs, rates, columns) for variant in shown],
        "filters": _filters(request, chosen),
        "q": text,
        "count": f"{shown.paginator.count} variant{'' if shown.paginator.count == 1 else 's'}",
        "filtered": bool(text or any(chosen.values())),
        "one_prompt": bool(chosen["prompt"]),
    }


def _variants(request: HttpRequest, chosen: Mapping[str, str], text: str) -> QuerySet[Any]:
    newest = EvalRun.objects.filter(
        variant=OuterRef("pk"), kind=RunKind.GATE, stage=RunStage.DONE, verdict__isnull=False
    ).order_by("-started_at")
    found = (
        Variant.objects.visible_to(request.user)  # type: ignore[arg-type]
        .select_related("tenant", "prompt")
        .annotate(
            newest_run=Subquery(newest.values("pk")[:1]),
            newest_target=Subquery(newest.values("revision__model_target")[:1]),
        )
        .order_by("prompt__slug", "tenant__name", "locale", "lane", "pk")
    )
    if chosen["prompt"]:
        found = found.filter(prompt__slug=chosen["prompt"])
    if chosen["segment"]:
        found = found.filter(tenant__segment=chosen["segment"])
    if chosen["target"]:
        target = ModelTarget.objects.filter(snapshot=chosen["target"])
        found = found.filter(newest_target__in=target)
    return found.filter(tenant__name__icontains=text) if text else found


def _runs(newest: Iterable[UUID | None]) -> dict[UUID, EvalRun]:
    runs = EvalRun.objects.filter(pk__in=[pk for pk in newest if pk])
    return {
        run.pk: run
        for run in runs.select_related("verdict", "revision__model_target").defer(
            "revision__text", "revision__segments"
        )
    }


def rates_of(runs: Sequence[UUID]) -> dict[UUID, dict[str, Slice]]:
    """The slices of each run with their rates in both arms; one query."""
    if not runs:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(RATES, [list(runs), MUST_PASS])
        found = cursor.fetchall()
    arms: dict[tuple[UUID, str], dict[str, tuple[float, int]]] = defaultdict(dict)
    for run, tag, arm, rate, cases in found:
        if tag not in UNTOLD:
            arms[run, tag][arm] = (rate, cases)
    rates: dict[UUID, dict[str, Slice]] = defaultdict(dict)
    for (run, tag), both in arms.items():
        new, cases = both.get("candidate", (None, 0))
        old, _ = both.get("baseline", (None, 0))
        rates[run][tag] = Slice(tag, cases, old, new, 0, 0)
    return rates


def _columns(rates: Mapping[UUID, Mapping[str, Slice]]) -> tuple[list[str], int]:
    """The slices that most cases belong to, must-pass first, then by name; how many are hidden."""
    sizes: Counter[str] = Counter()
    for slices in rates.values():
        sizes.update({tag: one.cases for tag, one in slices.items()})
    most = [tag for tag, _ in sizes.most_common(MOST_SLICES)]
    return sorted(most, key=lambda tag: (tag != MUST_PASS, tag)), max(0, len(sizes) - MOST_SLICES)


def _line(
    variant: Any, runs: Mapping[UUID, EvalRun], rates: Mapping[UUID, Mapping[str, Slice]],
    columns: Sequence[str],
) -> Line:  # fmt: skip
    run = runs.get(variant.newest_run)
    if run is None:
        return Line(variant, None, [])
    slices, url = rates.get(run.pk, {}), run.get_absolute_url()
    cells = [Cell(slices.get(tag), f"{url}?{urlencode({'slice': tag})}#cases") for tag in columns]
    return Line(variant, run, cells)


def _filters(request: HttpRequest, chosen: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the list may be narrowed to; only what this person may see is offered."""
    visible = Variant.objects.visible_to(request.user)  # type: ignore[arg-type]
    prompts = Prompt.objects.filter(variants__in=visible).distinct().order_by("slug")
    tenants = Tenant.objects.filter(variants__in=visible)
    segments = tenants.order_by("segment").values_list("segment", flat=True).distinct()
    targets = ModelTarget.objects.order_by("snapshot").values_list("snapshot", flat=True)
    options = {
        "prompt": ("Prompt", [(one.slug, one.name) for one in prompts]),
        "segment": ("Segment", [(one, one) for one in segments]),
        "target": ("Model", [(one, one) for one in dict.fromkeys(targets)]),
    }
    return [
        {"name": name, "label": label, "value": chosen[name], "options": values}
        for name, (label, values) in options.items()
    ]
