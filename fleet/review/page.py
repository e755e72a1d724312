"""What the page of one review shows: one dictionary, put together from its parts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from fleet.release.page import stages_context
from fleet.review.barred import contributors
from fleet.review.behaviour import behaviour
from fleet.review.checklist import checklist
from fleet.review.dialogs import dialogs
from fleet.review.evidence import latest_run
from fleet.review.models import ObjectionStage, Review
from fleet.review.neighbours import neighbours
from fleet.review.pins import pins_of
from fleet.review.powers import ACTS, powers_of
from fleet.review.rules import progress, requirements
from fleet.review.story import story_of
from fleet.review.text_diff import text_diff
from fleet.review.threads import on_the_whole, threads_of
from fleet.review.votes import votes_of
from registry import checks, lines
from registry.guardrails import Finding
from registry.models import Revision, User


def context(request: HttpRequest, review: Review, **more: Any) -> dict[str, Any]:
    """Everything the decision rests on. `more` overrides: what was typed, what was refused."""
    threads = threads_of(review)
    shown = state(request, review) | _named(review) | {
        "findings": findings_of(review.revision),
        "reach": neighbours(review),
        "story": story_of(review),
        "whole": on_the_whole(threads),
        "open_threads": sum(not thread.resolved for thread in threads),
        **_opened(request),
        **stages_context(review.variant, review.revision, request.user),  # type: ignore[arg-type]
        **more,
    }  # fmt: skip
    return shown | text_diff(request, review, threads, shown)


def state(request: HttpRequest, review: Review) -> dict[str, Any]:
    """What changes while its eval runs: verdict, checklist, votes, and the acts."""
    user: User = request.user  # type: ignore[assignment]
    wrote, run = contributors(review.revision), latest_run(review.revision)
    powers, asked = powers_of(user, review, wrote), requirements(review.revision)
    far = progress(asked)
    return {
        "review": review,
        "revision": review.revision,
        "powers": powers,
        "may_comment": powers.may_comment,
        "checklist": checklist(powers, run),
        "asked": asked,
        "far": far,
        "writers": User.objects.filter(pk__in=wrote).order_by("first_name", "username"),
        "votes": votes_of(review, run),
        "objections": _objections(review),
        **behaviour(run),
        **dialogs(review, powers, run, far),
    }


def findings_of(revision: Revision) -> list[Finding]:
    """What today's policy says about the new words."""
    try:
        return checks.lint_revision(revision)
    except lines.MissingLayer:
        return []


def _named(review: Review) -> dict[str, Any]:
    revision, parent = review.revision, review.revision.parent
    return {
        "parent": parent,
        "pins": pins_of(revision, parent),
        "old_title": f"Revision {parent.number}" if parent else "Nothing",
        "new_title": f"Revision {revision.number}",
    }


def _objections(review: Review) -> list[dict[str, Any]]:
    """Objections to the revision, those that still block first."""
    found = review.revision.objections.select_related("by", "ended_by").order_by("-stage", "at")
    return [{"row": one, "raised": one.stage == ObjectionStage.RAISED} for one in found]


def _opened(request: HttpRequest) -> dict[str, Any]:
    """The dialog that the address asks for: `?act=approve`."""
    act = request.GET.get("act", "")
    return {f"{act.replace('-', '_')}_open": True} if act in ACTS else {}
