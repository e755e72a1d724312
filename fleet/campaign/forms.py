"""Forms of the model migrations."""

from __future__ import annotations

from typing import Any

from django import forms

from fleet.campaign.models import SignOffDecision, Track
from registry.models import ModelTarget

OTHER = "-"
"""Stands for a person who is not among the tenant's contacts."""


class TargetChoice(forms.ModelChoiceField):
    """Dated model targets, each with what a person compares them by."""

    def label_from_instance(self, target: ModelTarget) -> str:
        """Snapshot, prices and retirement in one line."""
        prices = "price unknown"
        if target.input_price is not None and target.output_price is not None:
            cost_in, cost_out = target.input_price.normalize(), target.output_price.normalize()
            prices = f"USD {cost_in:f} in, {cost_out:f} out"
        left = target.days_left()
        retires = "retirement unknown" if left is None else f"retires in {left} days"
        return f"{target.snapshot} ({prices}; {retires})"


class OpenCampaignForm(forms.Form):
    """From which model to which."""

    source = TargetChoice(
        ModelTarget.objects.all(), label="From", empty_label="Choose the model to leave",
        help_text="Every variant that is live on it gets a track of its own.",
    )  # fmt: skip
    target = TargetChoice(
        ModelTarget.objects.all(), label="To", empty_label="Choose the model to move to",
        help_text="Prices are per million tokens.",
    )  # fmt: skip
    name = forms.CharField(
        label="Name", max_length=200, required=False,
        help_text="What people will call it. Left empty, the two models name it.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any] | None:
        """A move has two ends."""
        found = super().clean()
        if found and found.get("source") and found.get("source") == found.get("target"):
            self.add_error("target", "Old and new model are the same. Choose another target.")
        return found


class SignOffForm(forms.Form):
    """What the customer answered, by whom and where it can be read."""

    decision = forms.ChoiceField(
        label="What did they say?", choices=SignOffDecision.choices, widget=forms.RadioSelect,
        initial=SignOffDecision.APPROVED,
    )  # fmt: skip
    contact = forms.ChoiceField(label="Who answered?")
    other = forms.CharField(
        label="Their name, if it was somebody else",
        required=False,
        max_length=300,
        help_text="Name and role.",
    )
    reference = forms.CharField(
        label="Where is the answer?", widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The e-mail, ticket or contract that holds it.",
    )  # fmt: skip

    def __init__(self, track: Track, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tenant = track.variant.tenant
        contacts = tenant.contacts.all() if tenant else []
        names = [(c.name, f"{c.name}, {c.role}" if c.role else c.name) for c in contacts]
        self.fields["contact"].choices = [*names, (OTHER, "Somebody else")]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        """A name either way; what is typed goes before what is chosen."""
        found = super().clean() or {}
        chosen = found.get("contact", OTHER)
        named = "" if chosen == OTHER else chosen
        found["contact_name"] = found.get("other", "").strip() or named
        if not found["contact_name"]:
            self.add_error("other", "Name the person who answered.")
        return found


class BatchSignOffForm(forms.Form):
    """One answer that covers many tracks of an account manager's own customers."""

    contact_name = forms.CharField(label="Who answered?", max_length=300)
    reference = forms.CharField(label="Where is the answer?", widget=forms.Textarea)
