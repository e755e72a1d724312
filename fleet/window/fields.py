"""Days and times as a browser's own calendar and clock take them."""

from __future__ import annotations

from django import forms


class DayInput(forms.DateInput):
    """A browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    """A browser's own clock, to the minute."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


def day(label: str, help_text: str = "") -> forms.DateField:
    """A day that may be left empty."""
    return forms.DateField(label=label, required=False, widget=DayInput(), help_text=help_text)
