"""Pages of the notifications: the list behind the bell, and how one wants to be told."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from fleet.notify import page
from fleet.notify.actions import mark_all_read, mark_read, save_settings, settings_of
from fleet.notify.forms import SettingsForm, typed_in
from registry.request import Request


@require_safe
def notification_list(request: Request) -> HttpResponse:
    """What was I told?"""
    return render(request, "notify/notification/list.html", page.list_context(request))


@require_POST
def notification_read(request: Request, pk: int) -> HttpResponse:
    """Mark one read and go to the page it is about."""
    found = mark_read(request.user, pk)
    if found is None:
        raise Http404
    inside = url_has_allowed_host_and_scheme(found.path, allowed_hosts=None)
    return redirect(found.path if inside and "go" in request.POST else "notification-list")


@require_POST
def notification_read_all(request: Request) -> HttpResponse:
    """Mark all read that the page showed or counted."""
    newest = request.POST.get("newest", "")
    count = mark_all_read(request.user, int(newest)) if _is_id(newest) else 0
    messages.success(request, f"{count} marked as read." if count else "Nothing was unread.")
    return redirect("notification-list")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19  # fits a bigint


def notification_settings(request: Request) -> HttpResponse:
    """How do I want to be told? As a fragment: when the next mail would come."""
    asked = request.POST if request.method == "POST" else None
    form = SettingsForm(asked, initial=typed_in(settings_of(request.user)))
    if asked is not None and form.is_valid():
        typed = form.cleaned_data
        save_settings(
            request.user, pace=typed["pace"], timezone_name=typed["timezone"], muted=form.muted()
        )
        messages.success(request, "Saved. From now on you are told this way.")
        return redirect("notification-settings")
    return render(
        request, "notify/notification/settings.html", {"form": form, "next": _next(request, form)},
        status=422 if form.errors else 200,
    )  # fmt: skip


def _next(request: Request, form: SettingsForm) -> str:
    """When mail comes with what is chosen on the page, or with what is kept."""
    kept = form.initial
    pace = request.GET.get("pace") or kept["pace"]
    return page.when_next(request.user, pace, request.GET.get("timezone") or kept["timezone"])
