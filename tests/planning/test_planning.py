"""Plans of a campaign: made, changed, given up; nothing moves."""

from __future__ import annotations

import datetime as dt

import pytest

from fleet.authoring.timeline import timeline
from fleet.campaign.actions.assigning import set_exempt, set_owner
from fleet.campaign.actions.plan_rows import CannotPlan
from fleet.campaign.actions.planning import (
    change_plan,
    discard,
    plan_campaign,
    take_in,
    take_out,
)
from fleet.campaign.actions.waves import add_wave, assign_wave, change_wave, remove_wave, set_waves
from fleet.campaign.models import Campaign, CampaignStage, Track, TrackStage
from fleet.planning.goal import Goal, candidates
from registry.models import Event, ModelTarget
from registry.roles import NotAllowed
from tests.builders import Fleet, make_user

pytestmark = pytest.mark.django_db


def planned(fleet: Fleet, **more: object) -> Campaign:
    return plan_campaign(Goal.model(fleet.old, fleet.new), by=fleet.engineer, **more)  # type: ignore[arg-type]


def test_plan_holds_a_queued_track_for_each_variant_and_moves_nothing(fleet: Fleet) -> None:
    campaign = planned(fleet)
    tracks = list(campaign.tracks.order_by("variant_id"))
    assert campaign.stage == CampaignStage.PLANNED
    assert [track.variant_id for track in tracks] == [one.pk for one in fleet.variants]
    assert {track.stage for track in tracks} == {TrackStage.QUEUED}
    assert all(track.revision_id == track.baseline_id for track in tracks)
    assert all(track.prepared_at is None for track in tracks)
    assert Track.history.filter(history_type="+").count() == 3


def test_owner_is_who_looked_after_the_account_longest_and_still_works_here(fleet: Fleet) -> None:
    tenant = fleet.variants[0].tenant
    assert tenant is not None
    second = make_user("customer_success", "second")
    tenant.owners.add(second)
    fleet.manager.is_active = False
    fleet.manager.save()
    owners = {track.variant_id: track.owner for track in planned(fleet).tracks.all()}
    assert owners[fleet.variants[0].pk] == second
    assert owners[fleet.variants[2].pk] is None


def test_deadline_is_the_old_models_retirement(fleet: Fleet) -> None:
    day = dt.date(2027, 3, 1)
    ModelTarget.objects.filter(pk=fleet.old.pk).update(retires_on=day, retires_source="page")
    fleet.old.refresh_from_db()
    assert planned(fleet).deadline == day


def test_variant_of_another_campaign_is_left_out_or_refused(fleet: Fleet) -> None:
    first, second, third = (one.pk for one in fleet.variants)
    planned(fleet, variants=[first])
    with pytest.raises(CannotPlan, match="roll-out owns Tenant 0"):
        planned(fleet, variants=[first, second])
    rest = planned(fleet)
    assert set(rest.tracks.values_list("variant_id", flat=True)) == {second, third}
    with pytest.raises(CannotPlan, match="owns these variants"):
        planned(fleet)
    assert Campaign.objects.count() == 2


def test_candidates_name_the_campaign_that_owns_them(fleet: Fleet) -> None:
    campaign = planned(fleet, variants=[fleet.variants[0].pk], name="Mine")
    found = {one.variant: one for one in candidates(Goal.model(fleet.old, fleet.new))}
    assert found[fleet.variants[0].pk].campaign == (str(campaign.pk), "Mine")
    assert found[fleet.variants[1].pk].campaign is None
    assert [str(one) for one in fleet.variants] == [found[one.pk].title for one in fleet.variants]


def test_discarded_plan_frees_its_variants(fleet: Fleet) -> None:
    campaign = discard(planned(fleet), by=fleet.engineer, why="Too early.")
    assert campaign.stage == CampaignStage.CANCELLED
    for variant in fleet.variants:
        _, told = timeline(variant)
        left, opened, *_ = told
        assert left.sentence == f"left it out of the plan “{campaign.name}” before it began."
        assert (left.why, left.who) == ("Too early.", fleet.engineer.display_name)
        assert (left.url, opened.url) == ("", ""), "the track is gone: no link leads to it"
    assert planned(fleet).tracks.count() == 3
    assert timeline(fleet.variants[0])[1][0].url


def test_variants_are_taken_in_and_left_out(fleet: Fleet) -> None:
    first, second, _ = (one.pk for one in fleet.variants)
    campaign = planned(fleet, variants=[first])
    assert take_in(campaign, [second], by=fleet.engineer) == 1
    track = campaign.tracks.get(variant=first)
    assert take_out(campaign, [track], by=fleet.engineer) == 1
    assert fleet.variants[0].events.filter(verb="track.left_out").count() == 1
    assert list(campaign.tracks.values_list("variant_id", flat=True)) == [second]
    with pytest.raises(CannotPlan, match="Discard it"):
        take_out(campaign, list(campaign.tracks.all()), by=fleet.engineer)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"min_pass_rate": 1.2}, "less than or equal to 1"),
        ({"margin": -0.5}, "greater than or equal"),
        ({"plan": [{"share": 0.9, "soak_minutes": 5}]}, "between 1 % and 50 %"),
        ({"watch_hours": 10**9}, "90 days"),
        ({"most_complaints": 10**12}, "less than or equal"),
        ({"name": "a\0b"}, "NUL"),
        ({"target": "source"}, "the same"),
    ],
)
def test_bad_value_is_refused_in_words(fleet: Fleet, changes: dict, said: str) -> None:
    campaign = planned(fleet)
    if "target" in changes:
        changes = {"target": fleet.old}
    with pytest.raises(CannotPlan, match=said):
        change_plan(campaign, by=fleet.engineer, **changes)
    campaign.refresh_from_db()
    assert campaign.min_pass_rate is None and campaign.target == fleet.new


