"""What is offered in place of a rollback to a model that is gone."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fleet.campaign.actions import cut_over
from fleet.campaign.models import Track
from fleet.campaign.way_out import way_out
from registry.models import ModelTarget
from tests.builders import Fleet
from tests.campaign.going import signed_first
from tests.delivery.lanes import make_live


@pytest.mark.django_db
def test_where_nothing_may_serve_again_the_fallback_lane_is_offered_and_no_rollback(
    fleet: Fleet, client: Client
) -> None:
    track = signed_first(fleet)
    cut_over(track, by=fleet.engineer)
    gone = timezone.localdate() - dt.timedelta(days=1)
    ModelTarget.objects.filter(pk=fleet.old.pk).update(retires_on=gone, retires_source="page")
    track = Track.objects.get(pk=track.pk)
    found = way_out(track)
    assert found.goal is None and found.lane is None and "withdraw the variant" in found.why
    lane = make_live(replace(fleet, old=fleet.new), "tenant-0", lane="fallback")
    found = way_out(track)
    assert found.lane == lane and f"fallback lane is live on {fleet.new}" in found.why
    client.force_login(fleet.manager)
    page = client.get(track.get_absolute_url()).content.decode()
    assert "Tenant 0 cannot go back" in page and f'href="{lane.get_absolute_url()}"' in page
    assert f'action="{reverse("track-roll-back", args=[track.pk])}"' not in page
