"""Pages of the un-forks: list, handing in, one un-fork and what is decided on it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from fleet.adoption import deciding, finishing, page
from fleet.adoption.forms import UnforkForm
from fleet.adoption.models import ForkChoice, Unforking
from fleet.adoption.opening import CannotUnfork, open_unforking
from fleet.adoption.page import UnforkPage
from registry.models import Prompt
from registry.request import Request
from registry.roles import require
from registry.transitions import IllegalMove
from registry.unfork.reshape import CannotReshape

View = Callable[..., HttpResponse]


def adopters_only(view: View) -> View:
    """Forks are customers' texts on their way in: only who may adopt sees them."""

    @wraps(view)
    def answer(request: Request, *args: object, **kwargs: object) -> HttpResponse:
        require(request.user, "adopt")
        return view(request, *args, **kwargs)

    return answer


@require_safe
@adopters_only
def unfork_list(request: Request) -> HttpResponse:
    """Every un-fork, newest first."""
    return render(request, "adoption/unfork/list.html", {"unforkings": page.unforkings()})


@require_http_methods(["GET", "HEAD", "POST"])
@adopters_only
def unfork_open(request: Request) -> HttpResponse:
    """Hand forks in."""
    if request.method != "POST":
        return _open_page(request, UnforkForm(initial=request.GET.dict()), 200)
    form = UnforkForm(request.POST, request.FILES)
    if not form.is_valid():
        return _open_page(request, form, 422)
    given = form.handed_in()
    try:
        unforking = open_unforking(given, by=request.user)
    except CannotUnfork as why:
        form.add_error(None, str(why))
        return _open_page(request, form, 422, given.forks.unreadable)
    if request.htmx:
        return HttpResponseClientRedirect(unforking.get_absolute_url())
    return redirect(unforking)


@require_safe
@adopters_only
def unfork_detail(request: Request, pk: UUID) -> HttpResponse:
    """What was found, and what becomes of each fork?"""
    return _detail(request, _unforking(pk))


@require_safe
@adopters_only
def unfork_progress(request: Request, pk: UUID) -> HttpResponse:
    """How far the worker is; once it is through, the page loads anew."""
    shown = UnforkPage(_unforking(pk))
    if not shown.is_moving and request.htmx:
        return HttpResponseClientRefresh()
    return render(request, "adoption/unfork/_progress.html", {"page": shown})


@require_POST
@adopters_only
def unfork_slot(request: Request, pk: UUID) -> HttpResponse:
    """Rename a proposed slot, or give its text back to the base."""
    unforking, name = _unforking(pk), request.POST.get("slot", "")
    if request.POST.get("act") == "drop":
        return _attempt(
            request, unforking, lambda: deciding.drop_slot(unforking, name, by=request.user),
            f"{name} is no slot any more: its text stands in the base.",
        )  # fmt: skip
    new, label = request.POST.get("name", "").strip(), request.POST.get("label", "")
    return _attempt(
        request, unforking,
        lambda: deciding.rename_slot(unforking, name, new, label, by=request.user),
        f"The slot is called {new}.",
    )  # fmt: skip


@require_POST
@adopters_only
def unfork_decide(request: Request, pk: UUID) -> HttpResponse:
    """Accept or leave the chosen forks, or all that are exact and not decided."""
    unforking, asked = _unforking(pk), request.POST.get("choice", "")
    if asked not in ForkChoice.values:
        return redirect(_back(request, unforking))
    undecided = unforking.files.filter(choice=ForkChoice.UNDECIDED, is_exact=True)
    chosen = [int(pk) for pk in request.POST.getlist("forks") if pk.isdecimal() and len(pk) < 19]
    pks = page.acceptable(list(undecided.defer("text"))) if request.POST.get("all") else chosen
    try:
        changed = deciding.decide(unforking, pks, ForkChoice(asked), by=request.user)
    except IllegalMove as why:
        return _detail(request, unforking, str(why), 409)
    _tell_decided(request, changed, len(pks), ForkChoice(asked))
    return redirect(_back(request, unforking))


@require_POST
@adopters_only
def unfork_finish(request: Request, pk: UUID) -> HttpResponse:
    """Take over what was accepted."""
    unforking, why = _unforking(pk), request.POST.get("why", "")
    return _attempt(
        request, unforking,
        lambda: finishing.begin_adoption(unforking, by=request.user, why=why), "",
    )  # fmt: skip


@require_POST
@adopters_only
def unfork_cancel(request: Request, pk: UUID) -> HttpResponse:
    """Throw the un-fork away."""
    unforking, why = _unforking(pk), request.POST.get("why", "")
    return _attempt(
        request, unforking, lambda: deciding.cancel(unforking, by=request.user, why=why),
        "The un-fork is cancelled. Nothing of it was served.",
    )  # fmt: skip


def _attempt(
    request: Request, unforking: Unforking, act: Callable[[], object], done: str
) -> HttpResponse:
    """Act, or show the page again with what stood in the way."""
    try:
        act()
    except IllegalMove as why:
        return _detail(request, _unforking(unforking.pk), str(why), 409)
    except (CannotReshape, CannotUnfork) as why:
        return _detail(request, _unforking(unforking.pk), str(why), 422)
    if done:
        messages.success(request, done)
    return HttpResponseRedirect(unforking.get_absolute_url())


def _detail(
    request: Request, unforking: Unforking, problem: str = "", status: int = 200
) -> HttpResponse:
    query = request.GET if request.method != "POST" else {}
    shown = UnforkPage(
        unforking, query.get("show", ""), query.get("q", ""), query.get("page")
    )  # fmt: skip
    context = {"page": shown, "unforking": unforking, "problem": problem}
    context["why_typed"] = request.POST.get("why", "")
    return render(request, "adoption/unfork/detail.html", context, status=status)


def _open_page(
    request: Request, form: UnforkForm, status: int, unreadable: dict[str, str] | None = None
) -> HttpResponse:
    slugs = list(Prompt.objects.values_list("slug", flat=True))
    context = {"form": form, "slugs": slugs, "unreadable": unreadable or {}}
    return render(request, "adoption/unfork/open.html", context, status=status)


def _unforking(pk: UUID) -> Unforking:
    return get_object_or_404(
        Unforking.objects.select_related("prompt", "target", "opened_by"), pk=pk
    )


def _tell_decided(request: Request, changed: int, asked: int, choice: ForkChoice) -> None:
    words = {"accept": "to be taken over", "leave": "left", "undecided": "not decided"}
    if changed:
        noun = "fork is" if changed == 1 else "forks are"
        messages.success(request, f"{changed} {noun} {words[choice]}. Nothing is served yet.")
    elif asked:
        note = "Nothing changed: only exact forks with an owner can be taken over."
        messages.warning(request, note)
    else:
        messages.warning(request, "No fork was chosen. Tick the rows first.")


def _back(request: Request, unforking: Unforking) -> str:
    show = request.POST.get("show", "")
    address = reverse("unfork-detail", args=[unforking.pk])
    return f"{address}?show={show}" if show in page.SHOWS else address
