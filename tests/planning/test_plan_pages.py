"""The plan's page, and the page that opens a migration."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fleet.authoring.timeline import timeline
from fleet.campaign.actions import start_campaign, start_evaluation
from fleet.campaign.actions.planning import plan_campaign, take_in
from fleet.campaign.actions.waves import set_waves
from fleet.campaign.models import Campaign, CampaignStage, TrackStage
from fleet.planning.concerns import concerns_of
from fleet.planning.goal import Goal
from fleet.planning.sheet import Sheet, sheet_of
from fleet.window.actions import add_blackout
from registry.actions import publish_base
from registry.models import Contact, ModelTarget, Tenant, User
from tests.builders import BASE, SLOTS, VARIABLES, Fleet, _make_variant

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.fixture
def campaign(fleet: Fleet) -> Campaign:
    return plan_campaign(Goal.model(fleet.old, fleet.new), by=fleet.engineer)


@pytest.fixture
def engineer(fleet: Fleet) -> Client:
    return signed_in(fleet.engineer)


def url(name: str, campaign: Campaign) -> str:
    return reverse(f"plan-{name}", args=[campaign.pk])


def settings_of(campaign: Campaign, **typed: Any) -> dict[str, Any]:
    """The form as a browser sends it back."""
    filled = {"name": campaign.name, "target": campaign.target_id or "", "way": "at_once",
              "goes_on": "time", "watch_hours": "0", "most_complaints": "0"}  # fmt: skip
    return {**filled, **typed}


# --- opening -----------------------------------------------------------------------------


def test_more_choices_makes_a_plan_and_starts_nothing(engineer: Client, fleet: Fleet) -> None:
    data = {"source": fleet.old.pk, "target": fleet.new.pk, "name": "", "more": "1"}
    answer = engineer.post(reverse("campaign-open"), data)
    campaign = Campaign.objects.get()
    assert answer["Location"] == url("detail", campaign)
    assert (campaign.stage, campaign.tracks.count()) == (CampaignStage.PLANNED, 3)


def test_open_begins_at_once_with_the_accounts_owners(engineer: Client, fleet: Fleet) -> None:
    data = {"source": fleet.old.pk, "target": fleet.new.pk, "name": ""}
    engineer.post(reverse("campaign-open"), data)
    campaign = Campaign.objects.get()
    assert campaign.stage == CampaignStage.RUNNING
    assert campaign.tracks.filter(owner=fleet.manager).count() == 2


def test_opening_page_counts_what_is_free_and_names_who_owns_the_rest(
    engineer: Client, fleet: Fleet
) -> None:
    first = fleet.variants[0].pk
    plan_campaign(
        Goal.model(fleet.old, fleet.new), name="Early", variants=[first], by=fleet.engineer
    )
    query = {"source": fleet.old.pk, "target": fleet.new.pk}
    page = engineer.get(reverse("campaign-open"), query)
    assert page.context["estimate"].variants == 2
    assert "Early" in page.content.decode()


def test_estimate_knows_time_and_says_that_it_is_a_rule_of_thumb(
    engineer: Client, fleet: Fleet
) -> None:
    query = {"source": fleet.old.pk, "target": fleet.new.pk}
    page = engineer.get(reverse("campaign-open"), query)
    assert page.context["estimate"].seconds > 0
    assert not page.context["estimate"].from_runs
    assert "rules of thumb" in page.content.decode()


# --- the page ----------------------------------------------------------------------------


def test_plan_page_asks_as_much_for_3_variants_as_for_9(
    engineer: Client, fleet: Fleet, campaign: Campaign
) -> None:
    set_waves(campaign, [[fleet.variants[0].pk]], by=fleet.engineer)
    engineer.get(url("detail", campaign))
    few = asked(engineer, url("detail", campaign))
    more = [_make_variant(fleet, n, owned=True).pk for n in range(3, 9)]
    take_in(campaign, more, by=fleet.engineer)
    assert asked(engineer, url("detail", campaign)) == few


def asked(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    ("query", "found"),
    [({"q": "tenant 1"}, 1), ({"segment": "retail"}, 2), ({"segment": "none"}, 0),
     ({"wave": "none"}, 3), ({"wave": "1"}, 0), ({"show": "out"}, 0), ({"only": "no-owner"}, 1),
     ({"only": "nonsense"}, 0), ({"page": "99"}, 3)],
)  # fmt: skip
def test_lines_are_filtered_by_the_address(
    engineer: Client, campaign: Campaign, query: dict[str, str], found: int
) -> None:
    assert engineer.get(url("detail", campaign), query).context["found"] == found


def test_started_plan_leads_to_the_board(engineer: Client, campaign: Campaign) -> None:
    assert engineer.post(url("start", campaign))["Location"] == campaign.get_absolute_url()
    campaign.refresh_from_db()
    assert campaign.stage == CampaignStage.RUNNING
    assert engineer.get(url("detail", campaign))["Location"] == campaign.get_absolute_url()
    assert engineer.post(url("start", campaign)).status_code == 422


def test_discarded_plan_frees_its_variants(engineer: Client, campaign: Campaign) -> None:
    assert engineer.post(url("discard", campaign), {"why": "Too early"}).status_code == 302
    assert not campaign.tracks.filter(closed_at__isnull=True).exists()


@pytest.mark.parametrize("role", ["customer_success", "operator"])
def test_only_who_runs_campaigns_sees_a_plan(fleet: Fleet, campaign: Campaign, role: str) -> None:
    client = signed_in(fleet.people[role])
    assert client.get(url("detail", campaign)).status_code == 403
    for name in ("save", "waves", "tracks", "start", "discard"):
        assert client.post(url(name, campaign), {}).status_code == 403


# --- settings ----------------------------------------------------------------------------


def test_settings_are_saved_as_they_are_typed(engineer: Client, campaign: Campaign) -> None:
    typed = settings_of(
        campaign, min_pass_rate="92.5", margin="3", way="canary", percent=["5", "50"],
        minutes=["60", "240"], goes_on="hand", watch_hours="48", most_complaints="2",
        deadline="2027-01-31",
    )  # fmt: skip
    answer = engineer.post(url("save", campaign), typed, headers={"HX-Request": "true"})
    assert "Saved" in answer.content.decode() and "plan-side" in answer.content.decode()
    campaign.refresh_from_db()
    assert (campaign.min_pass_rate, campaign.margin) == (0.925, 0.03)
    assert [step["share"] for step in campaign.plan] == [0.05, 0.5]
    assert (campaign.by_time, campaign.watch_hours, campaign.most_complaints) == (False, 48, 2)
    assert campaign.deadline == dt.date(2027, 1, 31)
    page = engineer.get(url("detail", campaign)).content.decode()
    assert 'value="92.5"' in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [({"min_pass_rate": "250"}, "less than or equal to 100"), ({"deadline": "soon"}, "valid date"),
     ({"way": "canary", "percent": ["90"], "minutes": ["1"]}, "between 1 % and 50 %"),
     ({"way": "sideways"}, "valid choice"), ({"target": "999"}, "valid choice"),
     ({"watch_hours": "99999"}, "2160"), ({"margin": "nan"}, "number")],
)  # fmt: skip
def test_bad_setting_is_refused_beside_the_form(
    engineer: Client, campaign: Campaign, typed: dict[str, Any], said: str
) -> None:
    sent = settings_of(campaign, **typed)
    fragment = engineer.post(url("save", campaign), sent, headers={"HX-Request": "true"})
    assert said in fragment.content.decode() and "plan-side" not in fragment.content.decode()


def test_target_that_is_the_source_is_refused(
    engineer: Client, campaign: Campaign, fleet: Fleet
) -> None:
    answer = engineer.post(url("save", campaign), settings_of(campaign, target=fleet.old.pk))
    assert answer.status_code == 422
    assert "Old and new model are the same" in answer.content.decode()


# --- waves and lines ---------------------------------------------------------------------


def test_proposed_waves_put_the_smallest_first_and_have_their_days(
    engineer: Client, campaign: Campaign, fleet: Fleet
) -> None:
    typed = {"act": "propose", "number": "2", "first": "2027-01-04", "apart": "14"}
    assert engineer.post(url("waves", campaign), typed).status_code == 302
    found = dict(campaign.tracks.values_list("variant_id", "wave__number"))
    assert [found[one.pk] for one in fleet.variants] == [1, 2, 2]
    days = list(campaign.waves.values_list("starts_on", flat=True))
    assert days == [dt.date(2027, 1, 4), dt.date(2027, 1, 18)]


@pytest.mark.parametrize(
    "typed", [{"act": "propose", "number": "0"}, {"act": "propose", "number": "99"},
              {"act": "propose", "number": "2", "first": "soon"}, {"act": "nonsense"}, {}],
)  # fmt: skip
def test_bad_wave_act_is_refused_and_changes_nothing(
    engineer: Client, campaign: Campaign, typed: dict[str, str]
) -> None:
    assert engineer.post(url("waves", campaign), typed).status_code == 422
    assert not campaign.waves.exists()


def test_wave_is_added_named_dated_and_removed(engineer: Client, campaign: Campaign) -> None:
    engineer.post(url("waves", campaign), {"act": "add"})
    named = {"act": "change", "wave": "1", "name": "Pilots", "starts_on": "2027-01-04"}
    engineer.post(url("waves", campaign), named)
    wave = campaign.waves.get()
    assert (str(wave), wave.starts_on) == ("Pilots", dt.date(2027, 1, 4))
    bad = {**named, "starts_on": "soon"}
    assert engineer.post(url("waves", campaign), bad).status_code == 422
    gone = {"act": "remove", "wave": "9" * 30}
    assert engineer.post(url("waves", campaign), gone).status_code == 404
    engineer.post(url("waves", campaign), {"act": "remove", "wave": "1"})
    assert not campaign.waves.exists()


def test_chosen_lines_get_owner_wave_and_exemption(
    engineer: Client, campaign: Campaign, fleet: Fleet
) -> None:
    engineer.post(url("waves", campaign), {"act": "add"})
    one = {"variants": [fleet.variants[2].pk]}
    for act in ({"act": "owner", "owner": fleet.engineer.username}, {"act": "wave", "wave": "1"},
                {"act": "exempt", "why": "Internal"}):  # fmt: skip
        assert engineer.post(url("tracks", campaign), {**one, **act}).status_code == 302
    track = campaign.tracks.get(variant=fleet.variants[2])
    assert (track.owner, track.sign_off_exempt_why) == (fleet.engineer, "Internal")
    assert track.wave is not None and track.wave.number == 1
    assert campaign.tracks.filter(wave__isnull=True).count() == 2


def test_variants_thresholds_are_shown_and_set_for_the_chosen_ones_alone(
    engineer: Client, campaign: Campaign, fleet: Fleet
) -> None:
    first, other = fleet.variants[0], fleet.variants[1]
    typed = {"act": "thresholds", "variants": [first.pk], "min_pass_rate": "92,5", "margin": "4"}
    assert engineer.post(url("tracks", campaign), typed).status_code == 422  # without a reason
    assert engineer.post(url("tracks", campaign), {**typed, "why": "Contract"}).status_code == 302
    first.refresh_from_db()
    assert (first.min_pass_rate, first.margin) == (0.925, 0.04)
    page = engineer.get(url("detail", campaign))
    must = {row["one"].variant: row["must"] for row in page.context["lines"]}
    assert (must[first.pk].rate, must[first.pk].drop) == (0.925, 0.04)
    assert (must[other.pk].rate, must[other.pk].by_size) == (0.8, True)
    assert "92.5 %, 4 points" in page.content.decode()
    told = timeline(first)[1][0]
    assert told.why == "Contract" and "92.5 % of cases, a drop of 4 points" in told.sentence
    assert first.history.first().history_user == fleet.engineer  # type: ignore[union-attr]
    start_campaign(campaign, by=fleet.engineer)
    run = start_evaluation(campaign.tracks.get(variant=first))
    assert run is not None and run.thresholds == {"min_pass_rate": 0.925, "margin": 0.04}


def test_thresholds_for_all_outrank_the_variants_own(engineer: Client, campaign: Campaign) -> None:
    saved = engineer.post(
        url("save", campaign),
        settings_of(campaign, min_pass_rate="95"),
        headers={"HX-Request": "true"},
    )
    assert "plan-thresholds" in saved["HX-Trigger"]
    page = engineer.get(url("detail", campaign))
    assert all(row["must"].rate_for_all for row in page.context["lines"])
    pk = page.context["lines"][0]["one"].variant
    typed = {"act": "thresholds", "variants": [pk], "min_pass_rate": "90", "why": "x"}
    answer = engineer.post(url("tracks", campaign), typed)
    assert answer.status_code == 422 and "for all" in answer.context["problem"]


def test_lines_are_left_out_and_taken_in_again(
    engineer: Client, campaign: Campaign, fleet: Fleet
) -> None:
    one = {"variants": [fleet.variants[0].pk, "nonsense", "9" * 30]}
    engineer.post(url("tracks", campaign), {**one, "act": "out"})
    assert campaign.tracks.count() == 2
    shown = engineer.get(url("detail", campaign), {"show": "out"})
    assert [row["one"].variant for row in shown.context["lines"]] == [fleet.variants[0].pk]
    engineer.post(url("tracks", campaign), {**one, "act": "in"})
    assert campaign.tracks.count() == 3


def test_everything_that_the_filter_finds_is_chosen(
    engineer: Client, campaign: Campaign, fleet: Fleet
) -> None:
    data = {"act": "exempt", "why": "x", "everything": "1", "address": "segment=retail"}
    engineer.post(url("tracks", campaign), data)
    assert campaign.tracks.exclude(sign_off_exempt_why="").count() == 2


@pytest.mark.parametrize(
    "typed", [{"act": "owner", "owner": "nobody"},
              {"act": "wave", "wave": "7"}, {"act": "wave", "wave": "9" * 30},
              {"act": "nonsense"}, {"act": "in"}, {"act": "thresholds", "why": "x"},
              {"act": "thresholds", "why": "x", "min_pass_rate": "nan"},
              {"act": "thresholds", "why": "x", "margin": "0"}],
)  # fmt: skip
def test_bad_act_on_lines_is_refused_in_words(
    engineer: Client, campaign: Campaign, fleet: Fleet, typed: dict[str, str]
) -> None:
    data = {"variants": [fleet.variants[0].pk], **typed}
    answer = engineer.post(url("tracks", campaign), data)
    assert answer.status_code == 422
    assert answer.context["problem"]


def test_act_without_ticked_lines_asks_for_them(engineer: Client, campaign: Campaign) -> None:
    answer = engineer.post(url("tracks", campaign), {"act": "exempt", "why": "x"})
    assert "Tick the rows first" in answer.content.decode()


# --- what is worth a look ----------------------------------------------------------------


def only(campaign: Campaign) -> set[str]:
    return {one.only for one in concerns_of(sheet_of(campaign))}


def test_opening_after_the_deadline_is_a_concern(campaign: Campaign, fleet: Fleet) -> None:
    Contact.objects.create(
        tenant_id=fleet.variants[0].tenant_id or 0, name="C", email="c@x.example"
    )
    assert "late" not in only(campaign)
    Campaign.objects.filter(pk=campaign.pk).update(deadline=timezone.localdate())
    today = timezone.localdate()
    add_blackout(None, first=today, last=today + dt.timedelta(30), reason="x", by=fleet.engineer)
    campaign.refresh_from_db()
    found = only(campaign)
    assert {"late", "no-owner", "no-contact"} <= found


def test_deadline_that_is_over_or_after_the_old_models_end_is_a_concern(
    campaign: Campaign, fleet: Fleet
) -> None:
    def said(deadline: dt.date) -> str:
        Campaign.objects.filter(pk=campaign.pk).update(deadline=deadline)
        sheet = sheet_of(Campaign.objects.get(pk=campaign.pk))
        return " ".join(one.words for one in concerns_of(sheet))

    today = timezone.localdate()
    ends = today + dt.timedelta(40)
    ModelTarget.objects.filter(pk=fleet.old.pk).update(retires_on=ends, retires_source="page")
    assert "is over already" in said(today - dt.timedelta(1))
    assert f"{fleet.old} is switched off" in said(ends + dt.timedelta(1))
    kept = said(ends)
    assert "over already" not in kept and "switched off" not in kept


def test_start_says_how_many_variants_and_calls_it_sets_going(
    engineer: Client, campaign: Campaign
) -> None:
    page = engineer.get(url("detail", campaign))
    total, calls = page.context["total"], page.context["estimate"].calls
    assert f"{total} variants are each measured" in page.context["start_says"]
    assert f"{calls:,} model call" in page.content.decode()


def test_zone_that_does_not_exist_is_a_concern(campaign: Campaign, fleet: Fleet) -> None:
    Tenant.objects.filter(slug="tenant-0").update(timezone="Mars/Base")
    assert "no-zone" in only(campaign)


def test_target_that_is_retired_stops_the_start(
    engineer: Client, campaign: Campaign, fleet: Fleet
) -> None:
    ModelTarget.objects.filter(pk=fleet.new.pk).update(
        retires_on=dt.date(2026, 1, 1), retires_source="page"
    )
    page = engineer.get(url("detail", campaign))
    assert page.context["stops"] and "retired already" in page.content.decode()


def test_variant_that_moved_since_stays_in_the_plan_and_is_said(
    campaign: Campaign, fleet: Fleet
) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(source=fleet.new, target=fleet.old)
    sheet: Sheet = sheet_of(Campaign.objects.get(pk=campaign.pk))
    gone = {line.candidate.title for line in sheet.within if not line.is_live}
    assert gone == {str(one) for one in fleet.variants}
    assert "gone" in {one.only for one in concerns_of(sheet)}


def test_tracks_of_a_plan_wait(campaign: Campaign) -> None:
    assert {track.stage for track in campaign.tracks.all()} == {TrackStage.QUEUED}


def test_roll_out_may_be_planned_first(engineer: Client, fleet: Fleet) -> None:
    version = publish_base(
        prompt=fleet.prompt, text=BASE + " Bye.", slots=SLOTS, variables=VARIABLES,
        by=fleet.engineer, note="Shorter", semver="1.1.0",
    )  # fmt: skip
    data = {"way": "ticked", "variants": [fleet.variants[0].pk], "more": "1"}
    answer = engineer.post(f"{reverse('rollout-open')}?base={version.pk}", data)
    campaign = Campaign.objects.get()
    assert answer["Location"] == url("detail", campaign)
    assert (campaign.stage, campaign.tracks.count()) == (CampaignStage.PLANNED, 1)
    page = engineer.get(url("detail", campaign))
    assert page.status_code == 200 and page.context["estimate"].calls == 120
    assert engineer.post(url("save", campaign), settings_of(campaign)).status_code == 302
