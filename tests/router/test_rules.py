"""The router's rules as values: the first that fits answers, and what makes no sense is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.router.document import Document, Known, UnusableRules, clean
from fleet.router.form import Typed, do, read, shown
from fleet.router.rules import Asked, fallbacks_for, lane_for

KNOWN = Known(
    {"primary": "Primary", "fallback": "Fallback", "economy": "Economy"},
    frozenset({"retail", "health"}), frozenset({"acme"}),
)  # fmt: skip
CHEAP = {"task_tier": "cheap", "lane": "economy"}


def rules(*rows: dict[str, str], **behind: str) -> Document:
    return clean(rows, behind, KNOWN)


def test_the_first_rule_that_fits_answers() -> None:
    found = rules({"tenant": "acme", "lane": "fallback"}, CHEAP).rules
    assert lane_for(found, Asked(tenant="acme", task_tier="cheap")) == "fallback"
    assert lane_for(found, Asked(tenant="other", task_tier="cheap")) == "economy"


def test_without_a_rule_that_fits_the_primary_lane_answers() -> None:
    assert lane_for(rules(CHEAP).rules, Asked(task_tier="hard")) == "primary"


def test_every_condition_of_a_rule_has_to_hold() -> None:
    both = rules({"segment": "retail, health", "locale": "de", "lane": "economy"}).rules
    assert lane_for(both, Asked(segment="health", locale="de-AT")) == "economy"
    assert lane_for(both, Asked(segment="health", locale="en")) == "primary"
    assert lane_for(both, Asked(segment="legal", locale="de")) == "primary"


def test_a_request_that_says_nothing_fits_no_condition() -> None:
    assert lane_for(rules(CHEAP).rules, Asked()) == "primary"


def test_lanes_stand_behind_a_lane_in_their_order_each_once() -> None:
    behind = rules(CHEAP, primary="economy, fallback, economy").fallbacks
    assert fallbacks_for(behind, "primary") == ("economy", "fallback")
    assert fallbacks_for(behind, "economy") == ()


def test_without_a_router_the_fallback_lane_stands_behind_the_primary() -> None:
    assert fallbacks_for(None, "primary") == ("fallback",)


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ({"lane": "gold"}, "no lane"),
        ({"lane": "economy", "segment": "zoo"}, "no segment called zoo"),
        ({"lane": "economy", "tenant": "nobody"}, "no customer called nobody"),
    ],
)
def test_a_name_that_does_not_exist_is_refused_by_name(row: dict[str, str], word: str) -> None:
    with pytest.raises(UnusableRules, match=word):
        rules(row)


def test_a_rule_that_covers_everybody_may_only_stand_last() -> None:
    with pytest.raises(UnusableRules, match="Rule 1 covers everybody"):
        rules({"lane": "economy"}, CHEAP)
    assert rules(CHEAP, {"lane": "economy"}).rules


def test_a_lane_never_stands_behind_itself() -> None:
    with pytest.raises(UnusableRules, match="behind itself"):
        rules(CHEAP, primary="primary")


def test_the_rules_read_as_sentences() -> None:
    words = rules({"segment": "retail", "task_tier": "cheap", "lane": "economy"}).in_words(KNOWN)
    assert words[:2] == [
        "1. segment retail and task tier cheap → Economy", "Everybody else: Primary",
    ]  # fmt: skip


def test_what_the_form_shows_and_sends_back_is_the_same_document() -> None:
    document = rules({"segment": "retail, health", "lane": "economy"}, CHEAP, primary="fallback")
    typed = shown(document, 3)
    posted = {f"rule-{n}-{name}": v for n, row in enumerate(typed.rows) for name, v in row.items()}
    posted |= {f"behind-{lane}": lanes for lane, lanes in typed.fallbacks.items()}
    again = read(posted)
    assert clean(again.rows, again.fallbacks, KNOWN) == document


@given(st.text(max_size=12))
def test_no_act_brings_the_form_down(act: str) -> None:
    typed = Typed([{"lane": "primary"}, {"lane": "economy"}])
    do(typed, act)
    assert len(typed.rows) in (1, 2, 3)


def test_rules_move_and_go() -> None:
    typed = Typed([{"lane": "primary"}, {"lane": "economy"}])
    do(typed, "down:0")
    assert [row["lane"] for row in typed.rows] == ["economy", "primary"]
    do(typed, "up:0")
    do(typed, "remove:1")
    assert [row["lane"] for row in typed.rows] == ["economy"]
