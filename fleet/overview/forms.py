"""The form that announces a model's retirement."""

from __future__ import annotations

from django import forms


class RetirementForm(forms.Form):
    """When a provider retires a model, and where that was read."""

    retires_on = forms.DateField(
        label="Retires on", widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The last day the provider answers for this model.",
    )  # fmt: skip
    source = forms.CharField(
        label="Where was this read?", max_length=500,
        help_text="The address of the provider's page, or the e-mail that announced it.",
    )  # fmt: skip
