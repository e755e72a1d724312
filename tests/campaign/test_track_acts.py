"""The acts on a track's page: what is offered, what a form asks for, what is refused in words."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fleet.campaign.models import Campaign, Track, TrackStage
from registry.days import day
from registry.models import Tenant, WorkItem, WorkState
from tests.builders import Fleet
from tests.campaign.going import first, opened, ready, signed_first

pytestmark = pytest.mark.django_db

NEXT_YEAR = timezone.localdate().year + 1


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def post(user: Any, track: Track, act: str, **given: str) -> Any:
    return signed_in(user).post(reverse("track-act", args=[track.pk, act]), given)


def fresh(track: Track) -> Track:
    return Track.objects.get(pk=track.pk)


def test_track_page_names_its_owner_and_offers_its_next_opening(fleet: Fleet) -> None:
    track = signed_first(fleet)
    shown = signed_in(fleet.engineer).get(track.get_absolute_url()).content.decode()
    assert f"<dt>Owner</dt><dd>{fleet.manager.display_name}" in shown
    assert "At the next opening of their window: <strong>" in shown
    assert reverse("window-edit", args=[track.variant.tenant_id]) in shown
    sheet = shown[shown.index('<dialog id="cut-over"') :]
    assert "Their change window: " in sheet[: sheet.index("</dialog>")]
    for button in ("Schedule", "Cut over", "Pause", "Defer", "Exempt"):
        assert f"{button}</button>" in shown


def test_a_viewer_is_offered_nothing_and_may_do_nothing(fleet: Fleet) -> None:
    track = signed_first(fleet)
    shown = signed_in(fleet.viewer).get(track.get_absolute_url()).content.decode()
    assert not [act for act in ("schedule", "pause", "defer") if f'<dialog id="{act}"' in shown]
    for act in ("schedule", "pause", "exempt", "try-again"):
        assert post(fleet.viewer, track, act, why="x").status_code == 403


def test_a_time_by_hand_is_the_customers_and_not_ours(fleet: Fleet) -> None:
    Tenant.objects.update(timezone="America/New_York")
    track = signed_first(fleet)
    post(fleet.engineer, track, "schedule", when="at", at=f"{NEXT_YEAR}-07-01T09:30")
    at = fresh(track).scheduled_for
    assert at == dt.datetime(NEXT_YEAR, 7, 1, 13, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("", "Choose a day and a time"),
        ("tomorrow", "Choose a day and a time"),
        ("2027-07-01T09:30+02:00", "without a zone"),
        ("2027-03-28T02:30", "does not exist"),
        ("2001-01-01T09:00", "has passed"),
        ("9999-12-31T23:59", "two years ahead"),
    ],
)
def test_a_time_that_cannot_be_used_is_said_so(fleet: Fleet, at: str, words: str) -> None:
    Tenant.objects.update(timezone="Europe/Berlin")
    track = signed_first(fleet)
    answer = post(fleet.engineer, track, "schedule", when="at", at=at)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert words in shown
    assert fresh(track).stage == TrackStage.SIGNED_OFF
    sheet = shown[shown.index('<dialog id="schedule"') :]
    assert "data-dialog-now" in sheet[: sheet.index(">")], "the sheet is open again"
    assert f'name="at" value="{at}"' in sheet.replace("&#x27;", "'").replace("&#43;", "+")
    assert 'value="at" checked' in sheet


def test_defer_asks_for_a_day_that_is_ahead(fleet: Fleet) -> None:
    track = first(opened(fleet))
    for until in ("", "soon", "2001-01-01"):
        assert post(fleet.engineer, track, "defer", until=until, why="Fair").status_code == 422
    later = timezone.localdate() + dt.timedelta(days=9)
    assert post(fleet.engineer, track, "defer", until=str(later), why="Fair").status_code == 302
    assert fresh(track).deferred_until == later
    shown = signed_in(fleet.engineer).get(track.get_absolute_url()).content.decode()
    assert f"until {day(later)}" in shown and "Take in again" in shown


def test_pause_without_a_reason_is_refused_and_with_one_shown(fleet: Fleet) -> None:
    track = first(opened(fleet))
    assert post(fleet.engineer, track, "pause", why=" ").status_code == 422
    assert post(fleet.engineer, track, "pause", why="An outage.").status_code == 302
    shown = signed_in(fleet.engineer).get(track.get_absolute_url()).content.decode()
    assert "This track is paused: An outage." in shown
    assert post(fleet.engineer, track, "pause", why="Again.").status_code == 409
    assert post(fleet.engineer, track, "resume").status_code == 302


def test_canary_is_taken_on_and_stopped_from_the_page(fleet: Fleet) -> None:
    campaign = opened(fleet)
    plan = [{"share": 0.1, "soak_minutes": 30}, {"share": 0.5, "soak_minutes": 30}]
    Campaign.objects.filter(pk=campaign.pk).update(plan=plan)
    track = ready(fleet, first(campaign))
    signed_in(fleet.engineer).post(reverse("track-cut-over", args=[track.pk]))
    shown = signed_in(fleet.engineer).get(track.get_absolute_url()).content.decode()
    assert "10 % of sessions" in shown and "It gets 50 % of sessions." in shown
    assert "No live metrics are measured yet" in shown
    post(fleet.engineer, track, "canary-on")
    assert fresh(track).release.share == 0.5
    back = reverse("track-roll-back", args=[track.pk])
    signed_in(fleet.engineer).post(back, {"why": "A complaint."})
    assert fresh(track).stage == TrackStage.NEEDS_WORK


def test_work_that_was_given_up_is_shown_with_try_again(fleet: Fleet) -> None:
    track = first(opened(fleet))
    WorkItem.objects.filter(payload__track=str(track.pk)).update(
        state=WorkState.DEAD, attempts=6, last_error="The disk is full."
    )
    shown = signed_in(fleet.engineer).get(track.get_absolute_url()).content.decode()
    assert "The disk is full." in shown and "Try again" in shown
    post(fleet.engineer, track, "try-again")
    assert not WorkItem.objects.filter(state=WorkState.DEAD).exists()


def test_an_act_that_does_not_exist_is_not_found(fleet: Fleet) -> None:
    assert post(fleet.engineer, first(opened(fleet)), "explode").status_code == 404


def test_an_act_on_a_foreign_track_is_not_found(fleet: Fleet) -> None:
    foreign = opened(fleet).tracks.get(variant=fleet.variants[2])
    assert post(fleet.manager, foreign, "pause", why="x").status_code == 404
