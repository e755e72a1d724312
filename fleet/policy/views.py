"""Write a policy: its text, its lists, the whole document; test it, try it, publish it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from fleet.blast.actions import CannotTry
from fleet.policy.actions import NoReason, NotTried, publish_draft, try_draft
from fleet.policy.conflict import conflict_with
from fleet.policy.json_text import as_json
from fleet.policy.page import EditPage, edit_page, typed_page
from fleet.policy.parts import RuleGone, typed_part
from fleet.policy.reading import json_file
from fleet.policy.testbox import Place, hold_against
from registry.actions import (
    NothingToPublish,
    PolicyDraftConflict,
    begin_global_policy,
    discard_policy_draft,
    open_policy,
    save_policy_draft,
)
from registry.border import UnusableText
from registry.models import Policy, PolicyVersion, User
from registry.request import Request
from registry.roles import require

SAVED = "Draft saved. New text is still checked under the current version."


@require_POST
def policy_begin(request: Request) -> HttpResponse:
    """Begin the global policy where there is none."""
    return redirect("policy-edit", begin_global_policy(by=request.user).pk)


def policy_edit(request: Request, pk: int) -> HttpResponse:
    """What does the draft say, does it do what it should? POST saves the part that was typed."""
    policy = writable(request, pk)
    if request.method != "POST":
        return show(request, edit_page(policy, request.GET.get("part", "")))
    return attempt(request, policy, lambda page: _save(request, page))


@require_POST
def policy_test(request: Request, pk: int) -> HttpResponse:
    """What each rule of the draft, with what is typed just now, says about a text."""
    policy = writable(request, pk)
    content = open_policy(policy).content
    try:
        part = typed_part(content, posted(request), {})
    except RuleGone:
        part = None
    usable = part is not None and not part.problems
    place = Place(**{key: request.POST.get(f"test-{key}", "") for key in PLACE})
    text = request.POST.get("test-text", "").replace("\r\n", "\n")
    outcome = hold_against(part.content if part and usable else content, text, place)
    edited = part.rule["id"] if part and usable and part.rule else ""
    context = {
        "outcome": outcome, "unusable": not usable, "asked": bool(text),
        "edited": outcome.of(edited),
    }  # fmt: skip
    return render(request, "policy/line/_tested.html", context)


PLACE = ("segment", "locale", "model", "slot")


@require_POST
def policy_try(request: Request, pk: int) -> HttpResponse:
    """Save what is typed and try the draft on the whole fleet."""
    policy = writable(request, pk)

    def act(page: EditPage) -> HttpResponse:
        content = page.part.content
        radius = try_draft(policy, content, edition=page.edition, by=request.user)
        return go(request, radius.get_absolute_url())

    return attempt(request, policy, act)


@require_POST
def policy_discard(request: Request, pk: int) -> HttpResponse:
    """Throw the draft away."""
    policy = writable(request, pk)

    def act(page: EditPage) -> HttpResponse:
        discard_policy_draft(policy, edition=page.edition, by=request.user)
        messages.success(request, "The draft is gone. The current version stays as it is.")
        return redirect("policy-list")

    return attempt(request, policy, act)


def policy_publish(request: Request, pk: int) -> HttpResponse:
    """Make the saved draft the version that new text is checked under."""
    policy = writable(request, pk)
    if request.method != "POST":  # the address of a refusal, loaded again
        return redirect("policy-edit", policy.pk)
    why, untried = request.POST.get("why", ""), request.POST.get("untried") == "1"
    try:
        version = publish_draft(
            policy, edition=edition_of(request), why=why, untried=untried, by=request.user
        )
    except PolicyDraftConflict as stale:
        page = edit_page(policy)
        page.problem = f"{stale} Look at the draft again before you publish it."
        return show(request, page, 409)
    except (NotTried, NoReason, NothingToPublish) as refusal:
        page = edit_page(policy)
        page.publishing, page.publish_problem = True, str(refusal)
        page.why, page.untried = why, untried
        return show(request, page, 422)
    messages.success(request, _published(version, request.user))
    return redirect("policy-version", version.pk)


@require_safe
def policy_draft_file(request: Request, pk: int) -> HttpResponse:
    """The draft's document of rules and lists, as JSON."""
    policy = writable(request, pk)
    return json_file(as_json(open_policy(policy).content.rules), f"policy-{policy.pk}-draft.json")


def writable(request: Request, pk: int) -> Policy:
    """The line, for whoever may write it; NotAllowed becomes the 403 page."""
    policy = get_object_or_404(Policy.objects.select_related("prompt"), pk=pk)
    require(request.user, "author_policy")
    return policy


def posted(request: Request) -> dict[str, list[str]]:
    """The form with all values of each name."""
    return {name: [str(value) for value in values] for name, values in request.POST.lists()}


def edition_of(request: Request) -> int:
    """The draft's edition the form was opened with, or the one it is to be saved over."""
    asked = request.POST.get("over") or request.POST.get("edition") or "0"
    return int(asked) if asked.isdecimal() and asked.isascii() and len(asked) < 10 else 0


def attempt(
    request: Request, policy: Policy, act: Callable[[EditPage], HttpResponse], part: str = ""
) -> HttpResponse:
    """Act on what was typed, or show it again with what stood in the way.

    `part` says of which part the form is, where the form itself does not.
    """
    post = posted(request) | ({"part": [part]} if part else {})
    try:
        page = typed_page(policy, post, edition_of(request))
    except RuleGone:
        messages.warning(request, "This kind of rule does not exist. Choose one of these.")
        return go(request, reverse("policy-rule-new", args=[policy.pk]))
    if page.part.problems:
        return show(request, page, 422)
    try:
        return act(page)
    except PolicyDraftConflict as stale:
        page.conflict = conflict_with(stale, policy, page.part.content, edition_of(request))
        return show(request, page, 409)
    except (UnusableText, CannotTry) as problem:
        page.problem = str(problem)
        return show(request, page, 422)


def show(request: Request, page: EditPage, status: int = 200) -> HttpResponse:
    """The edit page, or the page of the rule that is being edited."""
    template = "policy/rule/edit.html" if page.part.key == "rule" else "policy/line/edit.html"
    context = {"page": page, "policy": page.policy, "part": page.part}
    return render(request, template, context, status=status)


def go(request: Request, url: str) -> HttpResponse:
    """Go on to another page, also where only a fragment was asked for."""
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def _save(request: Request, page: EditPage) -> HttpResponse:
    save_policy_draft(page.policy, page.part.content, edition=page.edition, by=request.user)
    messages.success(request, SAVED)
    return go(request, f"{reverse('policy-edit', args=[page.policy.pk])}?part={page.tab}")


def _published(version: PolicyVersion, by: User) -> SafeString:
    then: str = "A prompt engineer rolls it out to variants."
    if by.has_perm("registry.run_campaign"):
        url = f"{reverse('rollout-open')}?policy={version.pk}"
        then = format_html('<a href="{}">Roll it out to variants</a>', url)
    said = '<a href="{}">Version {}</a> is what new text is checked under. No variant changed. {}'
    where = reverse("policy-version", args=[version.pk])
    return format_html(said, where, version.number, then)
