"""Pages of the router: which lane answers whom, and how that changes."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fleet.review.actions import AlreadyDecided
from fleet.review.models import Decision
from fleet.router import form, page
from fleet.router.actions import Unfit, decide, in_force, propose, publish, roll_back, withdraw
from fleet.router.document import UnusableRules
from fleet.router.models import RouterReview, RouterVersion
from fleet.router.rules import Asked
from registry.border import UnusableText
from registry.models import Prompt
from registry.request import Request
from registry.roles import NotAllowed, require
from registry.transitions import IllegalMove


@require_safe
def router_list(request: Request) -> HttpResponse:
    """Which rules are in force for which prompt?"""
    _refuse_narrow(request)
    return render(request, "router/list.html", page.list_context())


@require_safe
def router_history(request: Request, scope: int) -> HttpResponse:
    """Which rules were in force, and how to go back?"""
    _refuse_narrow(request)
    return render(request, "router/history.html", page.history_context(_prompt(scope)))


@require_http_methods(["GET", "HEAD", "POST"])
def router_edit(request: Request, scope: int) -> HttpResponse:
    """Write the rules. POST freezes them and asks for a review."""
    require(request.user, "author_router")
    prompt = _prompt(scope)
    live = in_force(prompt)
    if request.method != "POST":
        return _form(request, page.edit_page(prompt, live), 200)
    shown = page.typed_page(prompt, live, request.POST.dict())
    try:
        review = propose(
            prompt, shown.document(), why=shown.typed.note, started_from=shown.started_from,
            by=request.user,
        )  # fmt: skip
    except (UnusableRules, Unfit, UnusableText) as wrong:
        shown.problems = shown.problems or [str(wrong)]
        return _form(request, shown, 422)
    except AlreadyDecided as moved:
        shown.problems = [str(moved)]
        shown.typed.started_from = str(live.version.number if live else 0)
        return _form(request, shown, 409)
    messages.success(request, f"{review.version} waits for a review. Nothing changed yet.")
    return redirect(review)


@require_POST
def router_shape(request: Request, scope: int) -> HttpResponse:
    """A rule more, less or elsewhere in what is typed; saves nothing."""
    require(request.user, "author_router")
    prompt = _prompt(scope)
    shown = page.typed_page(prompt, in_force(prompt), request.POST.dict())
    form.do(shown.typed, request.POST.get("act", ""))
    if request.headers.get("HX-Request"):
        return render(request, "router/_rules.html", {"page": shown})
    return _form(request, shown, 200)


@require_POST
def router_try(request: Request, scope: int) -> HttpResponse:
    """Which lane would answer, by what is typed?"""
    require(request.user, "author_router")
    shown = page.typed_page(_prompt(scope), None, request.POST.dict())
    asked = Asked(*(request.POST.get(f"try-{name}", "").strip() for name in page.CONDITIONS))
    return render(request, "router/_tried.html", page.tried(shown, asked))


@require_safe
def router_review(request: Request, pk: int) -> HttpResponse:
    """May these rules come into force?"""
    _refuse_narrow(request)
    return render(request, "router/review.html", page.review_context(_review(pk), request.user))


@require_POST
def router_approve(request: Request, pk: int) -> HttpResponse:
    """Say yes."""
    return _act(
        request, pk, "Approved. Put them in force when it suits.",
        lambda review, why: decide(review, Decision.APPROVE, by=request.user, reason=why),
    )  # fmt: skip


@require_POST
def router_reject(request: Request, pk: int) -> HttpResponse:
    """Say no."""
    return _act(
        request, pk, "Rejected. Whoever proposed them reads your reason.",
        lambda review, why: decide(review, Decision.REJECT, by=request.user, reason=why),
    )  # fmt: skip


@require_POST
def router_withdraw(request: Request, pk: int) -> HttpResponse:
    """Take it back."""
    return _act(
        request, pk, "Withdrawn. What is in force stays.",
        lambda review, why: withdraw(review, by=request.user, why=why),
    )  # fmt: skip


@require_POST
def router_publish(request: Request, pk: int) -> HttpResponse:
    """Put approved rules in force."""
    return _act(
        request, pk, "In force: every request from now on is answered by these rules.",
        lambda review, why: publish(review, by=request.user),
    )  # fmt: skip


@require_POST
def router_roll_back(request: Request, pk: int) -> HttpResponse:
    """Put earlier rules in force again."""
    _refuse_narrow(request)
    version = get_object_or_404(RouterVersion.objects.select_related("prompt"), pk=pk)
    scope = version.prompt_id or 0
    try:
        roll_back(version, by=request.user, reason=request.POST.get("why", ""))
    except (Unfit, IllegalMove, UnusableText) as problem:
        context = page.history_context(version.prompt) | {"problem": str(problem)}
        return render(request, "router/history.html", context, status=409)
    messages.success(request, f"{version} is in force again.")
    return redirect("router-history", scope)


def _act(
    request: Request, pk: int, said: str, act: Callable[[RouterReview, str], object]
) -> HttpResponse:
    review, why = _review(pk), request.POST.get("why", "")
    try:
        act(review, why)
    except (Unfit, UnusableText) as problem:
        return _refused(request, pk, str(problem), 422)
    except (AlreadyDecided, IllegalMove) as problem:
        return _refused(request, pk, str(problem), 409)
    messages.success(request, said)
    return redirect(review)


def _refused(request: Request, pk: int, problem: str, status: int) -> HttpResponse:
    context = page.review_context(_review(pk), request.user)
    context |= {"problem": problem, "typed": request.POST.get("why", "")}
    return render(request, "router/review.html", context, status=status)


def _form(request: Request, shown: page.EditPage, status: int) -> HttpResponse:
    return render(request, "router/edit.html", {"page": shown}, status=status)


def _review(pk: int) -> RouterReview:
    found = RouterReview.objects.select_related("version__prompt", "version__author", "opened_by")
    return get_object_or_404(found, pk=pk)


def _prompt(scope: int) -> Prompt | None:
    """The scope of an address: a prompt's id, 0 for all prompts."""
    return get_object_or_404(Prompt, pk=scope) if scope else None


def _refuse_narrow(request: Request) -> None:
    """Rules name customers: whoever sees only their own does not see these."""
    if request.user.sees_own_tenants_only:
        raise NotAllowed("The router's rules name every customer. Ask a prompt engineer to look.")
