"""List, opening, board and track pages of a model migration, through the Django client."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fleet.authoring.timeline import timeline
from fleet.campaign.actions import (
    cancel_campaign,
    open_campaign,
    settle,
    start_evaluation,
)
from fleet.campaign.figures import in_points
from fleet.campaign.models import Campaign, CampaignStage, Track, TrackStage
from fleet.release.models import Served
from fleet.tasks import cut_over_track
from registry import events, work
from registry.models import ModelTarget, User, WorkItem
from tests.builders import Fleet, build_fleet
from tests.evals.measured import measure

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def campaign(fleet: Fleet) -> Campaign:
    return opened(fleet)


def opened(fleet: Fleet) -> Campaign:
    return open_campaign(source=fleet.old, target=fleet.new, name="Off aurora", by=fleet.engineer)


def track_of(campaign: Campaign, n: int) -> Track:
    return campaign.tracks.order_by("variant_id")[n]


def evaluated(track: Track, **measured: Any) -> Track:
    start_evaluation(track)
    track.refresh_from_db()
    settle(measure(track.run, **measured).run)  # type: ignore[arg-type]
    track.refresh_from_db()
    return track


def board(user: User, campaign: Campaign, **query: str) -> str:
    return signed_in(user).get(campaign.get_absolute_url(), query).content.decode()


def bulk(user: User, campaign: Campaign, act: str, *tracks: Track, **data: Any) -> Any:
    url = reverse(f"campaign-{act}", args=[campaign.pk])
    chosen = {"tracks": [str(track.pk) for track in tracks]}
    return signed_in(user).post(url, {**chosen, **data}, follow=True)


def act(user: User, track: Track, name: str, **data: str) -> Any:
    return signed_in(user).post(reverse(f"track-{name}", args=[track.pk]), data)


SIGNED = {"contact_name": "Carla", "reference": "mail of 21 November"}


def ready(fleet: Fleet, track: Track) -> Track:
    """Evaluated, signed and approved."""
    evaluated(track)
    bulk(fleet.manager, track.campaign, "sign-off", track, **SIGNED)
    bulk(fleet.policy_owner, track.campaign, "approve", track)
    track.refresh_from_db()
    return track


def test_empty_list_says_what_it_is_for(fleet: Fleet) -> None:
    said = signed_in(fleet.engineer).get(reverse("campaign-list")).content.decode()
    assert "When a provider retires a model" in said


def test_list_counts_only_what_a_manager_may_see(fleet: Fleet, campaign: Campaign) -> None:
    url = reverse("campaign-list")
    assert "0 of 3" in signed_in(fleet.engineer).get(url).content.decode()
    assert "0 of 2" in signed_in(fleet.manager).get(url).content.decode()


def test_open_form_says_before_the_start_what_it_takes(fleet: Fleet) -> None:
    ModelTarget.objects.update(input_price=Decimal(2), output_price=Decimal(8))
    url = reverse("campaign-open")
    said = signed_in(fleet.engineer).get(url, {"source": fleet.old.pk, "target": fleet.new.pk})
    assert said.context["estimate"].variants == 3
    assert said.context["estimate"].calls == 3 * 60 * 2
    assert said.context["estimate"].usd > 0


def test_open_form_with_two_equal_models_keeps_what_was_typed(fleet: Fleet) -> None:
    data = {"source": fleet.old.pk, "target": fleet.old.pk, "name": "My move"}
    answer = signed_in(fleet.engineer).post(reverse("campaign-open"), data)
    assert answer.status_code == 422
    assert "Choose another target" in answer.content.decode()
    assert "My move" in answer.content.decode()


def test_open_twice_says_who_owns_the_variants(fleet: Fleet, campaign: Campaign) -> None:
    data = {"source": fleet.old.pk, "target": fleet.new.pk, "name": ""}
    answer = signed_in(fleet.engineer).post(reverse("campaign-open"), data)
    assert answer.status_code == 422
    assert "Another open migration or roll-out owns" in answer.content.decode()


def test_open_by_a_viewer_is_forbidden(fleet: Fleet) -> None:
    assert signed_in(fleet.viewer).get(reverse("campaign-open")).status_code == 403


def test_board_has_a_row_a_track_and_the_deadline(fleet: Fleet, campaign: Campaign) -> None:
    fleet.old.retires_on = dt.date.today() + dt.timedelta(days=20)
    fleet.old.retires_source = "the provider's page"
    fleet.old.save()
    said = board(fleet.viewer, campaign)
    assert all(variant.tenant_name in said for variant in fleet.variants)
    assert "20 days left" in said


def test_board_puts_a_regression_that_the_mean_hides_on_top(
    fleet: Fleet, campaign: Campaign
) -> None:
    evaluated(track_of(campaign, 0), failing_before=[f"case-{n}" for n in range(30)])
    evaluated(track_of(campaign, 1))
    evaluated(track_of(campaign, 2), failing=[f"case-{n}" for n in range(30)])
    answer = signed_in(fleet.viewer).get(campaign.get_absolute_url())
    assert answer.context["rows"][0].line.pk == track_of(campaign, 2).pk
    assert answer.context["figures"].regressed == 1
    assert "did not move" in answer.content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [(-0.0099, "fell by 1.0 points"), (0.01, "rose by 1.0 points"), (0.0001, "did not move")],
)
def test_mean_is_told_in_points(change: float, words: str) -> None:
    assert in_points(change) == words


def test_board_filters_by_state_owner_turn_and_search(fleet: Fleet, campaign: Campaign) -> None:
    evaluated(track_of(campaign, 0))
    for query in ({"state": "awaiting_sign_off"}, {"turn": "customer"}, {"q": "tenant 0"}):
        said = board(fleet.viewer, campaign, **query)
        assert "Tenant 0" in said and "Tenant 1" not in said
    orphans = board(fleet.viewer, campaign, owner="nobody")
    assert "Tenant 2" in orphans and "Tenant 0" not in orphans


def test_board_sorts_by_revenue(fleet: Fleet, campaign: Campaign) -> None:
    answer = signed_in(fleet.viewer).get(campaign.get_absolute_url(), {"sort": "-revenue"})
    shown = [row.line.variant_id for row in answer.context["rows"]]
    assert shown == [variant.pk for variant in fleet.variants[::-1]]


def test_board_of_a_manager_shows_own_tenants_only(fleet: Fleet, campaign: Campaign) -> None:
    assert "Tenant 2" not in board(fleet.manager, campaign)


def polled(client: Client, campaign: Campaign, **seen: str) -> Any:
    return client.get(reverse("campaign-rows", args=[campaign.pk]), seen)


def test_poll_answers_204_until_something_was_written(fleet: Fleet, campaign: Campaign) -> None:
    client = signed_in(fleet.viewer)
    page = client.get(campaign.get_absolute_url()).context
    asked = {"pulse": page["pulse"], "seen": page["seen"]}
    assert polled(client, campaign, **asked).status_code == 204
    evaluated(track_of(campaign, 0))
    said = polled(client, campaign, **asked).content.decode()
    assert "Waiting for Tenant 0 to sign" in said and 'id="board-summary"' in said


def test_poll_renews_only_its_question_where_every_row_reads_the_same(
    fleet: Fleet, campaign: Campaign
) -> None:
    client = signed_in(fleet.viewer)
    page = client.get(campaign.get_absolute_url()).context
    events.record("variant.noted", fleet.default, fleet.engineer, "Nothing of this campaign")
    answer = polled(client, campaign, pulse=page["pulse"], seen=page["seen"])
    assert answer["HX-Retarget"] == "#board-poll"
    assert "board-rows" not in answer.content.decode().replace("#board-rows", "")


def test_polling_ends_with_the_campaign(fleet: Fleet, campaign: Campaign) -> None:
    assert "every 600ms" in board(fleet.viewer, campaign)
    cancel_campaign(campaign, by=fleet.engineer, reason="Too early.")
    assert "every 600ms" not in board(fleet.viewer, campaign)


def test_batch_approval_approves_and_says_what_it_left(fleet: Fleet, campaign: Campaign) -> None:
    good = evaluated(track_of(campaign, 0))
    bad = evaluated(track_of(campaign, 1), failing=[f"case-{n}" for n in range(6)])
    said = bulk(fleet.policy_owner, campaign, "approve", good, bad).content.decode()
    assert good.revision.approvals.count() == 1 and bad.revision.approvals.count() == 0
    assert "1 track approved." in said and "Left as before, and why" in said


def test_batch_approval_by_who_opened_it_approves_nothing(fleet: Fleet, campaign: Campaign) -> None:
    track = evaluated(track_of(campaign, 0))
    said = bulk(fleet.engineer, campaign, "approve", track).content.decode()
    assert track.revision.approvals.count() == 0 and "somebody else has to decide" in said


def test_batch_sign_off_records_for_own_tenants_only(fleet: Fleet, campaign: Campaign) -> None:
    mine, foreign = evaluated(track_of(campaign, 0)), evaluated(track_of(campaign, 2))
    bulk(fleet.manager, campaign, "sign-off", mine, foreign, **SIGNED)
    assert mine.sign_offs.count() == 1 and foreign.sign_offs.count() == 0


def test_batch_sign_off_without_reference_records_nothing(fleet: Fleet, campaign: Campaign) -> None:
    track = evaluated(track_of(campaign, 0))
    said = bulk(fleet.manager, campaign, "sign-off", track, contact_name="Carla").content.decode()
    assert track.sign_offs.count() == 0 and "Nothing was done" in said


def test_batch_keeps_the_filters_of_the_board(fleet: Fleet, campaign: Campaign) -> None:
    answer = bulk(fleet.engineer, campaign, "cut-over", address="state=signed_off&sort=age")
    assert answer.redirect_chain[-1][0].endswith("/?state=signed_off&sort=age")


def test_batch_with_ids_that_are_none_chooses_nothing(fleet: Fleet, campaign: Campaign) -> None:
    url = reverse("campaign-approve", args=[campaign.pk])
    said = signed_in(fleet.policy_owner).post(url, {"tracks": ["nonsense"]}, follow=True)
    assert "No track was chosen" in said.content.decode()


def test_batch_cut_over_queues_what_is_ready_and_names_the_rest(
    fleet: Fleet, campaign: Campaign
) -> None:
    good, unsigned = ready(fleet, track_of(campaign, 0)), evaluated(track_of(campaign, 1))
    said = bulk(fleet.engineer, campaign, "cut-over", good, unsigned).content.decode()
    assert "1 track on their way." in said and "not signed off" in said
    assert "Cutting over" in said
    [item] = WorkItem.objects.filter(kind="cut_over_track")
    claimed = work.claim(item.pk)
    assert claimed is not None
    cut_over_track(claimed)
    good.refresh_from_db()
    assert good.stage == TrackStage.DONE


def test_cancel_ends_open_tracks(fleet: Fleet, campaign: Campaign) -> None:
    url = reverse("campaign-cancel", args=[campaign.pk])
    assert signed_in(fleet.engineer).post(url, {"why": "too early"}).status_code == 302
    campaign.refresh_from_db()
    assert campaign.stage == CampaignStage.CANCELLED
    assert signed_in(fleet.engineer).post(url, {"why": "again"}).status_code == 409


def test_track_shows_broken_cases_and_what_to_do(fleet: Fleet, campaign: Campaign) -> None:
    track = evaluated(track_of(campaign, 0), failing=[f"case-{n}" for n in range(6)])
    said = signed_in(fleet.engineer).get(track.get_absolute_url()).content.decode()
    assert "New answer of case-0" in said and "Fix the overlay" in said
    assert "Tenant 0 has not signed." in said


def test_foreign_track_is_not_found_by_a_manager(fleet: Fleet, campaign: Campaign) -> None:
    url = track_of(campaign, 2).get_absolute_url()
    assert signed_in(fleet.manager).get(url).status_code == 404


def test_sign_off_without_a_name_asks_for_it_and_keeps_the_rest(
    fleet: Fleet, campaign: Campaign
) -> None:
    track = evaluated(track_of(campaign, 0))
    answer = act(
        fleet.manager, track, "sign-off", decision="approved", contact="-", reference="a mail"
    )
    assert answer.status_code == 422
    assert "Name the person who answered" in answer.content.decode()
    assert "a mail" in answer.content.decode()


def test_declined_sign_off_sends_the_track_back_to_work(fleet: Fleet, campaign: Campaign) -> None:
    track = evaluated(track_of(campaign, 0))
    data = {"decision": "declined", "contact": "-", "other": "Carla", "reference": "a mail"}
    assert act(fleet.manager, track, "sign-off", **data).status_code == 302
    track.refresh_from_db()
    assert track.stage == TrackStage.NEEDS_WORK
    said = signed_in(fleet.viewer).get(track.get_absolute_url()).content.decode()
    assert "Carla declined." in said and "they are asked anew" in said
    assert "Send them the evidence" not in said, "there is nothing to send while it needs work"


def test_cut_over_before_its_time_says_why_not(fleet: Fleet, campaign: Campaign) -> None:
    track = evaluated(track_of(campaign, 0))
    answer = act(fleet.engineer, track, "cut-over")
    assert answer.status_code == 422 and "Waiting for sign-off" in answer.content.decode()


def test_cut_over_and_roll_back_touch_one_variant(fleet: Fleet, campaign: Campaign) -> None:
    track = ready(fleet, track_of(campaign, 0))
    others = Served.objects.exclude(variant=track.variant).order_by("pk").values_list("etag")
    before = list(others)
    page = signed_in(fleet.engineer).get(track.get_absolute_url()).content.decode()
    assert "2 other variants stay as they are." in page
    assert act(fleet.engineer, track, "cut-over").status_code == 302
    page = signed_in(fleet.engineer).get(track.get_absolute_url()).content.decode()
    assert f"Roll back Tenant 0 to revision 1 on {fleet.old}. 2 other variants stay" in page
    assert act(fleet.engineer, track, "roll-back", why="tone").status_code == 302
    track.refresh_from_db()
    assert track.stage == TrackStage.NEEDS_WORK and list(others) == before
    # One act, one line: on the track's timeline, on the variant's, and among the steps.
    page = signed_in(fleet.engineer).get(track.get_absolute_url())
    told = [one["sentence"] for one in page.context["events"]]
    assert "rolled it back" in told and "found that it needs work" not in told
    assert [one.name for one in page.context["steps"]][-2:] == ["Rolled back", "Watch"]
    _, told = timeline(track.variant)
    assert [one.sentence for one in told].count("rolled its migration back.") == 1
    assert not any("needs work" in one.sentence for one in told)


def test_roll_back_without_a_reason_is_refused(fleet: Fleet, campaign: Campaign) -> None:
    track = ready(fleet, track_of(campaign, 0))
    act(fleet.engineer, track, "cut-over")
    assert act(fleet.engineer, track, "roll-back", why="").status_code == 422


def test_re_evaluation_starts_over(fleet: Fleet, campaign: Campaign) -> None:
    track = evaluated(track_of(campaign, 0))
    assert act(fleet.manager, track, "re-evaluate").status_code == 302
    track.refresh_from_db()
    assert track.stage == TrackStage.EVALUATING and track.run is None
    said = signed_in(fleet.viewer).get(track.get_absolute_url()).content.decode()
    assert "every 1s" in said


def test_re_evaluation_twice_is_a_conflict(fleet: Fleet, campaign: Campaign) -> None:
    track = evaluated(track_of(campaign, 0))
    act(fleet.manager, track, "re-evaluate")
    assert act(fleet.manager, track, "re-evaluate").status_code == 409


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


def counted(tenants: int) -> list[int]:
    fleet = build_fleet(tenants=tenants)
    campaign = opened(fleet)
    evaluated(track_of(campaign, 0))
    start_evaluation(track_of(campaign, 1))
    client = signed_in(fleet.engineer)
    client.get(campaign.get_absolute_url())
    rows = reverse("campaign-rows", args=[campaign.pk])
    return [queries(client, url) for url in (campaign.get_absolute_url(), rows)]


def test_board_takes_as_many_queries_at_15_tracks(db: None) -> None:
    assert counted(15) == [BOARD_QUERIES, BOARD_QUERIES - 2]  # a poll brings no bell, no dialogs


def test_board_takes_as_many_queries_at_5_tracks(db: None) -> None:
    assert counted(5) == [BOARD_QUERIES, BOARD_QUERIES - 2]


BOARD_QUERIES = 19
"""Session, person, groups, permissions; campaign, pulse, work in hand, tracks; owners and their
names (two); objections, approvals; what was told; answers; revenue; own tenants; calls done;
and for the page what its person has not read."""


def test_sign_off_of_a_contact_takes_the_name_from_the_list(
    fleet: Fleet, campaign: Campaign
) -> None:
    track = evaluated(track_of(campaign, 0))
    track.variant.tenant.contacts.create(name="Dana", email="dana@customer.example")  # type: ignore[union-attr]
    data = {"decision": "approved", "contact": "Dana", "reference": "a mail"}
    assert act(fleet.manager, track, "sign-off", **data).status_code == 302
    assert track.sign_offs.get().contact_name == "Dana"
