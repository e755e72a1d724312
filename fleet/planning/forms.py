"""Forms of a plan: what holds for all of its variants."""

from __future__ import annotations

from typing import Any

from django import forms

from fleet.campaign.actions.planning import LONGEST_WATCH
from fleet.campaign.actions.waves import MOST_WAVES
from fleet.campaign.forms import TargetChoice
from fleet.campaign.models import Campaign, Cause
from fleet.release.forms import Row, default_rows, plan_of, rows_of
from fleet.release.plan import UnfitPlan, as_json
from fleet.window.fields import day
from registry.models import ModelTarget

WAYS = [("at_once", "Live for all callers at once"), ("canary", "By a canary that grows")]
ON = [("time", "by itself after each soak time"), ("hand", "when a person takes it on")]


class PlanForm(forms.Form):
    """Name, goal, deadline, thresholds, canary and watch. Shares are typed in percent."""

    name = forms.CharField(label="Name", max_length=200, required=False)
    target = TargetChoice(ModelTarget.objects.all(), label="To", empty_label=None)
    deadline = day("Deadline", "All has to be through by then. The board forecasts against it.")
    min_pass_rate = forms.FloatField(
        label="Lowest pass rate (%)", required=False, min_value=0, max_value=100,
        help_text="For all. Empty: each variant's own, as listed below.",
    )  # fmt: skip
    margin = forms.FloatField(
        label="Largest tolerated drop (points)", required=False, min_value=0.1, max_value=100,
        help_text="For all. Empty: each variant's own, as listed below.",
    )  # fmt: skip
    way = forms.ChoiceField(label="Cutover", choices=WAYS, widget=forms.RadioSelect)
    goes_on = forms.ChoiceField(
        label="The canary grows", choices=ON, widget=forms.RadioSelect, required=False
    )
    watch_hours = forms.IntegerField(
        label="Watch each after its cutover (hours)", min_value=0, max_value=LONGEST_WATCH,
        required=False, help_text="Its evals are run again in that time, and complaints count.",
    )  # fmt: skip
    most_complaints = forms.IntegerField(
        label="Complaints that are still fine", min_value=0, max_value=10_000, required=False,
    )  # fmt: skip

    def __init__(self, campaign: Campaign, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": _initial(campaign), **kwargs})
        if campaign.cause != Cause.MODEL:
            del self.fields["target"]
        self.rows = self._rows(campaign)

    def _rows(self, campaign: Campaign) -> list[Row]:
        """The canary's steps as typed, or as stored."""
        if self.is_bound and hasattr(self.data, "getlist"):
            return rows_of(self.data.getlist("percent"), self.data.getlist("minutes"))
        if not campaign.plan:
            return default_rows()
        return rows_of(
            [f"{step['share'] * 100:.4g}" for step in campaign.plan],
            [str(step["soak_minutes"]) for step in campaign.plan],
        )

    def clean(self) -> dict[str, Any]:
        """The steps of a canary have to make a plan."""
        found = super().clean() or {}
        found["plan"] = []
        if found.get("way") == "canary":
            try:
                found["plan"] = as_json(plan_of(self.rows))
            except UnfitPlan as why:
                self.add_error("way", str(why))
        return found

    @property
    def changes(self) -> dict[str, Any]:
        """The cleaned values as `change_plan` takes them."""
        found = dict(self.cleaned_data)
        del found["way"]
        found["by_time"] = found.pop("goes_on") != "hand"
        for name in ("min_pass_rate", "margin"):
            found[name] = None if found[name] is None else round(found[name] / 100, 6)
        for name in ("watch_hours", "most_complaints"):
            found[name] = found[name] or 0
        return found


def _initial(campaign: Campaign) -> dict[str, Any]:
    return {
        "name": campaign.name, "target": campaign.target_id, "deadline": campaign.deadline,
        "min_pass_rate": _points(campaign.min_pass_rate), "margin": _points(campaign.margin),
        "way": "canary" if campaign.plan else "at_once",
        "goes_on": "time" if campaign.by_time else "hand", "watch_hours": campaign.watch_hours,
        "most_complaints": campaign.most_complaints,
    }  # fmt: skip


def _points(share: float | None) -> str:
    """A share in percent, without a tail of nines."""
    return "" if share is None else f"{share * 100:.6g}"


class ProposeForm(forms.Form):
    """How many waves, and when the first begins."""

    number = forms.IntegerField(label="Waves", min_value=1, max_value=MOST_WAVES, initial=3)
    first = day("First wave starts on")
    apart = forms.IntegerField(
        label="Days between", min_value=1, max_value=365, initial=7, required=False
    )


class WaveForm(forms.Form):
    """A wave's name and day."""

    name = forms.CharField(max_length=80, required=False)
    starts_on = day("Starts on")
