"""The form in which a person says how they want to be told."""

from __future__ import annotations

from typing import Any

from django import forms

from fleet.notify.kinds import groups
from fleet.notify.models import MailPace, NotificationSettings
from fleet.notify.pace import zone_names


class SettingsForm(forms.Form):
    """Pace of mail, the time zone of the morning, and what to be told of."""

    pace = forms.ChoiceField(label="Mail", choices=MailPace.choices, widget=forms.RadioSelect)
    timezone = forms.ChoiceField(
        label="Time zone", choices=lambda: [(name, name) for name in zone_names()],
        help_text="The daily digest comes at 08:00 there.",
    )  # fmt: skip
    told = forms.MultipleChoiceField(
        label="Tell me of", required=False, widget=forms.CheckboxSelectMultiple,
        choices=lambda: [
            (group, [(kind.name, kind.label) for kind in kinds]) for group, kinds in groups()
        ],
    )  # fmt: skip

    def muted(self) -> list[str]:
        """The kinds that are not ticked."""
        told = self.cleaned_data["told"]
        return [kind.name for _, kinds in groups() for kind in kinds if kind.name not in told]


def typed_in(settings: NotificationSettings) -> dict[str, Any]:
    """What the form shows before anything is typed."""
    names = [kind.name for _, kinds in groups() for kind in kinds]
    return {
        "pace": settings.pace,
        "timezone": settings.timezone if settings.timezone in zone_names() else "UTC",
        "told": [name for name in names if name not in settings.muted],
    }
