"""The test box: every rule answers, and says why where it does not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.policy.marks import LONGEST_SHOWN, pieces
from fleet.policy.testbox import Place, hold_against
from registry.actions import PolicyContent
from registry.guardrails import Finding

PHRASE = {
    "id": "no_sorry", "type": "forbidden_phrase", "severity": "block", "message": "No sorry.",
    "params": {"phrases": ["sorry"]},
}  # fmt: skip
GERMAN = {**PHRASE, "id": "german", "severity": "warn", "scope": {"locale": ["de"]}}
HEALTH = {**PHRASE, "id": "health", "severity": "review", "scope": {"segment": ["health"]}}
SLOT = {**PHRASE, "id": "in_tone", "scope": {"slot": ["tone"]}}
MEANING = {"id": "meaning", "type": "semantic_similarity", "severity": "review", "params": {}}


def content(*rules: dict[str, Any]) -> PolicyContent:
    return PolicyContent("", {"name": "x", "rules": list(rules)})


def test_every_rule_answers_once() -> None:
    place = Place(segment="retail", locale="de-AT", slot="citations")
    found = hold_against(content(PHRASE, GERMAN, HEALTH, SLOT), "So sorry.", place)
    states = {said.words.id: (said.state, said.why) for said in found.rules}
    assert states == {
        "no_sorry": ("says", ""),
        "german": ("says", ""),
        "health": ("away", "Does not apply here: only for segment health, and this is retail."),
        "in_tone": ("away", "Does not apply here: only for slot tone, and this is citations."),
    }
    assert found.decision == "reject"


def test_a_place_left_open_asks_every_rule() -> None:
    found = hold_against(content(PHRASE, GERMAN, HEALTH, SLOT), "So sorry.", Place())
    assert [said.state for said in found.rules] == ["says"] * 4


def test_decision_is_of_the_rules_that_apply() -> None:
    rules = content(GERMAN, HEALTH)
    assert hold_against(rules, "sorry", Place(segment="health")).decision == "review"
    assert hold_against(rules, "sorry", Place(segment="retail")).decision == "accept"


def test_required_phrase_is_asked_for_in_a_slot_as_well() -> None:
    rule = {**PHRASE, "type": "required_phrase"}
    for place in (Place(), Place(slot="tone")):
        assert hold_against(content(rule), "Hello.", place).decision == "reject"


@pytest.mark.parametrize(
    ("judge", "state"),
    [(None, "off"), (lambda texts: [0.9] * len(texts), "says"), (lambda texts: [0.1], "silent")],
)
def test_a_rule_that_cannot_run_says_so(
    monkeypatch: pytest.MonkeyPatch, judge: Any, state: str
) -> None:
    monkeypatch.setattr("fleet.policy.testbox.suspicion", lambda: judge)
    said = hold_against(content(MEANING), "Hello there.", Place()).rules[0]
    assert said.state == state
    assert bool(said.why) == (state == "off")


def test_hostile_texts_are_answered() -> None:
    for text in ("", "\x00", "\ud800", "a\u202eb", "x" * 200_000, "sorry " * 9_000):
        found = hold_against(content(PHRASE), text, Place(locale="\ud800"))
        assert "".join(piece.text for piece in found.pieces) == text[:LONGEST_SHOWN]


def test_characters_that_cannot_be_seen_are_shown_as_signs() -> None:
    rule = {"id": "u", "type": "unicode_hygiene", "severity": "block"}
    found = hold_against(content(rule), "One\ntwo\u202ethree\u200b.", Place())
    shown = "".join(piece.shown for piece in found.pieces)
    assert shown == "One\ntwo[RLO]three[ZWSP]."


spans = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: tuple(sorted(pair))),
    max_size=12,
)


@given(st.text(max_size=40), spans)
def test_pieces_joined_are_the_text_and_marked_where_a_finding_lies(
    text: str, found: list[Any]
) -> None:
    findings = [
        Finding(f"r{n}", "warn", (min(a, len(text)), min(b, len(text))), "", "")
        for n, (a, b) in enumerate(found)
    ]
    cut = list(pieces(text, findings))
    assert "".join(piece.text for piece in cut) == text
    at = 0
    for piece in cut:
        for offset in range(at, at + len(piece.text)):
            here = {f.rule for f in findings if f.span and f.span[0] <= offset < f.span[1]}
            assert here == set(piece.rules)
        at += len(piece.text)
