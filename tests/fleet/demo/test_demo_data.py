"""The demo's data files: complete, honest, and with the outcome the product story needs.

The move from the old simulated model to the new one is computed here, in process, the way a
campaign computes it: compose each tenant's prompt, ask both models every case, score, decide.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from evals.gate import CasePair, Decision, Thresholds, decide, to_confirm
from evals.scorers import ASKING, SCORERS, Answer, score_case
from evals.simulator.completion import Request, answer
from evals.simulator.personality import personalities
from registry.compose import Slot, SlotType, compose
from registry.guardrails.engine import lint
from registry.guardrails.findings import LintContext
from registry.guardrails.policy import load_policy
from registry.slots import findings, refuse_declarations
from registry.unfork.template import read_values

DATA = Path(__file__).parents[3] / "fleet" / "demo" / "data"
TRIAGE, SUMMARY = "support-triage", "reply-summary"


def toml(*parts: str) -> dict[str, Any]:
    return tomllib.loads(DATA.joinpath(*parts).read_text("utf-8"))


def cases(prompt: str, name: str) -> list[dict[str, Any]]:
    lines = DATA.joinpath("suites", prompt, f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


TENANTS = {row["slug"]: row for row in toml("tenants.toml")["tenants"]}
USERS = {row["username"]: row for row in toml("users.toml")["users"]}
OLD, NEW = (row["snapshot"] for row in toml("models.toml")["models"])
OVERLAYS = [
    (prompt, path.stem)
    for prompt in (TRIAGE, SUMMARY)
    for path in sorted(DATA.joinpath("overlays", prompt).iterdir())
]


def overlay(prompt: str, slug: str) -> dict[str, str]:
    return toml("overlays", prompt, f"{slug}.toml")["values"]


def composed(prompt: str, values: dict[str, str]) -> str:
    policy = DATA.joinpath("policy", "text.md").read_text("utf-8").removesuffix("\n")
    base = DATA.joinpath("prompts", prompt, "base.md").read_text("utf-8").removesuffix("\n")
    slots = [Slot.from_json(row) for row in toml("prompts", prompt, "base.toml")["slots"]]
    return compose(policy, base, slots, values).text


def asked(model: str, prompt: str, case: dict[str, Any], seed: int) -> float:
    """The score of one answer; what a judge would have to be asked is left out."""
    for name, value in case["variables"].items():
        prompt = prompt.replace("{{" + name + "}}", value)
    message = case["messages"][-1]["content"]
    request = Request(personalities()[model], prompt, message, (("user", message),), str(seed))
    plain = [one for one in case["expectations"] if one["scorer"] not in ASKING]
    return score_case(plain, Answer(answer(request))).value


FRESH = range(1, 6)
"""Seeds of the five repeats that confirm what the first answer showed."""


def moved(prompt: str, slug: str, values: dict[str, str], floor: float) -> Decision:
    text = composed(prompt, values)
    suite = {f"core/{case['key']}": case for case in cases(prompt, "core")}
    suite |= {f"{slug}/{case['key']}": case for case in cases(prompt, slug)}

    def pairs(ids: Iterable[str], seeds: Iterable[int]) -> list[CasePair]:
        return [
            CasePair(
                one, tuple(suite[one]["tags"]), suite[one]["must_pass"],
                *(tuple(asked(model, text, suite[one], n) for n in seeds) for model in (OLD, NEW)),
            )
            for one in ids
        ]  # fmt: skip

    thresholds, seen = Thresholds(floor), pairs(suite, [0])
    return decide(thresholds, seen, reserve=pairs(to_confirm(thresholds, seen), FRESH))


@cache
def outcome() -> dict[str, Decision]:
    """Each tenant's verdict on support-triage."""
    return {
        slug: moved(TRIAGE, slug, overlay(TRIAGE, slug), row["min_pass_rate"])
        for slug, row in TENANTS.items()
    }


def test_fleet_is_as_wide_as_the_story():
    assert len(TENANTS) == 47
    assert len({row["segment"] for row in TENANTS.values()}) >= 8
    assert len({row["locale"] for row in TENANTS.values()}) >= 8
    assert not TENANTS.keys() & {"production", "latest", "staging"}
    assert "acme" in TENANTS
    assert len(list(DATA.joinpath("overlays", TRIAGE).iterdir())) == 47
    assert len(list(DATA.joinpath("overlays", SUMMARY).iterdir())) == 5


