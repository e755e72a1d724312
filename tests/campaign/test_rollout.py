"""Rolling a published base or policy out: who moves, who may approve, who waits for a repair."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fleet.authoring.actions import submit_overlay
from fleet.campaign.actions import (
    EVALUATE_KIND,
    CannotOpen,
    approve_batch,
    cut_over,
    open_campaign,
    open_rollout,
    re_evaluate,
    record_sign_off,
    roll_back_variant,
    settle,
    start_evaluation,
)
from fleet.campaign.figures import counts_of
from fleet.campaign.models import Campaign, CampaignStage, Cause, Track, TrackStage
from fleet.campaign.reach import releases_behind
from fleet.campaign.rows import make_rows, rows_of
from fleet.release.models import Release, Served
from fleet.review.actions import Blocked, approve, live_revision
from registry.actions import publish_base, publish_policy
from registry.compose import Slot
from registry.models import BaseVersion, PolicyVersion, User, Variant, WorkItem
from registry.roles import NotAllowed
from tests.blast.trying import base_draft, forbid, try_base
from tests.builders import (
    BASE,
    RULES,
    SLOTS,
    VARIABLES,
    Fleet,
    _make_live,
    _make_variant,
    build_fleet,
    make_user,
)
from tests.evals.measured import measure

pytestmark = pytest.mark.django_db


def new_base(fleet: Fleet, text: str = BASE + "\nGoodbye.", **over: Any) -> BaseVersion:
    given = {"slots": SLOTS, "variables": VARIABLES, "semver": "1.1.0"} | over
    return publish_base(prompt=fleet.prompt, text=text, by=fleet.engineer, note="Bye", **given)


def new_policy(fleet: Fleet, *rules: dict[str, Any], text: str = "Be fair.") -> PolicyVersion:
    document = {**RULES, "rules": [*RULES["rules"], *rules]}  # type: ignore[misc]
    return publish_policy(text=text, rules=document, by=fleet.policy_owner, note="Fair")


@pytest.fixture
def opener(fleet: Fleet) -> User:
    """An engineer who wrote no base: they open, others approve."""
    return make_user("prompt_engineer", "opener")


def everybody(version: BaseVersion | PolicyVersion) -> list[int]:
    return list(releases_behind(version).values_list("variant_id", flat=True))


def track_of(campaign: Campaign, variant: Variant) -> Track:
    return Track.objects.select_related("revision", "baseline", "campaign", "variant").get(
        campaign=campaign, variant=variant
    )


def begun(campaign: Campaign) -> Campaign:
    """As after the first work item of each track: its revision is there and is measured."""
    for track in campaign.tracks.order_by("variant_id"):
        start_evaluation(track)
    return campaign


def evaluated(track: Track) -> Track:
    start_evaluation(track)
    track.refresh_from_db()
    assert track.run is not None
    settle(measure(track.run).run)
    track.refresh_from_db()
    return track


def signed(fleet: Fleet, track: Track) -> Track:
    record_sign_off(
        track, decision="approved", contact_name="Carla", reference="mail", by=fleet.manager
    )
    track.refresh_from_db()
    return track


def test_publishing_alone_moves_nobody(fleet: Fleet) -> None:
    served = set(Served.objects.values_list("pk", "sha256"))
    new_base(fleet)
    assert set(Served.objects.values_list("pk", "sha256")) == served
    assert not Track.objects.exists()


def test_a_base_rolls_out_with_overlay_and_model_as_they_are(fleet: Fleet, opener: User) -> None:
    version = new_base(fleet)
    campaign = begun(open_rollout(version, everybody(version), name="", by=opener))
    assert (campaign.cause, campaign.name) == (Cause.BASE, "Roll-out of base 1.1.0")
    assert campaign.tracks.count() == 4
    for track in campaign.tracks.select_related("revision", "baseline", "variant"):
        new, old = track.revision, track.baseline
        assert new.base_version == version
        assert new.overlay_version_id == old.overlay_version_id
        assert new.model_target_id == old.model_target_id
        assert new.parent == old == live_revision(track.variant)
        assert new.text.endswith("Goodbye.")
    assert WorkItem.objects.filter(kind=EVALUATE_KIND).count() == 4


def test_a_policy_rolls_out_on_the_base_that_is_live(fleet: Fleet, opener: User) -> None:
    new_base(fleet)
    version = new_policy(fleet)
    variant = fleet.variants[0]
    campaign = begun(open_rollout(version, [variant.pk], name="Fairness", by=opener))
    track = track_of(campaign, variant)
    assert campaign.tracks.count() == 1
    assert track.revision.policy_version == version
    assert track.revision.base_version_id == track.baseline.base_version_id
    assert "Be fair." in track.revision.text


def test_a_base_goes_out_with_the_current_policy(fleet: Fleet, opener: User) -> None:
    policy = new_policy(fleet)
    version = new_base(fleet)
    campaign = begun(open_rollout(version, [fleet.variants[0].pk], name="", by=opener))
    assert track_of(campaign, fleet.variants[0]).revision.policy_version == policy


def test_only_those_behind_and_free_can_move(fleet: Fleet, opener: User) -> None:
    version = new_base(fleet)
    open_rollout(version, [fleet.variants[0].pk], name="", by=opener)
    assert fleet.variants[0].pk not in everybody(version)
    with pytest.raises(CannotOpen, match="None of these"):
        open_rollout(version, [fleet.variants[0].pk], name="", by=opener)
    open_campaign(source=fleet.new, target=fleet.old, name="", by=opener)
    assert fleet.default.pk not in everybody(version)


def test_a_version_that_is_not_current_is_not_rolled_out(fleet: Fleet, opener: User) -> None:
    version = new_base(fleet)
    new_base(fleet, text=BASE + "\nBye.", semver="1.2.0")
    with pytest.raises(CannotOpen, match="not the current version"):
        open_rollout(version, everybody(version), name="", by=opener)


def test_only_who_steers_campaigns_opens_one(fleet: Fleet) -> None:
    version = new_base(fleet)
    with pytest.raises(NotAllowed):
        open_rollout(version, everybody(version), name="", by=fleet.manager)


def test_an_overlay_that_breaks_needs_work_and_the_others_go_on(fleet: Fleet, opener: User) -> None:
    version = new_policy(fleet, forbid("variant 1"))
    campaign = begun(open_rollout(version, everybody(version), name="", by=opener))
    track = track_of(campaign, fleet.variants[1])
    assert track.stage == TrackStage.NEEDS_WORK
    [row] = make_rows([track])
    assert "Do not say variant 1." in row.turn.words
    assert campaign.tracks.filter(stage=TrackStage.EVALUATING, run__isnull=False).count() == 3


def test_an_overlay_whose_slot_is_gone_waits_for_its_repair(fleet: Fleet, opener: User) -> None:
    voice = replace(SLOTS[0], name="voice")
    version = new_base(fleet, text="Hi.\n{{> voice}}\n{{> citations}}", slots=[voice, SLOTS[1]])
    campaign = begun(open_rollout(version, everybody(version), name="", by=opener))
    track = track_of(campaign, fleet.variants[0])
    assert track.stage == TrackStage.NEEDS_WORK
    assert track.does_not_fit
    assert "no slot called tone" in make_rows([track])[0].turn.words
    with pytest.raises(Blocked):
        re_evaluate(track, by=fleet.engineer)
    submit_overlay(fleet.variants[0], {"voice": "Be formal."}, "Moved", fleet.manager)
    track = track_of(campaign, fleet.variants[0])
    assert track.stage == TrackStage.EVALUATING
    assert track.revision.base_version == version
    assert track.has_own_words
    assert track_of(campaign, fleet.default).stage == TrackStage.EVALUATING


def test_a_batch_approves_unchanged_overlays_but_not_by_who_wrote_or_opened(
    fleet: Fleet, opener: User
) -> None:
    version = new_base(fleet)
    campaign = begun(open_rollout(version, everybody(version), name="", by=opener))
    tracks = [evaluated(track_of(campaign, variant)) for variant in fleet.variants]
    assert tracks[0].revision.sha256 != tracks[0].baseline.sha256
    for barred in (fleet.engineer, opener):
        outcome = approve_batch(tracks, by=barred, reason="")
        assert outcome.done == []
        assert len(outcome.left) == 3
    assert len(approve_batch(tracks, by=fleet.policy_owner, reason="").done) == 3


def test_who_typed_in_the_draft_does_not_approve_its_roll_out(fleet: Fleet, opener: User) -> None:
    typist = make_user("prompt_engineer", "typist")
    version = new_base(fleet, contributors=[typist.pk])
    campaign = begun(open_rollout(version, everybody(version), name="", by=opener))
    track = evaluated(track_of(campaign, fleet.variants[0]))
    outcome = approve_batch([track], by=typist, reason="")
    assert "You wrote part of this" in outcome.left[0][1]


def test_a_mended_overlay_has_a_review_of_its_own(fleet: Fleet, opener: User) -> None:
    version = new_policy(fleet, forbid("variant 1"))
    campaign = begun(open_rollout(version, everybody(version), name="", by=opener))
    review = submit_overlay(fleet.variants[1], {"tone": "Be formal."}, "Mended", fleet.manager)
    track = track_of(campaign, fleet.variants[1])
    settle(measure(track.run).run)  # type: ignore[arg-type]
    outcome = approve_batch([track], by=fleet.policy_owner, reason="")
    assert "review of its own" in outcome.left[0][1]
    with pytest.raises(NotAllowed):
        approve(review, by=fleet.policy_owner)  # wrote the policy that is new in it
    approve(review, by=fleet.engineer)


def test_the_whole_way_and_back(fleet: Fleet, opener: User) -> None:
    version = new_base(fleet)
    variant = fleet.variants[0]
    campaign = begun(open_rollout(version, [variant.pk], name="", by=opener))
    track = evaluated(track_of(campaign, variant))
    approve_batch([track], by=fleet.policy_owner, reason="")
    release = cut_over(signed(fleet, track), by=fleet.engineer)
    assert release.reason == "Cutover to base 1.1.0"
    assert Served.objects.get(variant=variant).sha256 == track.revision.sha256
    campaign.refresh_from_db()
    assert campaign.stage == CampaignStage.DONE
    before = set(Release.objects.exclude(variant=variant).values_list("pk", "stage"))
    roll_back_variant(variant, by=fleet.manager, reason="They miss the old words")
    track.refresh_from_db()
    assert track.stage == TrackStage.NEEDS_WORK
    assert make_rows([track])[0].turn.words == "Back on the earlier base: mend it"
    assert set(Release.objects.exclude(variant=variant).values_list("pk", "stage")) == before


def test_a_rollback_past_a_later_edit_undoes_the_roll_out_too(fleet: Fleet, opener: User) -> None:
    version, variant = new_base(fleet), fleet.variants[0]
    old = live_revision(variant)
    campaign = begun(open_rollout(version, [variant.pk], name="", by=opener))
    track = evaluated(track_of(campaign, variant))
    approve_batch([track], by=fleet.policy_owner, reason="")
    cut_over(signed(fleet, track), by=fleet.engineer)
    review = submit_overlay(variant, {"tone": "Be brief."}, "Asked", fleet.manager)
    measure(review.revision.eval_runs.get())
    approve(review, by=fleet.policy_owner)
    from fleet.release.actions import publish

    publish(review, by=fleet.engineer)
    roll_back_variant(variant, by=fleet.manager, reason="Back", to=old)
    track.refresh_from_db()
    assert track.stage == TrackStage.NEEDS_WORK


# The pages ---------------------------------------------------------------------------------


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(fleet: Fleet, version: BaseVersion | PolicyVersion, **query: Any) -> str:
    key = "base" if isinstance(version, BaseVersion) else "policy"
    answer = signed_in(fleet.engineer).get(reverse("rollout-open"), {key: version.pk, **query})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("choice", "moves"),
    [
        ({"way": "all"}, [0, 1, 2]),
        ({"way": "segment", "segment": "health"}, [1]),
        ({"way": "smallest", "number": "2"}, [0, 1]),
    ],
)
def test_all_a_wave_or_the_smallest_move(
    fleet: Fleet, opener: User, choice: dict[str, str], moves: list[int]
) -> None:
    version = new_base(fleet)
    url = f"{reverse('rollout-open')}?base={version.pk}"
    answer = signed_in(opener).post(url, choice)
    assert answer.status_code == 302
    moved = set(Track.objects.exclude(variant=fleet.default).values_list("variant_id", flat=True))
    assert moved == {fleet.variants[n].pk for n in moves}


def test_one_moves_by_its_tick(fleet: Fleet, opener: User) -> None:
    version = new_policy(fleet)
    url = f"{reverse('rollout-open')}?policy={version.pk}"
    answer = signed_in(opener).post(url, {"way": "ticked", "variants": [fleet.variants[2].pk]})
    assert answer["Location"] == Campaign.objects.get().get_absolute_url()
    assert [track.variant for track in Track.objects.all()] == [fleet.variants[2]]


@pytest.mark.parametrize(
    "choice", [{}, {"way": "ticked"}, {"way": "smallest", "number": "9" * 50}, {"way": "segment"}]
)
def test_an_empty_choice_is_told_in_words(
    fleet: Fleet, opener: User, choice: dict[str, str]
) -> None:
    version = new_base(fleet)
    answer = signed_in(opener).post(f"{reverse('rollout-open')}?base={version.pk}", choice)
    assert answer.status_code == 422
    assert "None of these variants" in answer.content.decode()


def test_the_page_shows_who_is_behind_and_what_the_dry_run_saw(fleet: Fleet) -> None:
    voice = replace(SLOTS[0], name="voice")
    text, slots = "Hi.\n{{> voice}}\n{{> citations}}", [voice, SLOTS[1]]
    try_base(fleet.engineer, base_draft(text=text, slots=[slot.as_json() for slot in slots]))
    version = new_base(fleet, text=text, slots=slots)
    shown = page(fleet, version)
    assert "4 live variants are behind it" in shown
    assert shown.count("does not compose") == 3
    assert "3 of them break under it" in shown
    assert ">480<" in shown  # 60 cases, both arms, 4 variants


def test_nobody_behind_and_an_older_version_are_said(fleet: Fleet, opener: User) -> None:
    first = BaseVersion.objects.get()
    assert "Nobody is behind" in page(fleet, first)
    new_base(fleet)
    assert "is not the current version any more" in page(fleet, first)
    assert signed_in(fleet.engineer).get(reverse("rollout-open")).status_code == 404
    assert signed_in(fleet.manager).get(reverse("rollout-open")).status_code == 403


def test_board_track_and_list_speak_of_a_roll_out(fleet: Fleet, opener: User) -> None:
    version = new_base(fleet)
    campaign = begun(open_rollout(version, everybody(version), name="", by=opener))
    client = signed_in(fleet.engineer)
    board = client.get(campaign.get_absolute_url()).content.decode()
    assert "Roll-out of base 1.1.0" in board
    assert "Cancel this roll-out?" in board
    assert "deadline unknown" not in board
    assert "None<" not in board
    track = track_of(campaign, fleet.variants[0])
    shown = client.get(track.get_absolute_url()).content.decode()
    assert "base 1.0.0" in shown
    assert "base 1.1.0" in shown
    assert " None" not in shown
    listed = client.get(reverse("campaign-list")).content.decode()
    assert "<td>earlier versions</td><td>base 1.1.0</td>" in listed
    assert str(track) == f"{fleet.variants[0]} to base 1.1.0"


def test_a_manager_sees_own_tracks_of_a_roll_out_only(fleet: Fleet, opener: User) -> None:
    version = new_base(fleet)
    campaign = begun(open_rollout(version, everybody(version), name="", by=opener))
    seen = {row.line.variant_id for row in rows_of(campaign, fleet.manager)}
    assert seen == {variant.pk for variant in fleet.variants[:2]}


def test_the_page_asks_the_same_however_many_are_behind(db: None) -> None:
    fleet = build_fleet(tenants=3)
    version = new_base(fleet)
    few = _queries(fleet, version)
    publish = new_base(fleet, text=BASE + "\nAgain.", semver="1.2.0")
    old = BaseVersion.objects.get(semver="1.0.0")
    assert publish.pk != old.pk
    for n in range(3, 30):
        _make_variant(fleet, n, owned=True)
    version = new_base(fleet, text=BASE + "\nMore.", semver="1.3.0")
    assert _queries(fleet, version) == few


def _queries(fleet: Fleet, version: BaseVersion) -> int:
    with CaptureQueriesContext(connection) as asked:
        page(fleet, version)
    return len(asked)


def test_a_board_of_a_roll_out_asks_the_same_at_any_size(db: None) -> None:
    fleet = build_fleet(tenants=20)
    opener = make_user("prompt_engineer", "opener")
    version = new_base(fleet, slots=[*SLOTS, Slot("notice")])
    # Without the platform default, whose revenue is everybody else's and is asked for by itself.
    small, large = (
        open_rollout(version, [variant.pk for variant in some], name="", by=opener)
        for some in (fleet.variants[:3], fleet.variants[3:])
    )

    def asked(campaign: Campaign) -> int:
        with CaptureQueriesContext(connection) as queries:
            signed_in(fleet.engineer).get(campaign.get_absolute_url())
        return len(queries)

    assert asked(small) == asked(large)


def test_a_variant_says_that_it_is_behind_until_it_is_rolled_out(
    fleet: Fleet, opener: User
) -> None:
    version, variant = new_base(fleet), fleet.variants[0]
    url = f"{reverse('rollout-open')}?base={version.pk}&amp;variants={variant.pk}"
    shown = signed_in(opener).get(variant.get_absolute_url()).content.decode()
    assert "stays on 1.0.0 until it is rolled out" in shown
    assert url in shown
    open_rollout(version, [variant.pk], name="", by=opener)
    assert url not in signed_in(opener).get(variant.get_absolute_url()).content.decode()
    as_manager = signed_in(fleet.manager).get(fleet.variants[1].get_absolute_url()).content.decode()
    assert "stays on 1.0.0" in as_manager
    assert "Roll it out here" not in as_manager


def test_a_customer_with_two_prompts_counts_once_in_a_stage(fleet: Fleet, opener: User) -> None:
    other = Variant.objects.create(
        prompt=fleet.prompt, tenant=fleet.variants[0].tenant, locale="de"
    )
    _make_live(fleet, other, fleet.old, {"tone": "Sei formell."})
    version = new_base(fleet)
    both = [fleet.variants[0].pk, other.pk]
    campaign = begun(open_rollout(version, both, name="", by=opener))
    [count] = counts_of(rows_of(campaign, opener))
    assert count.count == 2
    assert count.share == pytest.approx(1 / 6)  # 100,000 of 600,000
