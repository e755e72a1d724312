"""Forms of the model migrations."""

from __future__ import annotations

from typing import Any

from django import forms

from fleet.campaign.actions.deciding import Proof
from fleet.campaign.models import SignOffDecision, Track
from fleet.signoff.files import KINDS, LARGEST, UnusableFile, check_file
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
    """What the customer answered elsewhere, by whom, and the file or place that holds it."""

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
    note = forms.CharField(
        label="What they said with it", required=False, max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    document = forms.FileField(
        label="Their answer as a file", required=False,
        widget=forms.FileInput(attrs={"accept": ",".join(f".{kind}" for kind in KINDS)}),
        help_text="PDF, e-mail, picture or text, at most 5 MB. File or reference: one is needed.",
    )  # fmt: skip
    reference = forms.CharField(
        label="Or where it is", required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The e-mail, ticket or contract that holds it.",
    )  # fmt: skip

    def __init__(self, track: Track, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tenant = track.variant.tenant
        contacts = tenant.active_contacts if tenant else []
        names = [(c.name, f"{c.name}, {c.role}" if c.role else c.name) for c in contacts]
        self.fields["contact"].choices = [*names, (OTHER, "Somebody else")]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        """A name either way (what is typed goes before what is chosen), and a proof either way."""
        found = super().clean() or {}
        chosen = found.get("contact", OTHER)
        named = "" if chosen == OTHER else chosen
        found["contact_name"] = found.get("other", "").strip() or named
        if not found["contact_name"]:
            self.add_error("other", "Name the person who answered.")
        file = found.get("document")
        if (
            file is None
            and "document" not in self.errors
            and not found.get("reference", "").strip()
        ):
            self.add_error("reference", "Attach the answer, or say where it can be found.")
        found["proof"] = self._proof(found)
        return found

    def _proof(self, found: dict[str, Any]) -> Proof:
        """The file, looked at before it is read whole, and the reference."""
        file, reference = found.get("document"), found.get("reference", "")
        if file is None:
            return Proof(reference)
        try:
            data = file.read(LARGEST + 1)
            return Proof(reference, check_file(file.name, data), data)
        except UnusableFile as problem:
            self.add_error("document", str(problem))
            return Proof(reference)

    def given(self) -> dict[str, Any]:
        """What `record_sign_off` is told; after `is_valid`."""
        names = ("decision", "contact_name", "note", "proof")
        return {name: self.cleaned_data[name] for name in names}
