"""Pages of letters: what customers were written, and the page before letters go out."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from fleet.campaign.models import Track
from fleet.letter import page, send_page
from fleet.letter.actions import send_letters, try_again
from fleet.letter.scope import letters_of
from registry.request import Request
from registry.roles import CAPABILITIES, NotAllowed

SENDING = ("record_sign_off", "run_campaign", "release")
"""Who holds none of these writes to no customer at all."""


@require_safe
def letter_list(request: Request) -> HttpResponse:
    """What were customers written?"""
    return render(request, "letter/letter/list.html", page.list_context(request))


@require_safe
def letter_detail(request: Request, pk: UUID) -> HttpResponse:
    """What does this letter say, and did it go out?"""
    letter = get_object_or_404(letters_of(request.user), pk=pk)
    context = page.letter_context(request.user, letter)
    return render(request, "letter/letter/detail.html", context)


@require_POST
def letter_retry(request: Request, pk: UUID) -> HttpResponse:
    """Send a letter again that the mail server did not take."""
    letter = get_object_or_404(letters_of(request.user), pk=pk)
    if try_again(letter, by=request.user):
        messages.success(request, "It is on its way again.")
    else:
        messages.warning(request, "There is nothing to try again: it was sent or is on its way.")
    return redirect("letter-detail", pk=pk)


def letter_send(request: Request) -> HttpResponse:
    """What would go out? A form with `act` sends it."""
    asked = request.POST if request.method == "POST" else request.GET
    kind = send_page.kind_in(asked)
    if kind is None:
        messages.warning(request, "Choose which letter to send, on a migration or on a track.")
        return redirect("letter-list")
    tracks, back = send_page.chosen(request.user, asked), _inside(asked.get("back", ""))
    again = send_page.again_in(asked)
    if request.method == "POST" and "act" in asked:
        return _send(request, list(tracks), kind, back, again)
    context = send_page.context(request.user, tracks, kind, back, again)
    return render(request, "letter/letter/send.html", context)


def _send(request: Request, tracks: list[Track], kind: str, back: str, again: str) -> HttpResponse:
    if not any(request.user.has_perm(f"registry.{one}") for one in SENDING):
        raise NotAllowed(f"You may not {CAPABILITIES['record_sign_off']}, so you write to nobody.")
    outcome = send_letters(tracks, kind, by=request.user, again=again)
    if outcome.done:
        messages.success(request, send_page.letters_word(outcome))
    for line in send_page.in_words(outcome):
        messages.warning(request, line)
    if not tracks:
        messages.warning(request, "No track was chosen. Tick the ones to write to.")
    return redirect(back)


def _inside(address: str) -> str:
    """Where to go on; an address that leads elsewhere is not followed."""
    inside = address.startswith("/") and url_has_allowed_host_and_scheme(
        address, allowed_hosts=None
    )
    return address if inside else reverse("letter-list")
