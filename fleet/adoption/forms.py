"""What a person hands in to be un-forked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from fleet.adoption.forks import forks_of, tenants_of
from fleet.adoption.models import BaseChoice
from fleet.adoption.opening import CannotUnfork, HandedIn, refuse_name
from fleet.adoption.reading import Source, decode, from_archive, is_archive
from fleet.adoption.reading.limits import (
    MAX_ARCHIVE_BYTES,
    MAX_FILE_BYTES,
    MAX_FILES,
    megabytes,
)
from fleet.adoption.reading.source import unwanted
from registry.border import UnusableText
from registry.models import ModelTarget, Prompt

MAX_UPLOADS = 100
"""Files of one form: Django's DATA_UPLOAD_MAX_NUMBER_FILES. More go into one zip."""


class ManyFiles(forms.FileField):
    """Any number of uploaded files, as a list."""

    widget = type("ManyFilesInput", (forms.ClearableFileInput,), {"allow_multiple_selected": True})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Each file by itself; at least one."""
        files = (data or [None]) if isinstance(data, list | tuple) else [data]
        return [super(ManyFiles, self).clean(file, initial) for file in files]


class UnforkForm(forms.Form):
    """Forks, their base, and the prompt they belong to."""

    forks = ManyFiles(
        label="Forked prompts",
        help_text=(
            "One zip file, or several of .md, .txt, .json and .csv: a prompt a tenant, called by "
            f"the tenant's short name. At most {MAX_FILES:,} prompts, "
            f"{megabytes(MAX_FILE_BYTES)} each; more than {MAX_UPLOADS} files as a zip."
        ),
    )
    base_choice = forms.ChoiceField(
        label="What are they forks of?", choices=[
            (BaseChoice.PROPOSED, "Nobody knows any more: propose a base from what most share"),
            (BaseChoice.GIVEN, "This file is the base"),
            (BaseChoice.OWN, "The base that the prompt has here already"),
        ], initial=BaseChoice.PROPOSED, widget=forms.RadioSelect,
    )  # fmt: skip
    base_file = forms.FileField(
        label="The base's file", required=False, allow_empty_file=True,
        help_text="Text, with or without slot markers. Only where it is the base.",
    )  # fmt: skip
    prompt_slug = forms.CharField(
        label="Prompt", max_length=80,
        help_text="Short name of a prompt that is there or a new one, for example support-triage.",
        widget=forms.TextInput(attrs={"list": "prompt-slugs", "autocomplete": "off"}),
    )  # fmt: skip
    target = forms.ModelChoiceField(
        ModelTarget.objects.all(), label="Model they run on", empty_label="Choose the model",
        help_text="The dated snapshot that serves them today.",
    )  # fmt: skip
    tenants = forms.FileField(
        label="Tenants", required=False,
        help_text="CSV with slug, name, segment, locale and annual_revenue, for those who are new.",
    )  # fmt: skip

    def clean_prompt_slug(self) -> str:
        """Blanks around it do not count; a new prompt has to be called as prompts are."""
        slug = str(self.cleaned_data["prompt_slug"]).strip()
        try:
            refuse_name(slug)
        except CannotUnfork as why:
            raise forms.ValidationError(str(why)) from None
        return slug

    def clean(self) -> dict[str, Any]:
        """Read the files; what cannot be read at all is an error at its field."""
        found = super().clean() or {}
        for name, read in (("base_file", _base), ("tenants", _tenants), ("forks", _sources)):
            try:
                found[f"{name}_read"] = read(found)
            except UnusableText as problem:
                self.add_error(name, str(problem))
        choice, slug = found.get("base_choice"), found.get("prompt_slug")
        if choice == BaseChoice.GIVEN and not found.get("base_file"):
            self.add_error("base_file", "Choose the base's file, or another answer above.")
        if choice == BaseChoice.OWN and slug and not _has_base(slug):
            self.add_error("base_choice", f"{slug} has no base here yet. Choose another answer.")
        return found

    def handed_in(self) -> HandedIn:
        """What a valid form holds."""
        data = self.cleaned_data
        choice = BaseChoice(data["base_choice"])
        base = data["base_file_read"] if choice == BaseChoice.GIVEN else None
        return HandedIn(
            data["prompt_slug"], data["target"], forks_of(data["forks_read"], base),
            data["tenants_read"], choice,
        )  # fmt: skip


def _base(found: dict[str, Any]) -> str | None:
    file = found.get("base_file")
    return decode(_bytes(file, MAX_FILE_BYTES), file.name) if file else None


def _tenants(found: dict[str, Any]) -> dict[str, Any]:
    file = found.get("tenants")
    return tenants_of(_bytes(file, MAX_FILE_BYTES), file.name) if file else {}


def _sources(found: dict[str, Any]) -> list[Source]:
    return [source for file in found.get("forks") or [] for source in _source(file)]


def _source(file: UploadedFile) -> list[Source]:
    name = file.name or ""
    if name.lower().endswith(".zip") or is_archive(file.read(4)):
        file.seek(0)
        return list(from_archive(_bytes(file, MAX_ARCHIVE_BYTES), name))
    why = unwanted(name, file.size or 0)
    if why:
        return [Source(name, why=why)]
    file.seek(0)
    return [Source(name, file.read())]


def _bytes(file: UploadedFile, most: int) -> bytes:
    if (file.size or 0) > most:
        size = megabytes(file.size or 0)
        raise UnusableText(f"{file.name} holds {size}; at most {megabytes(most)} are read.")
    return file.read()


def _has_base(slug: str) -> bool:
    return Prompt.objects.filter(slug=slug, bases__versions__isnull=False).exists()
