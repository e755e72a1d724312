"""The form in which somebody notes hours."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from fleet.ledger.actions import UnusableHours, refuse_date
from fleet.ledger.models import Effort

LEAST, MOST = Decimal("0.05"), Decimal(1000)
"""Three minutes, and half a year of work: what is beyond is a slip of the finger."""


class HoursField(forms.DecimalField):
    """Hours, written with a point or with a comma."""

    def to_python(self, value: Any) -> Any:
        """“1,5” is 1.5."""
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)


class HoursForm(forms.Form):
    """How long, at what, when."""

    hours = HoursField(
        label="Hours", min_value=LEAST, max_value=MOST, decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
        error_messages={
            "invalid": "Write a number of hours, such as 1.5.",
            "min_value": "The least that can be noted is 0.05 hours, three minutes.",
            "max_value": "More than 1,000 hours is no single note.",
            "max_decimal_places": "Two digits behind the point are enough.",
        },
    )  # fmt: skip
    what = forms.CharField(
        label="What was it?", max_length=300,
        widget=forms.TextInput(attrs={"placeholder": "Mended the refusal wording with legal"}),
    )  # fmt: skip
    on = forms.DateField(
        label="Day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write the day as 2026-11-30."},
    )  # fmt: skip

    def __init__(self, typed: Any = None, initial: dict[str, str] | None = None) -> None:
        super().__init__(typed, initial=initial, auto_id="hours_%s")
        today = timezone.localdate().isoformat()
        self.fields["on"].widget.attrs["max"] = today
        self.fields["on"].initial = today

    def clean_on(self) -> dt.date:
        """Not in the future, not years back."""
        on: dt.date = self.cleaned_data["on"]
        try:
            refuse_date(on)
        except UnusableHours as why:
            raise forms.ValidationError(str(why)) from None
        return on


def form_of(effort: Effort) -> HoursForm:
    """The form as a note stands."""
    hours = f"{effort.hours.normalize():f}"
    return HoursForm(initial={"hours": hours, "what": effort.what, "on": effort.on.isoformat()})
