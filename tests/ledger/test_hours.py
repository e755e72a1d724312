"""Noting hours: who may, what is refused, and what history keeps."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fleet.campaign.actions import open_campaign
from fleet.ledger.actions import UnusableHours, correct_hours, note_hours, take_hours_back
from fleet.ledger.models import Effort
from fleet.ledger.panel import track_panel, variant_panel
from registry.models import Event
from registry.roles import NotAllowed
from tests.builders import Fleet, make_user

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _on_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *_: TODAY)


def typed(**fields: str) -> dict[str, str]:
    return {"hours": "1.5", "what": "Wording with legal", "on": "2026-11-20"} | fields


def post(client: Client, fleet: Fleet, **fields: str) -> Any:
    return client.post(reverse("hours-note", args=[fleet.variants[0].pk]), typed(**fields))


def test_an_owner_notes_hours_and_the_timeline_says_so(fleet: Fleet, client: Client) -> None:
    client.force_login(fleet.manager)
    answer = post(client, fleet, hours="1,5")
    assert answer["Location"] == fleet.variants[0].get_absolute_url()
    effort = Effort.objects.get()
    assert (effort.hours, effort.by, effort.on) == (Decimal("1.5"), fleet.manager, TODAY)
    page = client.get(fleet.variants[0].get_absolute_url()).content.decode()
    assert "noted 1.5 hours." in page
    assert "EUR 120" in page


NO_HOURS = ("NaN", "Infinity", "-1", "0", "1e999", "x", "", "1001", "0.001", "9" * 400)


def test_what_are_no_hours_is_refused_in_words(fleet: Fleet, client: Client) -> None:
    client.force_login(fleet.engineer)
    for hours in NO_HOURS:
        answer = post(client, fleet, hours=hours)
        assert answer.status_code == 422, hours
        text = answer.content.decode()
        assert "field-error" in text, hours
        assert "Wording with legal" in text, hours
    assert not Effort.objects.exists()


def test_a_bad_day_or_no_words_are_refused(fleet: Fleet, client: Client) -> None:
    client.force_login(fleet.engineer)
    for field, value, words in (
        ("on", "2026-11-21", "has not come yet"),
        ("on", "0001-01-01", "five years back"),
        ("on", "2026-02-30", "Write the day as"),
        ("what", " \t ", "required"),
        ("what", "x" * 301, "300"),
    ):
        answer = post(client, fleet, **{field: value})
        assert answer.status_code == 422, value
        assert words in answer.content.decode(), value


def test_a_nul_byte_is_refused_before_it_reaches_a_row(fleet: Fleet, client: Client) -> None:
    client.force_login(fleet.engineer)
    for field in ("hours", "what", "on", "track"):
        answer = post(client, fleet, **{field: "1\x002"})
        assert answer.status_code == 400
        assert "NUL" in answer.content.decode()


def test_the_action_refuses_it_too(fleet: Fleet) -> None:
    good: dict[str, Any] = {"hours": Decimal(1), "what": "x", "on": TODAY}
    unusable: list[dict[str, Any]] = [
        *({"hours": Decimal(hours)} for hours in ("NaN", "-1", "1E+999")),
        *({"what": what} for what in ("a\x00b", "\ud800", " ")),
        {"on": TODAY + dt.timedelta(days=1)},
    ]
    for fields in unusable:
        with pytest.raises(UnusableHours):
            note_hours(fleet.variants[0], **good | fields, by=fleet.engineer)


def test_who_neither_owns_nor_writes_may_not_note(fleet: Fleet, client: Client) -> None:
    for person in (fleet.viewer, fleet.policy_owner, fleet.operator):
        client.force_login(person)
        assert post(client, fleet).status_code == 403
        assert not variant_panel(fleet.variants[0], person)["may_note_hours"]


def test_an_owner_of_another_customer_may_not_note(fleet: Fleet) -> None:
    with pytest.raises(NotAllowed):
        note_hours(fleet.variants[-1], hours=Decimal(1), what="x", on=TODAY, by=fleet.manager)


def test_only_ones_own_note_can_be_corrected_or_taken_back(fleet: Fleet, client: Client) -> None:
    effort = note_hours(fleet.variants[0], hours=Decimal(3), what="x", on=TODAY, by=fleet.manager)
    with pytest.raises(NotAllowed):
        correct_hours(effort, hours=Decimal(1), what="y", on=TODAY, by=fleet.engineer)
    client.force_login(fleet.engineer)
    for name in ("hours-correct", "hours-take-back"):
        assert client.post(reverse(name, args=[effort.pk]), typed()).status_code == 404
    effort.refresh_from_db()
    assert effort.hours == 3


def test_a_correction_and_a_deletion_stay_in_history(fleet: Fleet, client: Client) -> None:
    effort = note_hours(fleet.variants[0], hours=Decimal(3), what="x", on=TODAY, by=fleet.manager)
    client.force_login(fleet.manager)
    client.post(reverse("hours-correct", args=[effort.pk]), typed(hours="2"))
    client.post(reverse("hours-take-back", args=[effort.pk]))
    assert not Effort.objects.exists()
    kept = Effort.history.order_by("history_id").values_list("hours", "history_type")
    assert [(int(hours), kind) for hours, kind in kept] == [(3, "+"), (2, "~"), (2, "-")]
    verbs = Event.objects.filter(verb__startswith="effort.").order_by("id")
    assert [event.verb for event in verbs] == [
        "effort.noted", "effort.corrected", "effort.taken_back",
    ]  # fmt: skip


def test_a_correction_keeps_what_was_typed_through_an_error(fleet: Fleet, client: Client) -> None:
    effort = note_hours(fleet.variants[0], hours=Decimal(3), what="x", on=TODAY, by=fleet.manager)
    client.force_login(fleet.manager)
    answer = client.post(reverse("hours-correct", args=[effort.pk]), typed(hours="-4", what="Mine"))
    assert answer.status_code == 422
    assert 'value="Mine"' in answer.content.decode()


def test_who_lost_the_customer_cannot_change_the_old_note(fleet: Fleet) -> None:
    effort = note_hours(fleet.variants[0], hours=Decimal(3), what="x", on=TODAY, by=fleet.manager)
    assert fleet.variants[0].tenant is not None
    fleet.variants[0].tenant.owners.clear()
    manager = type(fleet.manager).objects.get(pk=fleet.manager.pk)
    with pytest.raises(NotAllowed):
        take_hours_back(effort, by=manager)


def test_hours_on_a_track_lead_back_to_it(fleet: Fleet, client: Client) -> None:
    campaign = open_campaign(source=fleet.old, target=fleet.new, name="", by=fleet.engineer)
    track = campaign.tracks.get(variant=fleet.variants[0])
    client.force_login(fleet.engineer)
    answer = post(client, fleet, track=str(track.pk))
    assert answer["Location"] == track.get_absolute_url()
    panel = track_panel(track, make_user("viewer", "other"))
    assert (panel["hours_whole"], panel["may_note_hours"]) == (Decimal("1.5"), False)


def test_a_track_of_another_variant_is_not_found(fleet: Fleet, client: Client) -> None:
    campaign = open_campaign(source=fleet.old, target=fleet.new, name="", by=fleet.engineer)
    other = campaign.tracks.get(variant=fleet.variants[1])
    client.force_login(fleet.engineer)
    for named in (str(other.pk), "nonsense"):
        assert post(client, fleet, track=named).status_code == 404
    assert not Effort.objects.exists()
