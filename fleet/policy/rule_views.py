"""One rule of a policy's draft: add, edit, remove, put back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from fleet.policy import documents
from fleet.policy.choices import removed_rules
from fleet.policy.page import EditPage, edit_page, rule_page
from fleet.policy.parts import RuleGone
from fleet.policy.rule_types import grouped
from fleet.policy.views import attempt, edition_of, go, show, writable
from registry.actions import PolicyContent, PolicyDraftConflict, save_policy_draft
from registry.models import Policy
from registry.request import Request


def policy_rule(request: Request, pk: int) -> HttpResponse:
    """What is this rule told? ?rule= names one of the draft, ?type= begins a new one."""
    policy = writable(request, pk)
    if request.method == "POST":
        return attempt(request, policy, lambda page: _save(request, page), "rule")
    asked = request.GET.get("rule", "")
    try:
        return show(request, rule_page(policy, asked, request.GET.get("type", "")))
    except RuleGone:
        messages.warning(request, f"The draft has no rule “{asked[:80]}” any more.")
        return redirect("policy-edit", policy.pk)


@require_safe
def policy_rule_new(request: Request, pk: int) -> HttpResponse:
    """Which kind of rule is it to be?"""
    policy = writable(request, pk)
    return render(request, "policy/rule/new.html", {"policy": policy, "groups": grouped()})


@require_POST
def policy_rule_remove(request: Request, pk: int) -> HttpResponse:
    """Take a rule out of the draft; it can be put back."""
    policy = writable(request, pk)
    rule_id = request.POST.get("rule", "")
    page = edit_page(policy)
    if documents.find_rule(page.content.rules, rule_id) is None:
        messages.info(request, f"The draft has no rule “{rule_id[:80]}” any more.")
        return redirect("policy-edit", policy.pk)
    said = f"Rule “{rule_id[:80]}” is out of the draft. You can put it back below the list."
    return _change(request, policy, documents.without_rule(page.content.rules, rule_id), said)


@require_POST
def policy_rule_restore(request: Request, pk: int) -> HttpResponse:
    """Put a rule back into the draft, as it was last."""
    policy = writable(request, pk)
    rule_id = request.POST.get("rule", "")
    page = edit_page(policy)
    gone = removed_rules(policy, page.opened.head, page.content.rules)
    rule = next((rule for rule in gone if rule["id"] == rule_id), None)
    if rule is None:
        messages.info(request, f"There is no rule “{rule_id[:80]}” to put back.")
        return redirect("policy-edit", policy.pk)
    said = f"Rule “{rule_id[:80]}” is back in the draft."
    head = page.opened.head
    order = [held["id"] for held in head.rules["rules"]] if head else []
    document = documents.with_rule_back(page.content.rules, rule, order)
    return _change(request, policy, document, said)


def _change(
    request: Request, policy: Policy, document: dict[str, object], said: str
) -> HttpResponse:
    page = edit_page(policy)
    content = PolicyContent(page.content.text, document)
    try:
        save_policy_draft(policy, content, edition=edition_of(request), by=request.user)
    except PolicyDraftConflict as stale:
        page.problem = f"{stale.who} changed this policy meanwhile: here is how it is now."
        return show(request, page, 409)
    messages.success(request, said)
    return redirect("policy-edit", policy.pk)


def _save(request: Request, page: EditPage) -> HttpResponse:
    save_policy_draft(page.policy, page.part.content, edition=page.edition, by=request.user)
    rule = page.part.rule
    assert rule is not None  # the part of this form is a rule
    ids = [held["id"] for held in page.part.content.rules["rules"]]
    messages.success(request, f"Rule “{rule['id']}” saved in the draft.")
    place = ids.index(rule["id"]) + 1
    return go(request, f"{reverse('policy-edit', args=[page.policy.pk])}#rule-{place}")
