"""Models and lists of them, as they are handed in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from fleet.clock.reading import LARGEST, Reading, Unreadable, read
from fleet.clock.reading.entries import LONGEST_PROVIDER, LONGEST_SOURCE, MOST_DOLLARS, MOST_TOKENS
from fleet.window.fields import day
from registry.models import ModelTarget


class FactsForm(forms.Form):
    """What is known of a model; empty means unknown."""

    retires_on = day("Retires on", "Empty: unknown. That is not the same as never.")
    source = forms.CharField(
        label="Where the date was read", max_length=LONGEST_SOURCE, required=False,
        help_text="The provider's page, a mail. A date needs one.",
    )  # fmt: skip
    context_window = forms.IntegerField(
        label="Context window (tokens)", min_value=1, max_value=MOST_TOKENS, required=False
    )
    input_price = forms.DecimalField(
        label="Input price", min_value=0, max_value=MOST_DOLLARS, decimal_places=4,
        required=False, help_text="USD per million tokens.",
    )  # fmt: skip
    output_price = forms.DecimalField(
        label="Output price", min_value=0, max_value=MOST_DOLLARS, decimal_places=4,
        required=False, help_text="USD per million tokens.",
    )  # fmt: skip

    @classmethod
    def filled(cls, target: ModelTarget) -> FactsForm:
        """The form with what is known now."""
        names = ("retires_on", "context_window", "input_price", "output_price")
        known: dict[str, Any] = {name: getattr(target, name) for name in names}
        return cls(initial=known | {"source": target.retires_source})


class NewTargetForm(FactsForm):
    """A model that is not there yet."""

    provider = forms.CharField(
        label="Provider", max_length=LONGEST_PROVIDER, help_text="openai, anthropic, …"
    )
    snapshot = forms.CharField(
        label="Dated snapshot", max_length=120, help_text="Such as gpt-4o-2024-08-06."
    )
    field_order = ("provider", "snapshot")


class ListForm(forms.Form):
    """A list of models, and where it comes from."""

    file = forms.FileField(label="File", help_text="At most 10 MB. Nothing in it is executed.")
    source = forms.CharField(
        label="Where the list comes from", max_length=LONGEST_SOURCE, required=False,
        help_text="Becomes the source of dates for which the list names none.",
    )  # fmt: skip
    provider = forms.CharField(
        label="Provider", max_length=LONGEST_PROVIDER, required=False,
        help_text="For lists that do not say whose models they are, such as a provider's own page.",
    )  # fmt: skip

    def clean_file(self) -> UploadedFile:
        """Too large a file is not read at all."""
        file: UploadedFile = self.cleaned_data["file"]
        if file.size and file.size > LARGEST:
            raise forms.ValidationError(f"{file.size:,} bytes; {LARGEST:,} are the most.")
        return file

    def reading(self) -> Reading | None:
        """The file as read; None after saying on the form why it cannot be."""
        file = self.cleaned_data["file"]
        try:
            return read(
                file.read(), file.name or "the file", provider=self.cleaned_data["provider"]
            )
        except Unreadable as why:
            self.add_error("file", str(why))
            return None
