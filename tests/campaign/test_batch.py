"""Acts on many tracks: what is told before the click, what is done, and what is left."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from fleet.bulk.handlers import HANDLERS
from fleet.bulk.job import do_row
from fleet.bulk.models import BulkAct
from fleet.campaign import batch_job
from fleet.campaign.actions import open_campaign, pause, settle, start_evaluation
from fleet.campaign.batch_acts import ACTS
from fleet.campaign.models import Campaign, Track, TrackStage, Wave
from registry import work
from registry.models import Tenant, User, WorkItem, WorkState
from tests.builders import Fleet
from tests.evals.measured import measure

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def campaign(fleet: Fleet) -> Campaign:
    return open_campaign(source=fleet.old, target=fleet.new, name="Off aurora", by=fleet.engineer)


def tracks_of(campaign: Campaign) -> list[Track]:
    return list(campaign.tracks.order_by("variant_id"))


def ids(tracks: list[Track]) -> str:
    return ",".join(str(track.pk) for track in tracks)


def do(user: User, campaign: Campaign, act: str, **data: Any) -> str:
    url = reverse(f"campaign-{act}", args=[campaign.pk])
    answer = signed_in(user).post(url, data, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def preview(user: User, campaign: Campaign, act: str, **data: Any) -> Any:
    url = reverse("campaign-preview", args=[campaign.pk])
    return signed_in(user).post(url, {"act": act, **data})


def evaluated(track: Track, **measured: Any) -> Track:
    start_evaluation(track)
    track.refresh_from_db()
    settle(measure(track.run, **measured).run)  # type: ignore[arg-type]
    track.refresh_from_db()
    return track


def test_preview_names_how_many_of_which_kind_and_who_is_left_and_why(
    fleet: Fleet, campaign: Campaign
) -> None:
    good, queued, _ = tracks_of(campaign)
    evaluated(good)
    answer = preview(fleet.policy_owner, campaign, "approve", tracks=ids([good, queued]))
    said = answer.content.decode()
    assert "Approve 1 revision?" in said and "1 “Waiting for sign-off”" in said
    assert "1 is left as before" in said and "It is not prepared yet." in said
    assert not good.revision.approvals.exists()


def test_preview_of_all_that_match_goes_by_the_filters_not_by_the_ticks(
    fleet: Fleet, campaign: Campaign
) -> None:
    answer = preview(fleet.engineer, campaign, "defer", every="1", address="q=Tenant 1", tracks="")
    assert [row.name for row in answer.context["plan"].take] == ["Tenant 1 / support-triage"]


def test_preview_of_an_act_that_is_not_offered_is_forbidden(
    fleet: Fleet, campaign: Campaign
) -> None:
    assert preview(fleet.viewer, campaign, "pause", every="1").status_code == 403
    assert preview(fleet.engineer, campaign, "no-such").status_code == 404


def test_two_thousand_ids_with_some_that_are_none_keep_the_rest(
    fleet: Fleet, campaign: Campaign
) -> None:
    many = ",".join([str(uuid4()) for _ in range(2_000)] + ["nonsense", ids(tracks_of(campaign))])
    said = do(fleet.engineer, campaign, "pause", tracks=many, why="Incident")
    assert "3 tracks paused." in said
    assert campaign.tracks.filter(paused_at__isnull=False).count() == 3


def test_paused_tracks_say_whose_pause_it_is_and_go_on_when_resumed(
    fleet: Fleet, campaign: Campaign
) -> None:
    tracks = tracks_of(campaign)
    said = do(fleet.engineer, campaign, "pause", tracks=ids(tracks[:1]), why="Their incident")
    assert "This track is paused: Their incident" in said
    said = do(fleet.engineer, campaign, "resume", tracks=ids(tracks))
    assert "1 track going on." in said and "2 tracks left as before" in said


def test_pause_of_all_needs_a_reason_and_is_shown_on_every_row(
    fleet: Fleet, campaign: Campaign
) -> None:
    assert "is paused: nothing" not in do(fleet.engineer, campaign, "pause-all", why="")
    said = do(fleet.engineer, campaign, "pause-all", why="Provider is down")
    assert said.count('title="All of it is paused: Provider is down"') == 3
    do(fleet.engineer, campaign, "resume-all")
    campaign.refresh_from_db()
    assert campaign.paused_at is None


def test_wave_is_paused_alone(fleet: Fleet, campaign: Campaign) -> None:
    wave = Wave.objects.create(campaign=campaign, number=1)
    tracks = tracks_of(campaign)
    said = do(fleet.engineer, campaign, "wave", tracks=ids(tracks[:2]), wave=wave.pk)
    assert "2 tracks moved." in said
    said = do(fleet.engineer, campaign, "pause-all", wave="1", why="Freeze")
    assert said.count('title="Its wave is paused: Freeze"') == 2
    polled = signed_in(fleet.engineer).get(reverse("campaign-rows", args=[campaign.pk]))
    chips = polled.content.decode().partition('id="board-waves"')[2]
    assert "0 of 2 through" in chips and "Freeze" in chips and 'aria-label="Resume Wave 1"' in chips
    assert "<dialog" not in chips  # or it would close while somebody types a reason


def test_deferred_and_exempt_tracks_say_until_when_and_why(
    fleet: Fleet, campaign: Campaign
) -> None:
    first, second, _ = tracks_of(campaign)
    said = do(
        fleet.engineer,
        campaign,
        "defer",
        tracks=ids([first]),
        until="2099-12-01",
        why="Peak season",
    )
    assert "Deferred until 1 Dec 2099: Peak season" in said
    said = do(fleet.engineer, campaign, "exempt", tracks=ids([second]), why="They leave us")
    assert "Exempt: They leave us" in said and "0 of 2 through" in said
    said = do(fleet.engineer, campaign, "take-in", tracks=ids([first, second]))
    assert "2 tracks taken in again." in said


def test_defer_to_a_day_that_has_passed_does_nothing(fleet: Fleet, campaign: Campaign) -> None:
    said = do(
        fleet.engineer, campaign, "defer", tracks=ids(tracks_of(campaign)), until="2020-01-01",
        why="Late",
    )  # fmt: skip
    assert "Nothing was done" in said
    assert not campaign.tracks.filter(stage=TrackStage.DEFERRED).exists()


def test_owner_of_a_track_finds_it_under_needs_me(fleet: Fleet, campaign: Campaign) -> None:
    first, *_ = tracks_of(campaign)
    evaluated(first, failing=[f"case-{n}" for n in range(30)])
    do(fleet.engineer, campaign, "owner", tracks=ids([first]), owner=fleet.engineer.pk)
    client = signed_in(fleet.engineer)
    page = client.get(campaign.get_absolute_url(), {"need": "me"})
    assert [row.line.pk for row in page.context["rows"]] == [first.pk]
    assert page.context["mine"] == 1


def test_given_up_work_says_so_and_is_tried_again_from_the_board(
    fleet: Fleet, campaign: Campaign
) -> None:
    first, second, _ = tracks_of(campaign)
    item = WorkItem.objects.filter(payload__track=str(first.pk)).first()
    assert item is not None
    item.refresh_from_db()
    WorkItem.objects.filter(pk=item.pk).update(
        state=WorkState.DEAD, last_error="OSError: gone", finished_at="2099-01-01T00:00Z"
    )
    page = signed_in(fleet.operator).get(campaign.get_absolute_url()).content.decode()
    assert "Gave up after 5 attempts: try again. OSError: gone" in page
    said = do(fleet.operator, campaign, "try-again", tracks=ids([first, second]))
    assert "1 track tried again." in said and "Nothing of it was given up." in said
    item.refresh_from_db()
    assert item.state == WorkState.QUEUED and item.attempts == 0


def test_paused_track_is_not_cut_over(fleet: Fleet, campaign: Campaign) -> None:
    first, *_ = tracks_of(campaign)
    pause(first, by=fleet.engineer, why="Wait")
    answer = preview(fleet.engineer, campaign, "schedule", tracks=ids([first]))
    assert not answer.context["plan"].take


def test_foreign_tracks_are_never_among_the_chosen(fleet: Fleet, campaign: Campaign) -> None:
    answer = preview(fleet.manager, campaign, "re-evaluate", tracks=ids(tracks_of(campaign)))
    plan = answer.context["plan"]
    assert len(plan.take) + plan.left_count == 2


def test_letters_lead_to_their_own_preview(fleet: Fleet, campaign: Campaign) -> None:
    said = preview(fleet.manager, campaign, "letter", every="1").content.decode()
    assert f'action="{reverse("letter-send")}"' in said
    assert 'value="evidence"' in said and 'value="reminder"' not in said  # nobody was asked yet


def test_export_holds_every_column_and_no_formula(fleet: Fleet, campaign: Campaign) -> None:
    Tenant.objects.filter(slug="tenant-0").update(name="=1+1")
    url = reverse("campaign-export", args=[campaign.pk])
    answer = signed_in(fleet.viewer).get(url, {"q": "=1"})
    head, row, *rest = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert head.startswith("Variant,Customer,Prompt") and not rest
    assert row.startswith("'=1+1 / support-triage,'=1+1,")


def test_cost_names_what_was_spent(fleet: Fleet, campaign: Campaign) -> None:
    evaluated(tracks_of(campaign)[0])
    said = signed_in(fleet.viewer).get(reverse("campaign-cost", args=[campaign.pk]))
    assert "spent on 1 eval" in said.content.decode()


@pytest.mark.parametrize("slug", [slug for slug, act in ACTS.items() if act.run is not None])
def test_no_act_is_done_by_somebody_who_may_only_look(
    fleet: Fleet, campaign: Campaign, slug: str
) -> None:
    url = reverse(f"campaign-{slug}", args=[campaign.pk])
    assert signed_in(fleet.viewer).post(url, {"tracks": "x"}).status_code == 403


def test_every_act_that_workers_can_do_has_its_measure() -> None:
    kinds = {batch_job.kind_of(slug) for slug in batch_job.MS}
    assert kinds == {kind for kind in HANDLERS if kind.startswith("track_")}
    assert batch_job.most_in_request(ACTS["approve"]) >= 47


def test_more_than_one_request_holds_is_handed_to_the_workers(
    fleet: Fleet, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(batch_job.MS, "defer", batch_job.IN_REQUEST_MS // 2)
    evaluated(tracks_of(campaign)[0])
    said = do(
        fleet.engineer, campaign, "defer", tracks=ids(tracks_of(campaign)), until="2099-12-01",
        why="Peak season",
    )  # fmt: skip
    assert "3 tracks are in the workers" in said
    act = BulkAct.objects.get(kind="track_defer")
    for item in WorkItem.objects.filter(kind="bulk_row"):
        claimed = work.claim(item.pk)
        assert claimed is not None
        do_row(claimed)
    assert campaign.tracks.filter(stage=TrackStage.DEFERRED).count() == 3
    assert set(act.rows.values_list("said", flat=True)) == {"Deferred."}


def test_home_tells_the_approver_and_whoever_releases(fleet: Fleet, campaign: Campaign) -> None:
    first, *_ = tracks_of(campaign)
    evaluated(first)
    said = signed_in(fleet.policy_owner).get("/").content.decode()
    assert "to approve in a migration" in said
    assert "to approve in a migration" not in signed_in(fleet.engineer).get("/").content.decode()
    do(fleet.policy_owner, campaign, "approve", tracks=ids([first]))
    do(fleet.manager, campaign, "sign-off", tracks=ids([first]), contact_name="C", reference="mail")
    said = signed_in(fleet.operator).get("/").content.decode()
    assert "ready to cut over" in said and "need=me" in said
