"""What the reader answers, and what we write down of a contact."""

from __future__ import annotations

from typing import Any

from django import forms

from fleet.campaign.models import SignOffDecision
from fleet.signoff.deciding import LONGEST_NOTE
from fleet.signoff.phrases import Phrases
from registry.models import Contact

CHOICES = {
    "approve": SignOffDecision.APPROVED,
    "approve_note": SignOffDecision.APPROVED,
    "ask": SignOffDecision.CHANGE_REQUESTED,
    "decline": SignOffDecision.DECLINED,
}
"""What is chosen on the page (and its phrase) -> the decision."""


class DecisionForm(forms.Form):
    """One of four answers and a note, in the reader's language."""

    choice = forms.ChoiceField(widget=forms.RadioSelect)
    note = forms.CharField(
        required=False, max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, say: Phrases, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.say = say
        choice = self.fields["choice"]
        choice.choices = [(name, say[name]) for name in CHOICES]  # type: ignore[attr-defined]
        choice.error_messages = dict.fromkeys(("required", "invalid_choice"), say["choose"])

    def clean(self) -> dict[str, Any] | None:
        """Whoever does more than agree says what."""
        found = super().clean() or {}
        chosen = found.get("choice")
        if chosen and chosen != "approve" and not found.get("note", "").strip():
            self.add_error("note", self.say["note_missing"])
        return found

    @property
    def decision(self) -> SignOffDecision:
        """What was decided; after `is_valid`."""
        return CHOICES[self.cleaned_data["choice"]]


class ContactForm(forms.ModelForm):
    """A person at the customer's."""

    class Meta:
        model = Contact
        fields = ["name", "email", "role"]
        help_texts = {
            "email": "Links and codes go there. A change ends the links this person has.",
            "role": "What they are at the customer's: it stands beside their signature.",
        }

    def clean_email(self) -> str:
        """An address stands once among a customer's contacts."""
        email: str = self.cleaned_data["email"]
        mine = Contact.objects.filter(tenant=self.instance.tenant, removed_at=None)
        others = mine.filter(email__iexact=email)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Another contact of this customer has this address.")
        return email