def test_platform_default_brings_nine_per_cent():
    default = toml("tenants.toml")["platform_default_revenue"]
    forks = sum(row["annual_revenue"] for row in TENANTS.values())
    assert default / (default + forks) == pytest.approx(0.09, abs=1e-6)


def test_every_tenant_has_owner_contact_and_reason():
    for slug, row in TENANTS.items():
        assert row["owners"] and set(row["owners"]) <= USERS.keys(), slug
        assert all("customer_success" in USERS[name]["roles"] for name in row["owners"]), slug
        assert row["contacts"] and all(
            one["email"].endswith(".example") for one in row["contacts"]
        ), slug
        assert row["reason"] and row["contract_notes"] and row["timezone"], slug


def test_two_tenants_have_owners_who_left():
    gone = {name for name, row in USERS.items() if not row.get("active", True)}
    assert sum(set(row["owners"]) <= gone for row in TENANTS.values()) == 2


def test_every_role_is_played():
    played = {role for row in USERS.values() if row.get("active", True) for role in row["roles"]}
    assert played == {"prompt_engineer", "customer_success", "policy_owner", "operator", "viewer"}


@pytest.mark.parametrize("prompt", [TRIAGE, SUMMARY])
def test_base_names_exactly_its_slots_and_variables(prompt: str):
    base = DATA.joinpath("prompts", prompt, "base.md").read_text("utf-8")
    about = toml("prompts", prompt, "base.toml")
    assert re.findall(r"\{\{> (\w+)\}\}", base) == [row["name"] for row in about["slots"]]
    declared = {row["name"] for row in about["variables"]}
    assert set(re.findall(r"\{\{(\w+)\}\}", base)) == declared
    assert all(row["label"] and row["help"] for row in about["slots"])


def test_triage_base_is_rich_and_its_variables_are_declared_by_the_policy():
    about = toml("prompts", TRIAGE, "base.toml")
    assert len(about["slots"]) >= 6 and len(about["variables"]) >= 6
    rules = json.loads(DATA.joinpath("policy", "rules.json").read_text("utf-8"))
    assert {row["name"] for row in about["variables"]} <= set(rules["declared_variables"])
    assert {row["name"] for row in about["slots"]} == set(rules["slots"])


def test_policy_forbids_promising_refunds():
    rules = json.loads(DATA.joinpath("policy", "rules.json").read_text("utf-8"))["rules"]
    topics = [r["params"].get("topic") for r in rules if r["type"] == "must_not_contradict"]
    assert "refunds" in topics


@pytest.mark.parametrize(("prompt", "slug"), OVERLAYS)
def test_overlay_fits_its_slots_and_passes_the_guardrails(prompt: str, slug: str):
    values = overlay(prompt, slug)
    slots = toml("prompts", prompt, "base.toml")["slots"]
    limits = {row["name"]: row["max_chars"] for row in slots}
    assert all(len(text) <= limits[name] for name, text in values.items())
    assert sum(map(len, values.values())) <= 1600
    policy = load_policy(json.loads(DATA.joinpath("policy", "rules.json").read_text("utf-8")))
    row = TENANTS[slug]
    found = lint(values, policy, LintContext(segment=row["segment"], locale=row["locale"]))
    assert [(one.rule, one.quote) for one in found if one.severity == "block"] == []


@pytest.mark.parametrize(("prompt", "slug"), OVERLAYS)
def test_tenant_has_ten_cases_or_more(prompt: str, slug: str):
    assert len(cases(prompt, slug)) >= 10


@pytest.mark.parametrize(("prompt", "slug"), [*OVERLAYS, (TRIAGE, "core"), (SUMMARY, "core")])
def test_cases_are_well_formed(prompt: str, slug: str):
    rows = cases(prompt, slug)
    variables = {row["name"] for row in toml("prompts", prompt, "base.toml")["variables"]}
    assert len({row["key"] for row in rows}) == len(rows)
    for row in rows:
        assert row["variables"].keys() == variables, row["key"]
        assert row["tags"] and row["expectations"], row["key"]
        assert {one["scorer"] for one in row["expectations"]} <= SCORERS.keys() | ASKING, row["key"]


