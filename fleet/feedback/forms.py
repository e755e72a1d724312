"""The form in which people write down what a customer said."""

from __future__ import annotations

from django import forms

from fleet.feedback.actions import MOST_MINUTES, MOST_REFERENCE, MOST_WORDS, Said
from fleet.feedback.models import FeedbackKind


class FeedbackForm(forms.Form):
    """What, in which words, where it can be read, and what it cost."""

    kind = forms.ChoiceField(
        label="They came with a", choices=FeedbackKind.choices, initial=FeedbackKind.COMPLAINT
    )
    words = forms.CharField(
        label="What they said", max_length=MOST_WORDS, widget=forms.Textarea(attrs={"rows": 3})
    )
    reference = forms.CharField(
        label="Where it can be read", max_length=MOST_REFERENCE, required=False,
        help_text="A ticket or mail.",
    )  # fmt: skip
    minutes = forms.IntegerField(
        label="Minutes it took us", min_value=0, max_value=MOST_MINUTES, required=False,
        help_text="They count among the hours of this fork: do not note them there again.",
    )  # fmt: skip
    happened_at = forms.DateTimeField(
        label="When (UTC)", required=False, help_text="Empty: now.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )  # fmt: skip

    def said(self) -> Said:
        """What was typed, for the action."""
        typed = self.cleaned_data
        return Said(
            typed["kind"], typed["words"], typed["reference"], typed["minutes"] or 0,
            typed["happened_at"],
        )  # fmt: skip
