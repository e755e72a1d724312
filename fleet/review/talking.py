"""Words on a review: on a line, on the whole, in answer; as fragments or as pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from fleet.review import page
from fleet.review.actions.commenting import comment, reopen, resolve
from fleet.review.answering import refused, review_of
from fleet.review.models import Comment, Review, Side
from fleet.review.queue import reviews_of
from fleet.review.refusal import UNFIT, Refusal, attempt
from fleet.review.threads import Thread, threads_of
from registry.border import UnusableText
from registry.request import Request

LONGEST_LINE = 7
"""Digits of a line number at most."""


@require_http_methods(["GET", "POST"])
def review_comment(request: Request, pk: int) -> HttpResponse:
    """The form under a line; sent, the thread it became."""
    review = review_of(request, pk)
    asked = request.POST if request.method == "POST" else request.GET
    place = _place(asked.get("side", ""), asked.get("line", ""))
    if request.method != "POST":
        return _form(request, review, place)
    answers = _answered(review, request.POST.get("answers", ""))
    side, line = place if place is not None and answers is None else ("", None)
    body = request.POST.get("body", "")
    written = _attempt(
        lambda: comment(review, by=request.user, body=body, side=side, line=line, answers=answers)
    )
    if isinstance(written, Refusal):
        return _refused(request, review, written, place, answers)
    return _shown(request, review, written, as_row=place is not None and answers is None)


@require_POST
def comment_resolve(request: Request, pk: int) -> HttpResponse:
    """Mark a thread as settled."""
    return _turned(request, _comment(request, pk), resolve)


@require_POST
def comment_reopen(request: Request, pk: int) -> HttpResponse:
    """Take a settled thread up again."""
    return _turned(request, _comment(request, pk), reopen)


def _turned(request: Request, thread: Comment, act: Any) -> HttpResponse:
    done = attempt(lambda: act(thread, by=request.user))
    if isinstance(done, Refusal) and not request.htmx:
        return refused(request, thread.review, done, "")
    return _shown(request, review_of(request, thread.review_id), thread, as_row=False)


def _form(request: Request, review: Review, place: tuple[str, int] | None) -> HttpResponse:
    if request.htmx:
        shown = {"review": review, "threads": [], "form_at": place}
        return render(request, "review/comments/_row.html", shown)
    return render(request, "review/detail.html", page.context(request, review, open_at=place))


def _shown(request: Request, review: Review, written: Comment, *, as_row: bool) -> HttpResponse:
    """The thread as it reads now: the fragment, or the page at that place."""
    first = written.answers_id or written.pk
    if not request.htmx:
        return redirect(f"{review.get_absolute_url()}#thread-{first}")
    thread = next(one for one in threads_of(review) if one.comment.pk == first)
    shown = {"review": review, "thread": thread, "threads": [thread], "may_comment": True}
    name = "review/comments/_row.html" if as_row else "review/comments/_thread.html"
    return render(request, name, shown)


def _refused(
    request: Request, review: Review, refusal: Refusal, place: tuple[str, int] | None,
    answers: Comment | None,
) -> HttpResponse:  # fmt: skip
    """The form again with what was typed, in its place."""
    said = {"problem": refusal.text, "typed": request.POST.get("body", ""), "may_comment": True}
    if request.htmx and answers is not None:
        thread = _thread(review, answers)
        shown = {"review": review, "thread": thread, **said}
        return render(request, "review/comments/_thread.html", shown, status=refusal.status)
    if request.htmx and place is not None:
        shown = {"review": review, "threads": [], "form_at": place, **said}
        return render(request, "review/comments/_row.html", shown, status=refusal.status)
    shown = page.context(
        request, review, open_at=place, refusal=refusal,
        comment_problem=refusal.text, comment_typed=said["typed"],
    )  # fmt: skip
    return render(request, "review/detail.html", shown, status=refusal.status)


def _thread(review: Review, answers: Comment) -> Thread:
    first = answers.answers_id or answers.pk
    return next(one for one in threads_of(review) if one.comment.pk == first)


def _attempt(act: Any) -> Any:
    try:
        return attempt(act)
    except UnusableText as problem:
        return Refusal(str(problem), UNFIT)


def _place(side: str, line: str) -> tuple[str, int] | None:
    if side in Side.values and line.isdecimal() and len(line) <= LONGEST_LINE:
        return side, int(line)
    return None


def _answered(review: Review, pk: str) -> Comment | None:
    if not (pk.isdecimal() and len(pk) <= 18):
        return None
    return Comment.objects.filter(review=review, pk=int(pk)).first()


def _comment(request: Request, pk: int) -> Comment:
    found = Comment.objects.filter(review__in=reviews_of(request.user), answers__isnull=True)
    return get_object_or_404(found.select_related("review"), pk=pk)
