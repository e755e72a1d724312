"""Acts on one review: each calls one action and says what came of it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from evals.models import EvalRun
from fleet.release.actions import publish
from fleet.review.actions import (
    accept_risk,
    approve,
    lift,
    overrule,
    reject,
    request_changes,
    resume,
    withdraw,
)
from fleet.review.actions.break_glass import break_glass
from fleet.review.answering import answer, refused, review_of
from fleet.review.models import Objection, Review
from fleet.review.queue import reviews_of
from fleet.review.refusal import CONFLICT, Refusal, attempt
from fleet.review.rules import progress, requirements
from registry.request import Request

NO_EVIDENCE = Refusal(
    "The page did not say which eval run it showed. Look at the evidence below, then decide.",
    CONFLICT,
)


@require_POST
def review_approve(request: Request, pk: int) -> HttpResponse:
    """Say yes, on the evidence that the page showed."""
    review, why = review_of(request, pk), request.POST.get("why", "")
    run = _shown_run(request, review)
    if run is None:
        return refused(request, review, NO_EVIDENCE, "approve")
    done = attempt(lambda: approve(review, by=request.user, reason=why, run=run))
    if isinstance(done, Refusal):
        return refused(request, review, done, "approve")
    far = progress(requirements(review.revision))
    went = "it may go live." if far.is_enough else f"still needed: {far.missing}."
    messages.success(request, f"You approved revision {review.revision.number}; {went}")
    return redirect(review)


@require_POST
def review_accept_risk(request: Request, pk: int) -> HttpResponse:
    """Let too few cases be enough, this once and with a reason."""
    review, why = review_of(request, pk), request.POST.get("why", "")
    said = "The risk is accepted, and your reason stands in the story. It still needs its approval."
    return answer(
        request, review, "accept_risk",
        lambda: accept_risk(review, by=request.user, reason=why), said,
    )  # fmt: skip


@require_POST
def review_request_changes(request: Request, pk: int) -> HttpResponse:
    """Object until it is mended."""
    review, why = review_of(request, pk), request.POST.get("why", "")
    said = f"Asked for changes. {review.opened_by.display_name} reads your reason."
    return answer(
        request, review, "request_changes",
        lambda: request_changes(review, by=request.user, reason=why), said,
    )  # fmt: skip


@require_POST
def review_resume(request: Request, pk: int) -> HttpResponse:
    """Ask for a decision again, once what was asked for is settled."""
    review, why = review_of(request, pk), request.POST.get("why", "")
    said = "It waits for a decision again."
    return answer(request, review, "resume", lambda: resume(review, by=request.user, why=why), said)


@require_POST
def review_reject(request: Request, pk: int) -> HttpResponse:
    """Say no, with a reason."""
    review, why = review_of(request, pk), request.POST.get("why", "")
    said = f"Rejected. {review.opened_by.display_name} reads your reason here."
    return answer(
        request, review, "reject", lambda: reject(review, by=request.user, reason=why), said
    )


@require_POST
def review_withdraw(request: Request, pk: int) -> HttpResponse:
    """Take it back."""
    review, why = review_of(request, pk), request.POST.get("why", "")
    said = "The review is withdrawn. The revision stays on record."
    return answer(
        request, review, "withdraw", lambda: withdraw(review, by=request.user, why=why), said
    )


@require_POST
def review_publish(request: Request, pk: int) -> HttpResponse:
    """Make the approved revision live."""
    review, ticked = review_of(request, pk), request.POST.get("acknowledged") == "1"
    name, number = review.variant.tenant_name, review.revision.number
    said = f"Revision {number} is live for {name}. No other variant was touched."
    return answer(
        request, review, "publish",
        lambda: publish(review, by=request.user, acknowledged=ticked), said,
    )  # fmt: skip


@require_POST
def review_break_glass(request: Request, pk: int) -> HttpResponse:
    """Make it live past what stands in the way."""
    review, why = review_of(request, pk), request.POST.get("why", "")
    name, number = review.variant.tenant_name, review.revision.number
    said = f"Revision {number} is live for {name}, past the gate. Policy owners were told."
    return answer(
        request, review, "break_glass",
        lambda: break_glass(review, by=request.user, reason=why), said,
    )  # fmt: skip


@require_POST
def objection_lift(request: Request, pk: int) -> HttpResponse:
    """Take one's own objection back."""
    objection, why = _objection(request, pk), request.POST.get("why", "")
    said = "Your objection is lifted."
    return answer(
        request, _reviewed(objection), "lift",
        lambda: lift(objection, by=request.user, why=why), said,
    )  # fmt: skip


@require_POST
def objection_overrule(request: Request, pk: int) -> HttpResponse:
    """Outvote somebody's objection."""
    objection, why = _objection(request, pk), request.POST.get("why", "")
    said = f"Outvoted. {objection.by.display_name} reads your reason."
    return answer(
        request, _reviewed(objection), "overrule",
        lambda: overrule(objection, by=request.user, reason=why), said,
    )  # fmt: skip


def _objection(request: Request, pk: int) -> Objection:
    found = Objection.objects.filter(review__in=reviews_of(request.user))
    return get_object_or_404(found.select_related("by", "review__opened_by"), pk=pk)


def _reviewed(objection: Objection) -> Review:
    assert objection.review is not None  # `_objection` finds none without
    return objection.review


def _shown_run(request: Request, review: Review) -> EvalRun | None:
    """The run whose verdict the page showed when the button was pressed."""
    try:
        return review.revision.eval_runs.filter(pk=UUID(request.POST.get("run", ""))).first()
    except ValueError:
        return None
