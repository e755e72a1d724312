"""Pages of the webhooks: who is told, with which secret, and what became of each telling."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from fleet.webhook import page
from fleet.webhook.actions import (
    MANAGE,
    CannotSend,
    UnusableEndpoint,
    change_endpoint,
    create_endpoint,
    endpoints_of,
    renew_secret,
    resend,
    send_test,
    set_active,
)
from fleet.webhook.delivering import secret
from fleet.webhook.forms import EndpointForm
from fleet.webhook.models import WebhookDelivery, WebhookEndpoint
from registry.request import Request
from registry.roles import CAPABILITIES, NotAllowed

SHOW_ONCE = "webhook-secret"
"""Session key: the endpoint whose secret the next look at its page shows. Never the secret."""


@require_safe
def webhook_list(request: Request) -> HttpResponse:
    """Who is told of events?"""
    _refuse_others(request)
    return render(request, "webhook/endpoint/list.html", page.list_context(request.user))


def webhook_create(request: Request) -> HttpResponse:
    """Set up an endpoint; its secret is shown on the page that follows, once."""
    _refuse_others(request)
    form = EndpointForm(request.POST or None, user=request.user)
    made = _acted(form, lambda: create_endpoint(form.wanted(), by=request.user))
    if made is None:
        return _form(request, form, None)
    request.session[SHOW_ONCE] = str(made.pk)
    messages.success(request, f"{made.name} is told from now on.")
    return redirect(made)


@require_safe
def webhook_detail(request: Request, pk: UUID) -> HttpResponse:
    """What was this endpoint told, and what did it answer?"""
    endpoint = _endpoint(request, pk)
    context = page.detail_context(request, endpoint)
    if request.session.get(SHOW_ONCE) == str(pk) and not request.headers.get("HX-Request"):
        del request.session[SHOW_ONCE]
        context["secret"] = secret(endpoint)
    return render(request, "webhook/endpoint/detail.html", context)


def webhook_edit(request: Request, pk: UUID) -> HttpResponse:
    """Change an endpoint; its secret stays."""
    endpoint = _endpoint(request, pk)
    kept = {name: getattr(endpoint, name) for name in ("name", "url", "tenant", "verbs")}
    form = EndpointForm(request.POST or None, initial=kept, user=request.user)
    made = _acted(form, lambda: change_endpoint(endpoint, form.wanted(), by=request.user))
    if made is None:
        return _form(request, form, endpoint)
    messages.success(request, "Saved.")
    return redirect(made)


@require_POST
def webhook_renew(request: Request, pk: UUID) -> HttpResponse:
    """Another secret, shown once."""
    endpoint = renew_secret(_endpoint(request, pk), by=request.user)
    request.session[SHOW_ONCE] = str(endpoint.pk)
    return redirect(endpoint)


@require_POST
def webhook_pause(request: Request, pk: UUID) -> HttpResponse:
    """Tell it nothing more."""
    endpoint = set_active(_endpoint(request, pk), False, by=request.user)
    messages.success(request, f"{endpoint.name} is paused. Nothing is sent until it is resumed.")
    return redirect(endpoint)


@require_POST
def webhook_resume(request: Request, pk: UUID) -> HttpResponse:
    """Tell it again."""
    endpoint = set_active(_endpoint(request, pk), True, by=request.user)
    messages.success(request, f"{endpoint.name} is told again from now on.")
    return redirect(endpoint)


@require_POST
def webhook_test(request: Request, pk: UUID) -> HttpResponse:
    """Send an event that says nothing happened."""
    endpoint = _endpoint(request, pk)
    _sent(request, lambda: send_test(endpoint, by=request.user), "The test event is on its way.")
    return redirect(endpoint)


@require_POST
def webhook_resend(request: Request, pk: UUID) -> HttpResponse:
    """Send the same again."""
    mine = WebhookDelivery.objects.filter(endpoint__in=endpoints_of(request.user))
    delivery = get_object_or_404(mine.select_related("endpoint", "resends"), pk=pk)
    _sent(request, lambda: resend(delivery, by=request.user), "It is sent again.")
    return redirect(delivery.endpoint)


def _refuse_others(request: Request) -> None:
    if not request.user.has_perm(f"registry.{MANAGE}"):
        raise NotAllowed(f"You may not {CAPABILITIES[MANAGE]}.")


def _endpoint(request: Request, pk: UUID) -> WebhookEndpoint:
    """One this person may know of; NotAllowed for whoever may not manage it."""
    endpoint = get_object_or_404(endpoints_of(request.user), pk=pk)
    _refuse_others(request)
    return endpoint


def _acted(form: EndpointForm, act: Callable[[], WebhookEndpoint]) -> WebhookEndpoint | None:
    """What the action made of a valid form; its refusal stands beside the field."""
    if not form.is_valid():
        return None
    try:
        return act()
    except UnusableEndpoint as why:
        form.add_error(why.field, str(why))
        return None


def _form(request: Request, form: EndpointForm, endpoint: WebhookEndpoint | None) -> HttpResponse:
    context = {"form": form, "endpoint": endpoint}
    status = 422 if form.is_bound else 200
    return render(request, "webhook/endpoint/form.html", context, status=status)


def _sent(request: Request, act: Callable[[], WebhookDelivery], said: str) -> None:
    try:
        act()
    except CannotSend as why:
        messages.error(request, str(why))
    else:
        messages.success(request, said)
