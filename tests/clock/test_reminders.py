"""People are told of a model's end, each step once, with what hangs on it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from fleet.clock.reminders import KIND, remind_of_retirements
from fleet.notify.models import Notification
from registry.models import ModelTarget, User, WorkItem
from tests.builders import Fleet
from tests.campaign.going import opened

pytestmark = pytest.mark.django_db


def retires_in(fleet: Fleet, days: int) -> None:
    ModelTarget.objects.filter(pk=fleet.old.pk).update(
        retires_on=timezone.localdate() + dt.timedelta(days=days),
        retires_source="https://provider.example/deprecations",
    )


def told(user: User) -> list[Notification]:
    return list(Notification.objects.filter(kind=KIND, user=user).order_by("pk"))


def test_each_step_is_told_once_and_a_missed_day_is_made_up_for(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    retires_in(fleet, 100)
    end = timezone.localdate() + dt.timedelta(days=100)
    for left, steps in (
        (91, []), (88, ["90"]), (87, ["90"]), (13, ["90", "14"]), (5, ["90", "14", "7"]),
        (0, ["90", "14", "7"]), (-1, ["90", "14", "7"]),
    ):  # fmt: skip
        monkeypatch.setattr(timezone, "localdate", lambda left=left: end - dt.timedelta(days=left))
        remind_of_retirements()
        assert [one.key.split(":")[3] for one in told(fleet.engineer)] == steps, left


def test_another_date_is_told_anew(fleet: Fleet) -> None:
    for days in (29, 25):
        retires_in(fleet, days)
        remind_of_retirements()
    assert ["in 29 days" in one.subject for one in told(fleet.engineer)] == [True, False]


def test_each_hears_of_what_is_theirs(fleet: Fleet) -> None:
    retires_in(fleet, 30)
    campaign = opened(fleet)
    assert remind_of_retirements() == 1
    [all_of_it], [mine] = told(fleet.engineer), told(fleet.manager)
    assert all_of_it.subject.endswith("is switched off in 30 days: 3 variants left on it")
    assert "EUR 600 k a year, 100 % of all." in all_of_it.body
    assert "not through: 3." in all_of_it.body and all_of_it.body.endswith("/deprecations")
    assert mine.subject.endswith("2 variants left on it")
    assert "EUR 300 k" in mine.body and "not through: 2." in mine.body
    assert mine.path == campaign.get_absolute_url()
    assert not told(fleet.viewer) and not told(fleet.operator)
    assert WorkItem.objects.filter(kind="mail", key__contains="retirement").count() == 2


def test_model_that_nothing_is_live_on_is_not_told_of(fleet: Fleet) -> None:
    third = ModelTarget.objects.create(
        provider="simulator", snapshot="sim-idle-2024-01-01", retires_source="x",
        retires_on=timezone.localdate() + dt.timedelta(days=7),
    )  # fmt: skip
    remind_of_retirements()
    assert third.days_left() == 7
    assert not Notification.objects.filter(kind=KIND).exists()


def test_without_a_migration_it_says_so_and_leads_to_the_models(fleet: Fleet) -> None:
    retires_in(fleet, 7)
    remind_of_retirements()
    [one] = told(fleet.engineer)
    assert "No migration covers it yet." in one.body and one.path == "/models/"
