"""What a campaign cost, and what waiting with the next one costs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evals.models import EvalRun
from fleet.campaign.actions import open_campaign
from fleet.campaign.models import Campaign, Track
from fleet.feedback.models import Feedback
from fleet.ledger.actions import note_hours
from fleet.ledger.campaign import CampaignLedger
from fleet.ledger.waiting_page import waiting_lines
from registry.actions import announce_retirement, freeze
from tests.builders import Fleet
from tests.ledger.kept import back_date, moved, put, ran

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(fleet: Fleet) -> Campaign:
    """Opened fourteen days ago."""
    campaign = open_campaign(source=fleet.old, target=fleet.new, name="Move", by=fleet.engineer)
    back_date(campaign, "opened_at", 14)
    back_date(campaign, "started_at", 14)
    return Campaign.objects.get(pk=campaign.pk)


def track_of(campaign: Campaign, fleet: Fleet, place: int) -> Track:
    return campaign.tracks.get(variant=fleet.variants[place])


def ran_for(fleet: Fleet, place: int, cost: str, days_ago: int) -> EvalRun:
    """A run on what the campaign brings."""
    variant = fleet.variants[place]
    live = variant.revisions.get(number=1)
    found = variant.revisions.filter(model_target=fleet.new).first()
    revision = found or freeze(
        variant, by=fleet.engineer, note="x", target=fleet.new, overlay=live.overlay_version
    )
    return ran(variant, cost, days_ago=days_ago, revision=revision)


def test_only_runs_of_what_it_brings_while_a_track_was_open_count(
    fleet: Fleet, campaign: Campaign
) -> None:
    ran_for(fleet, 0, "0.5", 10)
    ran_for(fleet, 0, "0.25", 8)
    ran_for(fleet, 1, "9", 40)
    old = fleet.variants[0].revisions.get(number=1)
    ran(fleet.variants[0], "9", days_ago=9, revision=old)
    closed = timezone.now() - dt.timedelta(days=9)
    ran_for(fleet, 2, "1", 10)
    ran_for(fleet, 2, "9", 5)
    Track.objects.filter(pk=track_of(campaign, fleet, 2).pk).update(closed_at=closed)
    ledger = CampaignLedger(campaign, fleet.engineer, {})
    assert (ledger.spent.usd, ledger.spent.runs) == (Decimal("1.75"), 3)


def test_hours_waiting_and_incidents_of_its_tracks_are_added_up(
    fleet: Fleet, campaign: Campaign, client: Client
) -> None:
    first, second = track_of(campaign, fleet, 0), track_of(campaign, fleet, 1)
    moved(first, ("awaiting_sign_off", 6), ("signed_off", 3), ("cut_over", 2), ("rolled_back", 1))
    moved(second, ("awaiting_sign_off", 1))
    today = timezone.localdate()
    for track in (first, None):
        note_hours(
            fleet.variants[0], hours=Decimal(2), what="x", on=today, by=fleet.engineer, track=track
        )
    Feedback.objects.create(
        variant=fleet.variants[0], track=first, kind="complaint", words="Cold", minutes=60,
        happened_at=timezone.now(), by=fleet.manager,
    )  # fmt: skip
    ledger = CampaignLedger(campaign, fleet.engineer, {})
    assert (ledger.hours, ledger.back, ledger.complaints) == (Decimal(3), 1, 1)
    assert (round(ledger.waited.days, 2), ledger.waited.waiting) == (4.0, 1)
    client.force_login(fleet.viewer)
    text = client.get(reverse("ledger-campaign", args=[campaign.pk])).content.decode()
    assert "EUR 240" in text
    assert "3 Queued" in text


def test_a_manager_counts_own_tracks_alone(fleet: Fleet, campaign: Campaign) -> None:
    ran_for(fleet, 0, "0.5", 10)
    ran_for(fleet, 2, "9", 10)
    ledger = CampaignLedger(campaign, fleet.manager, {})
    assert (ledger.spent.usd, len(ledger.rows)) == (Decimal("0.5"), 2)


def test_waiting_is_reckoned_from_the_campaigns_own_pace(
    fleet: Fleet, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = timezone.localdate() + dt.timedelta(days=7)
    announce_retirement(fleet.old, retires_on=ends, source="https://x.example", by=fleet.engineer)
    monkeypatch.setattr("fleet.ledger.waiting.LEAST_TRACKS", 1)
    track = track_of(campaign, fleet, 0)
    moved(track, ("awaiting_sign_off", 6), ("signed_off", 3))
    put(track, "cut_over")
    Track.objects.filter(pk=track.pk).update(cut_over_at=timezone.now())
    ran_for(fleet, 0, "0.5", 10)
    ran_for(fleet, 0, "0.3", 5)
    line = next(one for one in waiting_lines(fleet.engineer) if one.line.target == fleet.old)
    assert line.found.pace == 0.5  # one in the last two weeks
    assert line.found.late == 2.5  # three are live on it, less a half
    # Three tracks for two weeks, two of them open: 0.3 / 6 * 2 and 3 / 6 * 2.
    assert line.found.again_usd_a_week == pytest.approx(0.1, rel=1e-3)
    assert line.found.sign_off_days_a_week == pytest.approx(1.0, rel=1e-3)
    assert (line.elsewhere, line.without_campaign) == (False, 1)


def test_what_cannot_be_known_is_said_on_the_page(fleet: Fleet, client: Client) -> None:
    client.force_login(fleet.engineer)
    text = client.get(reverse("ledger-waiting")).content.decode()
    assert "nobody has said when this model ends" in text
    assert "too few tracks were cut over yet" in text
    assert "in no campaign" in text
