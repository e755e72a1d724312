"""Write a base: its text, slots and variables; try it on the fleet, publish it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from fleet.base import acts
from fleet.base.actions import NoReason, NotTried, publish_draft, try_draft
from fleet.base.page import BasePage, as_lines, edit_page, typed_page
from fleet.blast.actions import CannotTry
from registry.actions import (
    BaseContent,
    BaseDraftConflict,
    NothingToPublish,
    UnusableSemver,
    discard_base_draft,
    save_base_draft,
)
from registry.border import UnusableText
from registry.compose import ComposeError
from registry.diff import side_by_side
from registry.models import Base
from registry.request import Request
from registry.roles import require


@require_http_methods(["GET", "HEAD", "POST"])
def base_edit(request: Request, pk: int) -> HttpResponse:
    """What would the next version say, does it hold together? POST saves the draft."""
    base = _writable(request, pk)
    if request.method != "POST":
        return _show(request, edit_page(base))

    def act(page: BasePage) -> HttpResponse:
        save_base_draft(base, page.content, edition=_saving(request, page), by=request.user)
        messages.success(request, "Draft saved. Nothing that is live changed.")
        return redirect("base-edit", base.pk)

    return _attempt(request, base, act)


@require_POST
def base_check(request: Request, pk: int) -> HttpResponse:
    """What there is against what is typed now, and what it would become."""
    page = typed_page(_writable(request, pk), request.POST.dict())
    return render(
        request, "base/line/_check.html", {"page": page, "base": page.base, "fresh": True}
    )


@require_POST
def base_shape(request: Request, pk: int) -> HttpResponse:
    """A row more, less or elsewhere, in what is typed; saves nothing."""
    page = typed_page(_writable(request, pk), request.POST.dict())
    acts.do(page.typed, request.POST.get("act", ""))
    if request.headers.get("HX-Request"):
        return render(request, "base/line/_shape.html", {"page": page, "base": page.base})
    return _show(request, page)


@require_POST
def base_try(request: Request, pk: int) -> HttpResponse:
    """Save what is typed and try it on the whole fleet."""
    base = _writable(request, pk)

    def act(page: BasePage) -> HttpResponse:
        edition = _saving(request, page)
        return redirect(try_draft(base, page.content, edition=edition, by=request.user))

    return _attempt(request, base, act)


@require_POST
def base_publish(request: Request, pk: int) -> HttpResponse:
    """Make what is typed the next version; no variant moves by it."""
    base = _writable(request, pk)

    def act(page: BasePage) -> HttpResponse:
        version = publish_draft(
            base, page.content, edition=page.edition, by=request.user,
            semver=request.POST.get("semver", ""), why=request.POST.get("why", ""),
            untried=request.POST.get("untried") == "1",
        )  # fmt: skip
        said = f"{version} is published. Every variant stays where it is until it is rolled out."
        messages.success(request, said)
        return redirect("base-version", version.pk)

    return _attempt(request, base, act)


@require_POST
def base_discard(request: Request, pk: int) -> HttpResponse:
    """Throw the draft away."""
    base = _writable(request, pk)
    page = edit_page(base)
    try:
        edition = typed_page(base, {"edition": request.POST.get("edition", "")}).edition
        discard_base_draft(base, edition=edition, by=request.user)
    except BaseDraftConflict as conflict:
        page.problems = [f"{conflict} Look at the draft again before you throw it away."]
        return _show(request, page, 409)
    messages.success(request, "The draft is gone. The current version stays as it is.")
    return redirect("base-list")


def _attempt(request: Request, base: Base, act: Callable[[BasePage], HttpResponse]) -> HttpResponse:
    """Act, or show the form again with everything typed and what stood in the way."""
    try:
        page = typed_page(base, request.POST.dict())
    except UnusableText as why:
        page = edit_page(base)
        page.problems = [str(why)]
        return _show(request, page, 422)
    if page.content and page.typed.problems:
        page.problems = [*page.typed.problems, "Nothing was saved."]
        return _show(request, page, 422)
    try:
        return act(page)
    except BaseDraftConflict as conflict:
        page.conflict = conflict
        return _show(request, page, 409)
    except (NotTried, NoReason, UnusableSemver) as refusal:
        page.publishing, page.publish_problem = True, str(refusal)
        return _show(request, page, 422)
    except (CannotTry, ComposeError, NothingToPublish, UnusableText) as refusal:
        page.problems = [str(refusal)]
        return _show(request, page, 422)


def _saving(request: Request, page: BasePage) -> int:
    """The edition that is saved over: what the form opened with, or what the person saw since."""
    over = request.POST.get("over", "")
    return int(over) if over.isascii() and over.isdigit() and len(over) < 10 else page.edition


def _show(request: Request, page: BasePage, status: int = 200) -> HttpResponse:
    if request.method == "POST":
        page.why, page.untried = request.POST.get("why", ""), request.POST.get("untried") == "1"
    context = {"page": page, "base": page.base, "beside": _beside(page)}
    return render(request, "base/line/edit.html", context, status=status)


def _beside(page: BasePage) -> object:
    """Theirs beside mine, where somebody was faster."""
    if page.conflict is None:
        return None
    theirs: BaseContent = page.conflict.theirs.content
    return side_by_side(as_lines(theirs), as_lines(page.content), 2)


def _writable(request: Request, pk: int) -> Base:
    require(request.user, "author_base")
    return get_object_or_404(Base.objects.select_related("prompt"), pk=pk)
