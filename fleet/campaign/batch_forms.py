"""What is asked before an act on many tracks."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone

from fleet.campaign.models import Campaign, Wave
from fleet.signoff.models import SignOffLink
from registry.models import User

MOST_WORDS = 2_000
"""Characters of a reason: a paragraph; more belongs into a document."""


class BatchForm(forms.Form):
    """A form that knows its campaign; the fields are the arguments of the act."""

    def __init__(self, campaign: Campaign, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.campaign = campaign
        self.choose()

    def choose(self) -> None:
        """Fill the choices that depend on the campaign."""


class NothingAsked(BatchForm):
    """Nothing but the click."""


def _why(label: str, *, required: bool) -> forms.CharField:
    return forms.CharField(
        label=label, required=required, max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept in the timeline, for whoever asks later.",
    )  # fmt: skip


class WordForm(BatchForm):
    """A word for the record, if there is one."""

    why = _why("A word for the record", required=False)


class ReasonForm(BatchForm):
    """A reason, which has to be there."""

    why = _why("Why?", required=True)


class SignOffManyForm(BatchForm):
    """One answer that covers many tracks of an account manager's own customers."""

    contact_name = forms.CharField(label="Who answered?", max_length=300)
    reference = forms.CharField(
        label="Where is the answer?", max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The e-mail, ticket or contract that holds it.",
    )  # fmt: skip


class LetterForm(BatchForm):
    """Which letter; its own page shows each before it is sent."""

    kind = forms.ChoiceField(
        label="Which letter?",
        choices=[
            ("evidence", "Evidence, with the request to sign off"),
            ("notice", "Notice of the change"),
            ("reminder", "Reminder to sign off"),
        ],
    )

    def choose(self) -> None:
        """Nobody is reminded while no link is out: the evidence is sent first."""
        out = SignOffLink.objects.filter(
            track__campaign=self.campaign, voided_at__isnull=True, sign_off__isnull=True,
            expires_at__gt=timezone.now(),
        )  # fmt: skip
        if not out.exists():
            kind = self.fields["kind"]
            kind.choices = [one for one in kind.choices if one[0] != "reminder"]  # type: ignore[attr-defined]
            kind.help_text = "A reminder can be sent once the evidence is out."


class ScheduleForm(BatchForm):
    """The next opening of each customer's window, or one time for all."""

    at = forms.DateTimeField(
        label="At a time of its own", required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="Left empty, each at the next opening of its customer's window.",
    )  # fmt: skip

    def choose(self) -> None:
        """Say on whose clock the time is read."""
        zone = timezone.get_current_timezone_name()
        self.fields["at"].label = f"At a time of its own ({zone})"

    def clean_at(self) -> dt.datetime | None:
        """A time ahead of us."""
        at: dt.datetime | None = self.cleaned_data["at"]
        if at is not None and at <= timezone.now():
            raise forms.ValidationError("That time has passed. Name one that is ahead.")
        return at


class DeferForm(BatchForm):
    """Until when, and why."""

    until = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "date"}))
    why = _why("Why?", required=True)

    def clean_until(self) -> dt.date:
        """A day ahead of us."""
        until: dt.date = self.cleaned_data["until"]
        if until <= timezone.localdate():
            raise forms.ValidationError("That day is not ahead of us. Name a later one.")
        return until


class PersonChoice(forms.ModelChoiceField):
    """People by the names others know them by."""

    def label_from_instance(self, obj: User) -> str:
        """Full name."""
        return obj.display_name


class OwnerForm(BatchForm):
    """Who brings the tracks home."""

    owner = PersonChoice(
        User.objects.none(), label="Who?", required=False, empty_label="The account's owners"
    )

    def choose(self) -> None:
        """Everybody who works here and has a role."""
        people = User.objects.filter(is_active=True, groups__isnull=False).distinct()
        self.fields["owner"].queryset = people.order_by("first_name", "last_name", "username")  # type: ignore[attr-defined]


class WaveForm(BatchForm):
    """Which wave."""

    wave = forms.ModelChoiceField(
        Wave.objects.none(), label="Which wave?", required=False, empty_label="In no wave"
    )

    def choose(self) -> None:
        """The campaign's own."""
        self.fields["wave"].queryset = self.campaign.waves.all()  # type: ignore[attr-defined]
