"""The ledger's table: what each fork cost, in which order, for whom."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from evals.models import RunStage
from fleet.campaign.actions import open_campaign
from fleet.feedback.actions import Said, record_feedback
from fleet.feedback.forms import FeedbackForm
from fleet.feedback.models import Feedback
from fleet.ledger.actions import note_hours
from fleet.ledger.books import lines_of
from fleet.ledger.lines import Line, totals
from fleet.ledger.period import YEAR, period_of
from fleet.ledger.table import ledger_table
from fleet.release.models import Release, Stage
from registry.actions import freeze
from registry.models import Revocation, Tenant, User
from registry.transitions import move
from tests.builders import Fleet
from tests.ledger.kept import back_date, more_forks, moved, ran

pytestmark = pytest.mark.django_db


def line_of(user: User, name: str = "Tenant 0", period: str = "") -> Line:
    found = lines_of(user, period_of(period))
    return next(line for line in found if line.customer == name)


def note(fleet: Fleet, place: int, hours: str, **fields: Any) -> None:
    note_hours(
        fleet.variants[place], hours=Decimal(hours), what="Wording", by=fleet.engineer,
        **{"on": timezone.localdate()} | fields,
    )  # fmt: skip


def test_calls_hours_and_feedback_are_added_up(fleet: Fleet) -> None:
    ran(fleet.variants[0], "0.002", "0.003")
    ran(fleet.variants[0], "0.001", None)
    ran(fleet.variants[0], "9", days_ago=400)
    note(fleet, 0, "1.5")
    note(fleet, 0, "8", on=timezone.localdate() - dt.timedelta(days=400))
    for kind, minutes in (("complaint", 30), ("question", 15)):
        Feedback.objects.create(
            variant=fleet.variants[0], kind=kind, words="Too cold.", minutes=minutes,
            happened_at=timezone.now(), by=fleet.manager,
        )  # fmt: skip
    line = line_of(fleet.engineer)
    assert tuple(line.spent) == (2, 4, Decimal("0.006"), 1)
    assert line.hours == Decimal("2.25")
    assert line.incidents.complaints == 1
    whole = line_of(fleet.engineer, period="all")
    assert (whole.spent.usd, whole.hours) == (Decimal("9.006"), Decimal("10.25"))


def test_a_runs_calls_are_counted_while_it_goes_on(fleet: Fleet) -> None:
    """Only an ended run's sum may be remembered."""
    run = ran(fleet.variants[0], "0.5", stage=RunStage.RUNNING, finished_at=None)
    assert line_of(fleet.engineer).spent.usd == Decimal("0.5")
    result = run.results.get()
    result.pk, result.repeat, result.cost = None, 1, Decimal("0.25")
    result.save(force_insert=True)
    assert line_of(fleet.engineer).spent.usd == Decimal("0.75")


def test_waiting_for_a_customer_is_counted_until_now_and_within_the_period(fleet: Fleet) -> None:
    campaign = open_campaign(source=fleet.old, target=fleet.new, name="", by=fleet.engineer)
    tracks = list(campaign.tracks.order_by("variant__tenant__name"))
    moved(
        tracks[0], ("awaiting_sign_off", 20), ("needs_work", 17), ("evaluating", 16),
        ("awaiting_sign_off", 5), ("signed_off", 4),
    )  # fmt: skip
    moved(tracks[1], ("awaiting_sign_off", 2))
    moved(tracks[2], ("awaiting_sign_off", 100), ("signed_off", 80))
    first, second = (line_of(fleet.engineer, f"Tenant {n}").waited for n in (0, 1))
    assert (round(first.days, 2), first.asked, first.waiting) == (4.0, 2, 0)
    assert (round(second.days, 2), second.asked, second.waiting) == (2.0, 1, 1)
    third = line_of(fleet.engineer, "Tenant 2", "quarter").waited
    assert (round(third.days, 1), third.asked) == (10.0, 0)


