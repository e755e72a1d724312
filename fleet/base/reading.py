"""Read the bases: every line, one frozen version; begin a prompt."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from fleet.base.changes import changes
from fleet.base.page import CONTEXT_LINES, said
from fleet.release.models import Release, Stage
from registry.actions import begin_prompt
from registry.compose import SLOT_MARKER, Segment
from registry.diff import side_by_side, summary
from registry.models import Base, BaseDraft, BaseVersion, PromptKind
from registry.request import Request
from registry.roles import require
from registry.slots import placements


@dataclass(frozen=True)
class Line:
    """One base line: its head, its draft, and who stands on it."""

    base: Base
    head: BaseVersion | None
    draft: BaseDraft | None
    on_head: int
    behind: int


@require_safe
def base_list(request: Request) -> HttpResponse:
    """Which bases are there, and how far has each been rolled out?"""
    return render(request, "base/line/list.html", {"lines": lines()})


def lines() -> list[Line]:
    """Every line with its head; a fixed number of queries."""
    bases = Base.objects.select_related("prompt").order_by("prompt__slug", "locale", "model_family")
    heads = {
        version.base_id: version
        for version in BaseVersion.objects.filter(revocation__isnull=True)
        .order_by("base_id", "-number").distinct("base_id").select_related("author")
        .defer("text", "slots", "variables")
    }  # fmt: skip
    drafts = {
        one.base_id: one for one in BaseDraft.objects.select_related("saved_by").defer("text")
    }
    live: dict[int, dict[int, int]] = {}
    pins = Release.objects.filter(stage=Stage.LIVE).order_by().values_list(
        "revision__base_version__base_id", "revision__base_version_id"
    ).annotate(n=Count("pk"))  # fmt: skip
    for base, version, count in pins:
        live.setdefault(base, {})[version] = count
    found = []
    for base in bases:
        head, standing = heads.get(base.pk), live.get(base.pk, {})
        current = standing.get(head.pk, 0) if head else 0
        behind = sum(standing.values()) - current
        found.append(Line(base, head, drafts.get(base.pk), current, behind))
    return found


@require_safe
def base_version(request: Request, pk: int) -> HttpResponse:
    """What does this version say, what did it change, and who stands on it?"""
    found = BaseVersion.objects.select_related("base__prompt", "author", "revocation")
    version = get_object_or_404(found, pk=pk)
    before = version.base.versions.filter(number__lt=version.number).first()
    after = version.base.versions.filter(number__gt=version.number)
    rows = side_by_side(before.text if before else "", version.text, CONTEXT_LINES)
    live = Release.objects.filter(stage=Stage.LIVE, revision__base_version__base=version.base_id)
    here = live.filter(revision__base_version=version).count()
    context = {
        "version": version, "segments": marked(version.text), "before": before, "rows": rows,
        "summary": summary(rows), "changes": changes(said(before), said(version)) if before else [],
        "where": placements(version.text, version.slot_list), "slots": version.slot_list,
        "live_here": here, "live_elsewhere": live.count() - here,
        "is_head": not after.filter(revocation__isnull=True).exists(),
        "others": version.base.versions.exclude(pk=version.pk).defer("text", "slots", "variables"),
    }  # fmt: skip
    return render(request, "base/version/detail.html", context)


def marked(text: str) -> list[Segment]:
    """The base's text with each slot's marker as a segment of its own."""
    found, end = [], 0
    for marker in SLOT_MARKER.finditer(text):
        found.append(Segment("base", None, text[end : marker.start()]))
        found.append(Segment("default", marker[1], marker.group()))
        end = marker.end()
    return [*found, Segment("base", None, text[end:])]


class PromptForm(forms.Form):
    """A new prompt: what it is called and what it is for."""

    name = forms.CharField(max_length=200, help_text="As people call it: “Support triage”.")
    slug = forms.CharField(
        max_length=80, label="Short name",
        help_text="Applications ask for it by this: small letters, digits and dashes.",
    )  # fmt: skip
    kind = forms.ChoiceField(
        choices=PromptKind.choices, help_text="A judge scores answers; a task answers people."
    )
    description = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text="What it is for."
    )


@require_http_methods(["GET", "HEAD", "POST"])
def prompt_new(request: Request) -> HttpResponse:
    """Name a prompt; its base is written next."""
    require(request.user, "author_base")
    if request.method != "POST":
        return render(request, "base/prompt/new.html", {"form": PromptForm()})
    form = PromptForm(request.POST)
    if form.is_valid():
        try:
            base = begin_prompt(**form.cleaned_data, by=request.user)
        except ValidationError as wrong:
            for name, words in wrong.message_dict.items():
                form.add_error(name if name in form.fields else None, words)
        else:
            messages.success(request, "The prompt is there. Now write its base.")
            return redirect("base-edit", base.pk)
    return render(request, "base/prompt/new.html", {"form": form}, status=422)
