"""What a new base or policy does to one variant; pure."""

from __future__ import annotations

from typing import Any

import pytest

from fleet.blast.comparison import Comparison, changed_rules
from fleet.blast.effects import Composer, Ground, Place
from registry.compose import Phrasing, Slot
from registry.guardrails import Policy, load_policy

PLACE = Place("retail", "en", "sim-1")
TONE = Slot("tone", default="Be friendly.", max_chars=400)


def rule(name: str, kind: str = "forbidden_phrase", **more: Any) -> dict[str, Any]:
    """One rule as its document holds it."""
    params = {"phrases": [name]} if kind == "forbidden_phrase" else {}
    return {"id": name, "type": kind, "severity": "block", "params": params} | more


def policy(*rules: dict[str, Any], **more: Any) -> Policy:
    """A policy of these rules."""
    return load_policy({"rules": list(rules)} | more)


def ground(rules: Policy, *slots: Slot, variables: tuple[str, ...] = ()) -> Ground:
    """What the overlay is held against."""
    return Ground("g", rules, "{{> tone}}", slots, variables)


def judge(old: Ground, new: Ground, text: str, place: Place = PLACE) -> tuple[int, int, int]:
    """How many findings break, are to be looked at, heal."""
    found = Comparison(old, new).judge("key", {"tone": text}, place)
    return len(found.breaks), len(found.warns), len(found.heals)


def test_a_new_blocking_rule_breaks_what_it_finds() -> None:
    old, new = ground(policy()), ground(policy(rule("cheap")))
    assert judge(old, new, "We are cheap.") == (1, 0, 0)
    assert judge(old, new, "We are fair.") == (0, 0, 0)


def test_a_rule_that_goes_heals() -> None:
    assert judge(ground(policy(rule("cheap"))), ground(policy()), "We are cheap.") == (0, 0, 1)


def test_a_rule_made_harder_breaks_and_one_made_softer_heals() -> None:
    soft, hard = policy(rule("cheap", severity="review")), policy(rule("cheap"))
    assert judge(ground(soft), ground(hard), "Be cheap.") == (1, 0, 0)
    assert judge(ground(hard), ground(soft), "Be cheap.") == (0, 0, 1)


def test_a_rule_reworded_is_no_change() -> None:
    reworded = policy(rule("cheap", message="Say good value.", fix_hint="Try it."))
    before, after = changed_rules(ground(policy(rule("cheap"))), ground(reworded))
    assert (before.rules, after.rules) == ((), ())


def test_one_more_phrase_in_a_rule_tells_the_new_find_only() -> None:
    wider = policy(rule("cheap", params={"phrases": ["cheap", "bargain"]}))
    assert judge(ground(policy(rule("cheap"))), ground(wider), "A cheap bargain.") == (1, 0, 0)


def test_a_size_limit_moved_is_the_same_finding_while_it_is_broken() -> None:
    limits = rule("limits", "size_limit")
    old = ground(policy(limits, limits={"overlay_chars": 10}))
    new = ground(policy(limits, limits={"overlay_chars": 8}))
    assert judge(old, new, "x" * 20) == (0, 0, 0)
    assert judge(old, new, "x" * 9) == (1, 0, 0)


def test_a_tighter_slot_breaks_the_longer_values() -> None:
    rules = policy(rule("limits", "size_limit"))
    tight = Slot("tone", max_chars=5)
    assert judge(ground(rules, TONE), ground(rules, tight), "Be brief.") == (1, 0, 0)


def test_a_variable_taken_away_breaks_the_overlays_that_use_it() -> None:
    rules = policy(rule("names", "declared_variables"), declared_variables=[])
    old, new = ground(rules, variables=("name",)), ground(rules)
    assert judge(old, new, "Greet {{name}}.") == (1, 0, 0)


def test_a_scope_decides_place_by_place() -> None:
    new = ground(policy(rule("cheap", scope={"segment": ["health"]})))
    both = Comparison(ground(policy()), new)
    values = {"tone": "Be cheap."}
    assert both.judge("k", values, PLACE).breaks == ()
    assert len(both.judge("k", values, Place("health", "en", "sim-1")).breaks) == 1
    assert both.judge("k", values, PLACE).breaks == ()


def test_equal_values_are_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from fleet.blast import comparison as judging

    asked = []
    real = judging.lint
    monkeypatch.setattr(judging, "lint", lambda *args: asked.append(1) or real(*args))
    comparison = Comparison(ground(policy()), ground(policy(rule("cheap"))))
    for locale in ("en", "de", "fr"):
        comparison.judge("k", {"tone": "Be cheap."}, Place("retail", locale, "m"))
    assert len(asked) == 1


def test_a_slot_becomes_redundant_only_when_the_default_moves_to_it() -> None:
    now = Slot("tone", default="Be formal.")
    moved = Comparison(ground(policy(), TONE), ground(policy(), now))
    assert [row["slot"] for row in moved.redundant({"tone": "Be formal."})] == ["tone"]
    assert moved.redundant({"tone": "Be kind."}) == ()
    still = Comparison(ground(policy(), now), ground(policy(), now))
    assert still.redundant({"tone": "Be formal."}) == ()


def test_a_slot_that_is_gone_does_not_compose() -> None:
    gone = Ground("g", policy(), "No slots.", ())
    sha, why = Composer().fingerprint(("1", ""), gone, ("k", {"tone": "x"}))
    assert sha == ""
    assert "tone" in why


def test_a_slot_made_a_choice_breaks_the_values_that_are_none_of_them() -> None:
    warm = Slot("tone", type="choice", choices=(Phrasing("Warm", "Be warm."),))
    old, new = ground(policy(), Slot("tone")), ground(policy(), warm)
    assert judge(old, new, "Be cold.") == (1, 0, 0)
    assert judge(old, new, "Be warm.") == (0, 0, 0)


def test_a_new_slot_that_must_be_filled_breaks_every_overlay() -> None:
    new = Slot("notice", required=True)
    found = Comparison(ground(policy(), TONE), ground(policy(), TONE, new))
    assert len(found.judge("k", {"tone": "Be brief."}, PLACE).breaks) == 1
    assert found.judge("", {}, PLACE).breaks == ()
