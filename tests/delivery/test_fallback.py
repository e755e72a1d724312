"""Which text answers: locales, lanes, the router, the lanes behind, and a session's arm."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.test import Client

from fleet.delivery.choosing import lane_of
from fleet.delivery.wanted import preferences
from fleet.release.actions import withdraw
from fleet.release.models import Stage
from fleet.router.rules import Asked
from registry.models import Tenant
from tests.builders import Fleet
from tests.delivery.lanes import URL, caller, make_live, route, start

OWN = f"{URL}?tenant=tenant-0"


@pytest.fixture
def call(fleet: Fleet, client: Client) -> Any:
    """Fetch with a key that may read everything."""
    return caller(client)


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        ("de-AT", ["de-AT", "de"]), ("de_at", ["de-AT", "de"]), ("DE", ["de"]),
        ("zh-hant-tw", ["zh-Hant-TW", "zh-Hant", "zh"]), ("", []), ("x" * 900, []), ("de-", []),
        ("de;--", []), ("de,en", []),
    ],
)  # fmt: skip
def test_a_locale_asked_for_falls_back_to_its_language(asked: str, order: list[str]) -> None:
    assert preferences(asked) == order


def test_the_best_locale_of_the_tenants_own_answers(call: Any, fleet: Fleet) -> None:
    make_live(fleet, "tenant-0", locale="de")
    for asked, answered in {"de-AT": "de", "de": "de", "fr": "en", "": "en"}.items():
        answer = call(f"{OWN}&locale={asked}").json()
        assert (answer["locale"], answer["tenant"]) == (answered, "tenant-0")


def test_the_tenants_own_locale_comes_before_english(call: Any, fleet: Fleet) -> None:
    Tenant.objects.filter(slug="tenant-0").update(locale="de-AT")
    make_live(fleet, "tenant-0", locale="de")
    assert call(f"{OWN}&locale=fr").json()["locale"] == "de"


def test_the_default_has_locales_too(call: Any, fleet: Fleet) -> None:
    make_live(fleet, "", locale="fr")
    Tenant.objects.create(slug="new-one", name="New", segment="retail", locale="fr")
    assert call(f"{URL}?tenant=new-one").json()["locale"] == "fr"
    assert call(f"{URL}?locale=fr-CA").json()["locale"] == "fr"
    assert call().json()["locale"] == "en"


def test_a_lane_that_is_named_and_missing_is_a_404_that_names_those_there_are(
    call: Any, fleet: Fleet
) -> None:
    make_live(fleet, "tenant-0", lane="fallback")
    response = call(f"{OWN}&lane=economy")
    assert (response.status_code, response.json()["lanes"]) == (404, ["fallback", "primary"])


def test_the_router_chooses_a_lane_where_none_is_named(call: Any, fleet: Fleet) -> None:
    make_live(fleet, "tenant-0", lane="economy")
    rules = [{"segment": ["retail"], "task_tier": ["simple"], "lane": "economy"}]
    route(fleet, rules, {"economy": ["primary"]}, fleet.prompt)
    assert call(f"{OWN}&task_tier=simple").json()["lane"] == "economy"
    assert call(OWN).json()["lane"] == "primary"
    assert call(f"{OWN}&task_tier=simple&lane=primary").json()["lane"] == "primary"


def test_a_prompts_own_router_goes_before_that_of_all_prompts(call: Any, fleet: Fleet) -> None:
    make_live(fleet, "tenant-0", lane="economy")
    route(fleet, [{"lane": "economy"}], {})
    assert call(OWN).json()["lane"] == "economy"
    route(fleet, [], {}, fleet.prompt)
    assert call(OWN).json()["lane"] == "primary"


def test_a_chosen_lane_that_is_missing_gives_way_to_those_behind_it(
    call: Any, fleet: Fleet
) -> None:
    route(fleet, [{"lane": "economy"}], {"economy": ["fallback"]})
    assert call(OWN).json()["lane"] == "primary"
    make_live(fleet, "tenant-0", lane="fallback")
    assert call(OWN).json()["lane"] == "fallback"


def test_without_any_lane_that_fits_the_router_finds_none() -> None:
    assert lane_of("", ([], None), Asked(), ["economy"]) is None
    assert lane_of("", ([], {"primary": ["economy"]}), Asked(), ["economy"]) == "economy"


def test_the_lanes_behind_come_with_their_own_prompts(call: Any, fleet: Fleet) -> None:
    make_live(fleet, "tenant-0", lane="fallback", tone="I stand behind.")
    answer = call(OWN).json()
    (behind,) = answer["fallbacks"]
    assert behind["lane"] == "fallback" and "I stand behind." in behind["text"]
    assert behind["sha256"] == hashlib.sha256(behind["text"].encode()).hexdigest()
    alone = call(f"{OWN}&lane=fallback").json()
    assert behind["prompt_id"] == alone["prompt_id"] and behind["model"] == alone["model"]
    assert alone["fallbacks"] == [] and answer["ttl"] == alone["ttl"] == 30


def test_a_fallback_follows_the_rules_of_locale(call: Any, fleet: Fleet) -> None:
    make_live(fleet, "tenant-0", lane="fallback", locale="de", tone="Auf Deutsch.")
    make_live(fleet, "tenant-0", lane="fallback", tone="In English.")
    assert "Auf Deutsch." in call(f"{OWN}&locale=de").json()["fallbacks"][0]["text"]
    assert "In English." in call(f"{OWN}&locale=fr").json()["fallbacks"][0]["text"]


def test_a_withdrawn_fallback_is_left_out_and_the_tag_changes(call: Any, fleet: Fleet) -> None:
    behind = make_live(fleet, "tenant-0", lane="fallback")
    before = call(OWN)
    assert call(OWN, **{"If-None-Match": before["ETag"]}).status_code == 304
    withdraw(behind, by=fleet.policy_owner, reason="Recall")
    after = call(OWN, **{"If-None-Match": before["ETag"]})
    assert (after.status_code, after.json()["fallbacks"]) == (200, [])
    assert call(f"{OWN}&lane=fallback").status_code == 410


def test_the_defaults_fallbacks_stand_behind_the_default(call: Any, fleet: Fleet) -> None:
    make_live(fleet, "", lane="fallback")
    Tenant.objects.create(slug="new-one", name="New", segment="retail")
    answer = call(f"{URL}?tenant=new-one").json()
    assert (answer["tenant"], len(answer["fallbacks"])) == ("new-one", 1)
    assert call(OWN).json()["fallbacks"] == [], "an own variant has its own lanes only"


def test_a_session_has_its_arm_for_ever_and_nobody_else_meets_the_canary(
    call: Any, fleet: Fleet
) -> None:
    canary = start(fleet, fleet.variants[0], Stage.CANARY, 0.5, "Be a canary.")
    sessions = [f"s{n}" for n in range(40)]
    arms = {one: call(f"{OWN}&session={one}") for one in sessions}
    stages = {one: answer.json()["stage"] for one, answer in arms.items()}
    assert 8 <= list(stages.values()).count("canary") <= 32
    assert {one: call(f"{OWN}&session={one}").json()["stage"] for one in sessions} == stages
    assert call(OWN).json()["stage"] == "live"
    one = next(name for name, stage in stages.items() if stage == "canary")
    answer = arms[one].json()
    assert answer["release_id"] == str(canary.pk) and "Be a canary." in answer["text"]
    assert [arm["share"] for arm in answer["arms"]] == [0.5, 0.5]
    assert arms[one]["ETag"] != call(OWN)["ETag"]
    tagged = {"If-None-Match": arms[one]["ETag"]}
    assert call(f"{OWN}&session={one}", **tagged).status_code == 304
    assert call(OWN, **tagged).status_code == 200


def test_a_staged_text_is_for_keys_with_its_scope_before_anything_is_live(
    client: Client, fleet: Fleet
) -> None:
    release = start(fleet, fleet.variants[0], Stage.STAGING)
    tester, reader = caller(client, "prompts:staging"), caller(client)
    answer = tester(f"{OWN}&stage=staging&locale=de")
    assert (answer.status_code, answer.json()["stage"]) == (200, "staging")
    assert answer.json()["revision"] == release.revision.number
    assert answer["Cache-Control"] == "no-store"
    assert reader(f"{OWN}&stage=staging").status_code == 403
    assert tester(OWN).status_code == 403
    assert tester(f"{URL}?tenant=tenant-1&stage=staging").status_code == 404
    assert tester(f"{OWN}&stage=staging&lane=economy").json()["lanes"] == ["primary"]
    assert tester(f"{OWN}&stage=canary").status_code == 400


def test_a_shadow_is_fetched_by_who_reads_the_live_text_that_names_it(
    call: Any, fleet: Fleet
) -> None:
    release = start(fleet, fleet.variants[0], Stage.SHADOW)
    assert call(f"{OWN}&stage=shadow").json()["revision"] == release.revision.number
    assert call(OWN).json()["revision"] == 1
