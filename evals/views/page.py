"""What the page of one eval run shows."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.urls import reverse

from evals.models import EvalRun, RunStage
from evals.views import cases
from evals.views.cases import Standing
from evals.views.progress import costs_of, progress_of
from evals.views.sentence import sentence_of

REST = 25
"""Cases a page of those that did not change."""

MOST_SHOWN = 50
"""Broken or fixed cases with their answers on one page; beyond that the filter shows them."""

TABS = {"failing": "fail in both", "passing": "pass in both", "unanswered": "without an answer"}
"""Cases that did not change sides, in words."""

ALONE = {"failing": "fail", "passing": "pass"}
"""The same where there is no old side to compare with."""

SHOW = {**TABS, "broken": "broken", "fixed": "fixed"}
"""What `?show=` may say, in words."""


WAITING = {
    RunStage.RUNNING: "It comes when every question is answered. This page follows by itself.",
    RunStage.PAUSED: "The run is paused.",
}
"""What stands where the verdict will be."""


def context(request: HttpRequest, run: EvalRun) -> dict[str, Any]:
    """Verdict, slices, and cases by kind; the number of queries does not grow with them."""
    found = cases.standings(run)
    verdict = getattr(run, "verdict", None)
    running = run.stage in (RunStage.RUNNING, RunStage.PAUSED)
    return {
        "run": run,
        "running": running,
        "waiting": WAITING[RunStage(run.stage)] if running else "",
        "verdict": verdict,
        "accepted_risk": getattr(run, "accepted_risk", None),
        "sentence": sentence_of(verdict) if verdict else "",
        "reasons": _reasons(verdict),
        "progress": progress_of(run),
        "cancel_url": reverse("eval-run-cancel", args=[run.pk]),
        "costs": costs_of(run),
        "simulated_run": run.revision.model_target.provider == "simulator",
        "suites": run.suite_versions.select_related("suite__tenant"),
        "slices": [] if running else cases.slices(found),
        **({} if running else _cases(request, run, found)),
    }


def _reasons(verdict: Any) -> list[dict[str, Any]]:
    """The gate's reasons that the headline does not say already."""
    if verdict is None:
        return []
    said = verdict.headline.lower()
    return [why for why in verdict.decision.get("reasons", []) if why["detail"].lower() not in said]


def _cases(request: HttpRequest, run: EvalRun, found: list[Standing]) -> dict[str, Any]:
    tag = request.GET.get("slice", "")
    found = cases.about(found, tag) if tag else found
    broken, fixed = cases.of(found, "broken"), cases.of(found, "fixed")
    show = request.GET.get("show", "")
    rest = cases.of(found, show) if show in SHOW else []
    rest_page = Paginator(rest, REST).get_page(request.GET.get("page"))
    top = [] if show else [*broken[:MOST_SHOWN], *fixed[:MOST_SHOWN]]
    shown = cases.with_answers(run, [*top, *rest_page])
    counts = {kind: sum(s.change == kind for s in found) for kind in SHOW}
    return {
        "show": show,
        "slice": tag,
        "broken": [one for one in shown if one.standing.change == "broken" and not show],
        "fixed": [one for one in shown if one.standing.change == "fixed" and not show],
        "rest": [one for one in shown if show],
        "rest_page": rest_page,
        "tabs": [
            (kind, words if run.baseline_id else ALONE.get(kind, words), counts[kind])
            for kind, words in TABS.items()
            if counts[kind]
        ],
        "counts": counts,
        "show_words": SHOW.get(show, ""),
        "more_broken": max(0, len(broken) - MOST_SHOWN),
    }