def test_changed_plan_says_what_changed(fleet: Fleet) -> None:
    steps = [{"share": 0.1, "soak_minutes": 60}]
    campaign = change_plan(
        planned(fleet), by=fleet.engineer, plan=steps, by_time=False, name="  ",
        deadline=dt.date(2027, 1, 2),
    )  # fmt: skip
    assert (campaign.plan, campaign.by_time) == (steps, False)
    assert campaign.name == campaign.usual_name
    said = Event.objects.get(verb="campaign.plan_changed").data
    assert (said["deadline"], said["by_time"]) == ("2027-01-02", False)


def test_waves_are_set_changed_and_removed(fleet: Fleet) -> None:
    campaign, day = planned(fleet), dt.date(2027, 1, 4)
    first, second, third = (one.pk for one in fleet.variants)
    waves = set_waves(campaign, [[second], [first]], by=fleet.engineer, starts=[day])
    assert wave_of(campaign) == {first: 2, second: 1, third: None}
    assert [wave.starts_on for wave in waves] == [day, None]
    last = add_wave(campaign, by=fleet.engineer)
    rest = [campaign.tracks.get(variant=third)]
    assign_wave(campaign, rest, last, by=fleet.engineer)
    change_wave(last, by=fleet.engineer, name="The largest", starts_on=day)
    assert str(campaign.waves.get(number=3)) == "The largest"
    set_waves(campaign, [[first, second, third]], by=fleet.engineer)
    assert wave_of(campaign) == {first: 1, second: 1, third: 1}
    remove_wave(campaign.waves.get(), by=fleet.engineer)
    assert set(wave_of(campaign).values()) == {None}


def wave_of(campaign: Campaign) -> dict[int, int | None]:
    return dict(campaign.tracks.values_list("variant_id", "wave__number"))


def test_wave_of_another_campaign_is_refused(fleet: Fleet) -> None:
    first, second, _ = (one.pk for one in fleet.variants)
    mine, theirs = planned(fleet, variants=[first]), planned(fleet, variants=[second])
    wave = add_wave(theirs, by=fleet.engineer)
    with pytest.raises(CannotPlan, match="another campaign's"):
        assign_wave(mine, list(mine.tracks.all()), wave, by=fleet.engineer)
    with pytest.raises(CannotPlan, match="Tick"):
        assign_wave(mine, list(theirs.tracks.all()), None, by=fleet.engineer)


def test_owner_and_exemption_are_set_with_history(fleet: Fleet) -> None:
    campaign = planned(fleet)
    tracks = list(campaign.tracks.all())
    assert set_owner(campaign, tracks, fleet.engineer, by=fleet.engineer) == 3
    assert set_exempt(campaign, tracks[:1], " Internal. ", by=fleet.engineer) == 1
    track = campaign.tracks.get(pk=tracks[0].pk)
    assert (track.owner, track.sign_off_exempt_why) == (fleet.engineer, "Internal.")
    assert not track.needs_sign_off
    assert track.history.count() == 4
    set_exempt(campaign, [track], "", by=fleet.engineer)
    assert campaign.tracks.get(pk=track.pk).needs_sign_off


def test_owner_who_left_is_refused(fleet: Fleet) -> None:
    campaign = planned(fleet)
    fleet.viewer.is_active = False
    with pytest.raises(CannotPlan, match="does not work here"):
        set_owner(campaign, list(campaign.tracks.all()), fleet.viewer, by=fleet.engineer)


def test_nobody_plans_without_the_capability(fleet: Fleet) -> None:
    for person in (fleet.manager, fleet.viewer, fleet.operator):
        with pytest.raises(NotAllowed):
            plan_campaign(Goal.model(fleet.old, fleet.new), by=person)
    campaign = planned(fleet)
    with pytest.raises(NotAllowed):
        discard(campaign, by=fleet.manager)


def test_discarded_plan_takes_no_change(fleet: Fleet) -> None:
    campaign = planned(fleet)
    discard(campaign, by=fleet.engineer)
    with pytest.raises(CannotPlan, match="Cancelled"):
        change_plan(campaign, by=fleet.engineer, name="Late")
    with pytest.raises(CannotPlan):
        set_owner(campaign, list(campaign.tracks.all()), None, by=fleet.engineer)


def test_platform_default_has_no_owner(fleet: Fleet) -> None:
    campaign = plan_campaign(Goal.model(fleet.new, fleet.old), by=fleet.engineer)
    assert campaign.tracks.get().owner is None