def test_what_was_taken_back_or_revoked_is_an_incident(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    live = Release.objects.select_related("revision").get(variant=variant)
    move(live, Stage.ROLLED_BACK, by=fleet.engineer, why="Nonsense.", ended_at=timezone.now())
    Revocation.objects.create(
        overlay_version=live.revision.overlay_version, reason="Leaked", by=fleet.policy_owner
    )
    incidents = line_of(fleet.engineer).incidents
    assert (incidents.rolled_back, incidents.revoked, incidents.total) == (1, 1, 2)
    assert line_of(fleet.engineer, "Tenant 1").incidents.total == 0


def test_what_is_missing_can_be_asked_for(fleet: Fleet) -> None:
    ownerless = [line.customer for line in table(fleet, missing="owner")]
    assert ownerless == ["Tenant 2"]
    assert len(table(fleet, missing="slice")) == 3
    note(fleet, 1, "1")
    assert [line.customer for line in table(fleet, missing="hours", sort="customer")] == [
        "Tenant 0", "Tenant 2",
    ]  # fmt: skip


def test_who_has_left_is_no_owner(fleet: Fleet) -> None:
    User.objects.filter(pk=fleet.manager.pk).update(is_active=False)
    assert len(table(fleet, missing="owner")) == 3


def table(fleet: Fleet, **asked: str) -> list[Line]:
    return ledger_table(fleet.engineer, asked).lines


def test_the_dearest_stands_first_hours_before_calls(fleet: Fleet) -> None:
    ran(fleet.variants[0], "5")
    note(fleet, 1, "2")
    ran(fleet.variants[2], "7")
    assert [line.customer for line in table(fleet)] == ["Tenant 1", "Tenant 2", "Tenant 0"]


def test_with_a_rate_both_currencies_make_one_sum(fleet: Fleet, settings: Any) -> None:
    settings.HOUR_COST, settings.USD_IN_EUR = Decimal(100), Decimal("0.5")
    ran(fleet.variants[0], "500")
    note(fleet, 1, "2")
    lines = table(fleet)
    assert [line.cost for line in lines] == ["EUR 250.00", "EUR 200.00", "EUR 0.00"]


def test_without_a_rate_currencies_stand_side_by_side(fleet: Fleet, settings: Any) -> None:
    settings.HOUR_COST, settings.USD_IN_EUR = Decimal(80), None
    ran(fleet.variants[0], "0.004")
    note(fleet, 0, "0.5")
    assert line_of(fleet.engineer).cost == "EUR 40 + USD 0.0040"
    assert line_of(fleet.engineer, "Tenant 1").cost == "nothing"


def test_a_customer_with_two_forks_brings_its_revenue_once(fleet: Fleet) -> None:
    twin = fleet.variants[0]
    twin.pk, twin.locale = None, "de"
    twin.save(force_insert=True)
    lines = lines_of(fleet.engineer, YEAR)
    assert len(lines) == 4
    assert totals(lines).revenue == 600_000
    assert {line.forks for line in lines if line.customer == "Tenant 0"} == {2}


def test_age_runs_from_the_first_revision_to_the_newest(fleet: Fleet) -> None:
    variant = fleet.variants[0]
    back_date(variant.revisions.get(), "created_at", 300)
    freeze(variant, by=fleet.engineer, note="x", target=fleet.new, overlay=None)
    line = line_of(fleet.engineer)
    assert line.began and line.changed
    assert (timezone.now() - line.began).days in (299, 300)
    assert abs(timezone.now() - line.changed) < dt.timedelta(minutes=5)
    assert table(fleet, sort="-age")[0].customer == "Tenant 0"


@pytest.mark.parametrize("sort", ["-drift", "-cost"])
def test_drift_is_shown_however_it_is_sorted(fleet: Fleet, sort: str) -> None:
    page = ledger_table(fleet.engineer, {"sort": sort}).page
    assert all(line.drift and line.drift.slots == 1 for line in page)


@pytest.mark.parametrize("name", ["ledger", "ledger-waiting"])
def test_fifty_forks_take_as_many_queries_as_five(fleet: Fleet, client: Client, name: str) -> None:
    client.force_login(fleet.engineer)
    for variant in fleet.variants:
        ran(variant, "0.1")
    more_forks(fleet.variants[0], 2)
    url = reverse(name)
    client.get(url)
    few = queries(client, url)
    more_forks(fleet.variants[0], 45, prefix="further")
    assert queries(client, url) == few
    assert few < 45


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def test_the_page_says_the_sums_and_both_currencies(fleet: Fleet, client: Client) -> None:
    ran(fleet.variants[0], "1.25")
    note(fleet, 0, "2")
    client.force_login(fleet.viewer)
    text = client.get(reverse("ledger")).content.decode()
    assert "EUR 160 + USD 1.25" in text
    assert "FLEET_HOUR_COST" in text


def test_the_spreadsheet_holds_every_row_and_no_formula(fleet: Fleet, client: Client) -> None:
    Tenant.objects.filter(slug="tenant-0").update(name="=cmd()")
    client.force_login(fleet.engineer)
    answer = client.get(reverse("ledger-export"), {"missing": "slice"})
    rows = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(rows) == 4
    assert any("'=cmd()" in row for row in rows)


def test_a_manager_sees_own_customers_alone(fleet: Fleet, client: Client) -> None:
    client.force_login(fleet.manager)
    answer = client.get(reverse("ledger-export"))
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "tenant-1" in text
    assert "tenant-2" not in text


def test_page_says_which_hours_came_with_feedback_and_forms_say_to_write_them_once(
    fleet: Fleet, client: Client
) -> None:
    variant = fleet.variants[0]
    note_hours(variant, hours=Decimal(2), what="Tone", on=timezone.localdate(), by=fleet.manager)
    record_feedback(variant, Said("question", "Why?", minutes=30), by=fleet.manager)
    client.force_login(fleet.manager)
    said = client.get(reverse("ledger-variant", args=[variant.pk])).content.decode()
    assert "2.50 at EUR" in said and "of them 0.50 as minutes of" in said
    assert "those count by themselves" in said
    assert "do not note them there again" in str(FeedbackForm().fields["minutes"].help_text)
