"""Hours and blackout days as they are typed."""

from __future__ import annotations

from typing import Any

from django import forms

from fleet.notify.pace import zone_names
from fleet.window.actions import LONGEST_REASON
from fleet.window.fields import DayInput, TimeInput
from fleet.window.opening import Hours
from fleet.window.words import WHOLE_DAYS


class WindowForm(forms.Form):
    """A customer's hours of the week and its time zone."""

    weekdays = forms.TypedMultipleChoiceField(
        label="Days", coerce=int, choices=list(enumerate(WHOLE_DAYS)),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one day of the week."},
    )  # fmt: skip
    opens = forms.TimeField(label="Opens", widget=TimeInput())
    closes = forms.TimeField(
        label="Closes",
        widget=TimeInput(),
        help_text="At or before the opening time: it ends the next day.",
    )
    zone = forms.CharField(
        label="Time zone", max_length=60, widget=forms.TextInput(attrs={"list": "zones"}),
        help_text="The customer's own, such as Europe/Berlin.",
    )  # fmt: skip

    @property
    def hours(self) -> Hours:
        """The cleaned hours as plain values."""
        typed: dict[str, Any] = self.cleaned_data
        return Hours(frozenset(typed["weekdays"]), typed["opens"], typed["closes"])

    @staticmethod
    def zones() -> tuple[str, ...]:
        """What is offered; others that exist may be typed."""
        return zone_names()


class BlackoutForm(forms.Form):
    """First and last day, and why."""

    first = forms.DateField(label="First day", widget=DayInput())
    last = forms.DateField(
        label="Last day", widget=DayInput(), required=False, help_text="Empty: one day."
    )
    reason = forms.CharField(label="Why?", max_length=LONGEST_REASON)

    def clean(self) -> dict[str, Any]:
        """One day where no last one is given."""
        found = super().clean() or {}
        found["last"] = found.get("last") or found.get("first")
        return found
