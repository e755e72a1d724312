"""The form that opens an experiment."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms

from registry.models import Prompt, Tenant


class ExperimentForm(forms.Form):
    """Which arm, where, for which share of sessions."""

    name = forms.CharField(label="Name", max_length=120, help_text="What people will call it.")
    question = forms.CharField(
        label="What is it to find out?", widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Stands on the timeline of each variant.",
    )  # fmt: skip
    arm = forms.CharField(
        label="Name of the arm", max_length=40,
        help_text="In short what is otherwise: “shorter”. Applications get it in each answer.",
    )  # fmt: skip
    prompt = forms.ModelChoiceField(Prompt.objects.order_by("slug"), label="Prompt")
    segment = forms.ChoiceField(label="Segment", required=False)
    percent = forms.FloatField(
        label="Share in percent", min_value=1, max_value=50, initial=10,
        help_text="Of each variant's sessions, from 1 to 50.",
    )  # fmt: skip

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["segment"].choices = [  # type: ignore[attr-defined]
            ("", "Every segment"), *((name, name) for name in segments())
        ]  # fmt: skip


def segments() -> Iterable[str]:
    """The segments that tenants are in."""
    return Tenant.objects.order_by("segment").values_list("segment", flat=True).distinct()