def test_core_suite_has_slices_and_contract_cases():
    core = cases(TRIAGE, "core")
    slices = Counter(tag for row in core for tag in row["tags"])
    assert sum(count >= 50 for count in slices.values()) >= 2, "slices that are tested alone"
    assert sum(count >= 5 for count in slices.values()) >= 5
    assert sum(row["must_pass"] for row in core) >= 5


def test_fleet_mean_hardly_moves():
    decisions = outcome().values()
    before = sum(one.baseline_pass_rate for one in decisions) / 47
    after = sum(one.candidate_pass_rate for one in decisions) / 47
    assert abs(after - before) < 0.02


def test_thirty_four_go_and_thirteen_need_work():
    verdicts = Counter(one.verdict for one in outcome().values())
    assert verdicts == {"go": 34, "no_go": 13}


def test_every_variant_holds_its_floor_on_the_old_model():
    for slug, one in outcome().items():
        assert one.baseline_pass_rate >= TENANTS[slug]["min_pass_rate"], slug


def test_what_fails_fails_for_more_than_one_kind_of_reason():
    stopped = [one for one in outcome().values() if one.verdict == "no_go"]
    kinds = {why.slice for one in stopped for why in one.reasons if why.slice}
    assert {"refusals", "sources", "language", "format"} <= kinds


def test_platform_contract_holds_on_both_models():
    broken = {case for one in outcome().values() for case in one.broken if "contract" in case}
    assert broken == set()


def test_acme_goes():
    assert outcome()["acme"].verdict == "go"


REPAIRS = {
    "alder-clinic": {
        "refusal_style": "always say that you are sorry, acknowledge the worry behind the "
        "question, then say who can help."
    },
    "harcourt-legal": {
        "citations": "Always cite the article you rely on in square brackets, like [KB-110]."
    },
    "viajes-norte": {
        "language": "Always answer in Spanish, even when the customer writes in another language."
    },
    "cloudnest": {
        "formatting": 'Return only a JSON object with the keys "queue", "priority" and "answer", '
        "and nothing before or after it."
    },
    "freightwise": {
        "escalation": "In every answer, offer to pass the case to the night dispatch desk."
    },
}


@pytest.mark.parametrize("slug", REPAIRS)
def test_stopped_variant_goes_after_an_honest_repair(slug: str):
    assert outcome()[slug].verdict == "no_go"
    values = {**overlay(TRIAGE, slug), **REPAIRS[slug]}
    assert moved(TRIAGE, slug, values, TENANTS[slug]["min_pass_rate"]).verdict == "go"


@pytest.mark.parametrize("slug", [slug for prompt, slug in OVERLAYS if prompt == SUMMARY])
def test_reply_summary_goes_for_all_five(slug: str):
    assert moved(SUMMARY, slug, overlay(SUMMARY, slug), 0.85).verdict == "go"


@pytest.mark.parametrize("prompt", [TRIAGE, SUMMARY])
def test_slots_are_declared_well_and_every_overlay_fits_their_types(prompt: str):
    slots = [Slot.from_json(row) for row in toml("prompts", prompt, "base.toml")["slots"]]
    refuse_declarations(slots)
    wrong = {
        slug: found for name, slug in OVERLAYS
        if name == prompt and (found := findings(slots, overlay(prompt, slug)))
    }  # fmt: skip
    assert wrong == {}


def test_every_type_of_slot_occurs_and_common_asks_have_templates():
    slots = [
        Slot.from_json(row)
        for prompt in (TRIAGE, SUMMARY)
        for row in toml("prompts", prompt, "base.toml")["slots"]
    ]
    assert {slot.type for slot in slots} == set(get_args(SlotType))
    asked = {slot.name for slot in slots if slot.templates}
    assert {"refusal_style", "citations", "forbidden_phrases"} <= asked


@pytest.mark.parametrize("prompt", [TRIAGE, SUMMARY])
def test_every_overlay_is_read_back_from_its_composed_text(prompt: str):
    base = DATA.joinpath("prompts", prompt, "base.md").read_text("utf-8").removesuffix("\n")
    slots = [Slot.from_json(row) for row in toml("prompts", prompt, "base.toml")["slots"]]
    for name, slug in OVERLAYS:
        if name == prompt:
            values = overlay(prompt, slug)
            assert read_values(base, slots, compose("", base, slots, values).text) == values, slug
