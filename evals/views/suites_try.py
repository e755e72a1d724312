"""Ask one case of the draft now, or a version's cases in a trial run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from evals.actions import NothingToMeasure, UnusableTarget, start_run
from evals.case_form import Row
from evals.drafts import open_draft
from evals.expectations import in_words
from evals.models import RunKind
from evals.trial import SECONDS, CannotAsk, ask_case, live_revision, trial_of
from evals.views.suites import suite_of
from evals.views.suites_cases import VersionPage, askable
from evals.views.suites_edit import number_of
from registry.models import Revision, Variant, WorkItem
from registry.request import Request
from registry.roles import CAPABILITIES, NotAllowed

PATIENCE = SECONDS + 30
"""Seconds after which the page stops asking: a worker that is free needs less."""


@dataclass(frozen=True)
class Trial:
    """One trial as the page shows it."""

    item: WorkItem
    revision: Revision

    @property
    def row(self) -> Row:
        """The case as it was asked."""
        found: Row = self.item.payload["row"]
        return found

    @property
    def found(self) -> dict[str, Any] | None:
        """What came of it; None while nothing has."""
        found: dict[str, Any] | None = self.item.payload.get("found")
        return found

    @property
    def seconds(self) -> int:
        """How long it has been under way."""
        return int((timezone.now() - self.item.created_at).total_seconds())

    @property
    def is_late(self) -> bool:
        """Whether nobody seems to answer; the page stops following it."""
        return self.found is None and self.seconds > PATIENCE

    @property
    def bound(self) -> int:
        """Seconds that the answer may take once it is asked."""
        return SECONDS

    @property
    def simulated(self) -> bool:
        """Whether the answer comes from the simulator."""
        return self.revision.model_target.provider == "simulator"

    @property
    def passed(self) -> bool | None:
        """Whether the case passes; None where it was not scored."""
        score = (self.found or {}).get("score")
        return None if score is None else score >= 0.5

    @property
    def checks(self) -> list[dict[str, Any]]:
        """Each expectation in words with what it found."""
        details = (self.found or {}).get("details", [])
        wanted = [*self.row["expectations"], *[{}] * len(details)]
        return [
            {
                **one, "words": in_words(expected or {"scorer": one.get("scorer")}),
                "passed": None if one.get("value") is None else one["value"] >= 0.5,
                "counts": one.get("counts", True),
            }
            for expected, one in zip(wanted, details, strict=False)
        ]  # fmt: skip


@require_POST
def suite_try(request: Request, pk: int) -> HttpResponse:
    """Ask the saved case of the draft once."""
    suite = suite_of(request, pk)
    _may_run(request)
    row = open_draft(suite).row(request.POST.get("case", ""))
    variant = get_object_or_404(
        Variant.objects.visible_to(request.user).select_related("tenant", "prompt"),
        pk=number_of(request.POST.get("variant", "")),
    )
    number = number_of(request.POST.get("revision", "")) or None
    try:
        if row is None:
            raise CannotAsk("This case is not in the draft any more. Reload the page.")
        if variant.pk not in {one.pk for one in askable(suite, request.user)}:
            raise CannotAsk("This suite does not measure that variant. Choose another one.")
        item = ask_case(suite, row, variant, number=number, by=request.user)
    except CannotAsk as refusal:
        context = {"refusal": str(refusal), "suite": suite}
        return render(request, _template(request), context, status=422)
    return _shown(request, item) if request.htmx else redirect("suite-tried", item.pk)


@require_POST
def suite_run(request: Request, pk: int, number: int) -> HttpResponse:
    """Ask a version's cases, or those that are new in it, of what a variant serves: a trial."""
    suite = suite_of(request, pk)
    version = get_object_or_404(suite.versions, number=number if number < 2**31 else 0)
    _may_run(request)
    page = VersionPage(suite, version, request.user, {})
    asked = number_of(request.POST.get("variant", ""))
    variant = next((one for one in page.variants if one.pk == asked), None)
    revision = live_revision(variant) if variant is not None else None
    if revision is None:
        messages.error(request, "Choose a variant that serves something. Nothing was started.")
        return redirect(suite)
    only = page.new_cases if request.POST.get("what") == "new" else []
    new = f"{len(only)} new case{'' if len(only) == 1 else 's'} of "
    why = f"{new if only else ''}{version} tried."
    try:
        run = start_run(
            revision, baseline=None, by=request.user, kind=RunKind.TRIAL, why=why, only=only,
            versions=[version],
        )  # fmt: skip
    except (NothingToMeasure, UnusableTarget) as problem:
        messages.error(request, str(problem))
        return redirect(suite)
    messages.success(request, "A trial: it shows how the cases do, and counts at no release.")
    return redirect(run)


def _may_run(request: Request) -> None:
    if not request.user.has_perm("registry.run_evals"):
        raise NotAllowed(f"You may not {CAPABILITIES['run_evals']}.")


@require_safe
def suite_tried(request: Request, pk: int) -> HttpResponse:
    """What came of it so far; polled by htmx until it is over."""
    item = trial_of(pk, request.user) if pk < 2**63 else None
    if item is None:
        raise Http404
    return _shown(request, item)


def _shown(request: Request, item: WorkItem) -> HttpResponse:
    heavy = ("text", "segments")
    found = Revision.objects.select_related("model_target", "variant__tenant", "variant__prompt")
    trial = Trial(item, found.defer(*heavy).get(pk=item.payload["revision"]))
    context = {"trial": trial, "suite_pk": item.payload["suite"]}
    return render(request, _template(request), context)


def _template(request: Request) -> str:
    fragment = "evals/suite/_tried.html"
    return fragment if request.htmx else "evals/suite/tried.html"
