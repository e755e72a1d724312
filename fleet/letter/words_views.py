"""Pages of the words letters are made of: which there are, and how they read."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from fleet.letter import words_page as page
from fleet.letter.forms import PlaceForm, WordsForm
from fleet.letter.wording import UnusableWords, reset_words, save_words
from registry.request import Request


@require_safe
def letter_words(request: Request) -> HttpResponse:
    """Which words do our letters have?"""
    return render(request, "letter/words/list.html", page.words_context(request.user))


def letter_words_edit(request: Request) -> HttpResponse:
    """What does this letter say in this language? POST keeps what is typed."""
    place = _place(request, request.GET)
    context = page.edit_context(request.user, place)
    words = context["words"]
    form = WordsForm(request.POST or None, initial={"subject": words.subject, "body": words.body})
    if request.method == "POST" and form.is_valid():
        try:
            save_words(
                context["kind"], place.place, place.whose, **form.cleaned_data, by=request.user
            )
        except UnusableWords as why:
            for field, text in why.fields.items():
                form.add_error(field if field in form.fields else None, text)
        else:
            messages.success(request, "Saved. The next letter says it this way.")
            return redirect(context["address"])
    typed = form.data if form.is_bound else form.initial
    shown = page.preview(
        context["kind"], typed.get("subject", ""), typed.get("body", ""), context["track"]
    )
    status = 422 if form.errors else 200
    return render(
        request, "letter/words/edit.html", context | {"form": form, "shown": shown}, status=status
    )


@require_POST
def letter_words_preview(request: Request) -> HttpResponse:
    """How it reads to one person; nothing is saved."""
    place = _place(request, request.POST)
    track = page.track_in(request.user, request.POST.get("track", ""))
    subject, body = request.POST.get("subject", ""), request.POST.get("body", "")
    shown = page.preview(place.cleaned_data["kind"], subject, body, track)
    return render(request, "letter/words/_preview.html", {"shown": shown})


@require_POST
def letter_words_reset(request: Request) -> HttpResponse:
    """Back to the words that would apply without these."""
    place = _place(request, request.POST)
    kind = place.cleaned_data["kind"]
    if reset_words(kind, place.place, place.whose, by=request.user):
        messages.success(request, "Gone. What applies now is on the page.")
    else:
        messages.warning(request, "There were no words of our own for it.")
    return redirect(page.edit_url(kind, place.place.locale, place.place.tenant))


def _place(request: Request, asked: QueryDict) -> PlaceForm:
    """Which words are meant; not found where there are none such, or not for this person."""
    form = PlaceForm(asked, user=request.user)
    if not form.is_valid():
        raise Http404
    return form
