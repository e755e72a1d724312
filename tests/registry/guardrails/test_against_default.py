"""An overlay that repeats or contradicts the platform default is told so, and never blocked."""

from __future__ import annotations

import time
import tomllib

import pytest

from registry.compose import Slot
from registry.guardrails import Finding, against_default
from tests.registry.guardrails.conftest import ROOT

BASE = """You answer for {{tenant_name}}.

- Read the whole message first. Where it holds two questions, answer both.
- Do not argue about blame. Lead with what the person can do now.
- Write at most {{> word_limit}} words, in short paragraphs.
{{> tone}}
{{> language}}
{{> closing}}
"""
SLOTS = [
    Slot("word_limit", default="150", type="number"),
    Slot("tone", default="Friendly and clear, without small talk."),
    Slot("language", default="Answer in the language the customer writes in."),
    Slot("closing", default="Use the formal form of address.", mode="append"),
]


def held(locale: str = "en", **values: str) -> list[Finding]:
    return against_default(BASE, SLOTS, values, locale)


@pytest.mark.parametrize(
    "text",
    [
        "Read the whole message first.",
        "read the WHOLE message first!",
        "Friendly. Where it holds two questions, answer both.",
        "Friendly and clear, without small talk.",
    ],
)
def test_sentence_the_default_has_already_is_a_warning_with_its_quote(text: str) -> None:
    (finding,) = held(tone=text)
    assert (finding.rule, finding.severity) == ("repeats_default", "warn")
    assert finding.span is not None
    start, end = finding.span
    assert text[start:end].endswith(finding.quote)
    assert finding.fix is not None
    assert held(tone=text[:start] + finding.fix.replacement + text[end:]) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"tone": "Always argue about blame."}, "the opposite"),
        ({"tone": "Never lead with what the person can do now."}, "the opposite"),
        ({"tone": "Use at most 300 words."}, "150 words, not 300"),
        ({"tone": "Use 300 words.", "word_limit": "200"}, "200 words, not 300"),
        ({"tone": "Always answer in German."}, "not in German"),
        ({"tone": "Antworte immer auf Deutsch."}, "not in German"),
        ({"tone": "Be informal: use first names."}, "otherwise how people are addressed"),
    ],
)
def test_sentence_that_cannot_be_followed_with_the_default_goes_to_review(
    values: dict[str, str], said: str
) -> None:
    (finding,) = held(**values)
    assert (finding.rule, finding.severity, finding.slot) == (
        "contradicts_default",
        "review",
        "tone",
    )
    assert said in finding.message


@pytest.mark.parametrize(
    "values",
    [
        {"language": "Always answer in German."},  # a slot that replaces is meant to differ
        {"tone": "Answer in German.", "language": "Answer in German, whatever they write."},
        {"tone": "Use at most 80 words."},  # keeps to both
        {"tone": "Warm and patient. Offer to call back."},
        {"tone": 'Do not say "argue" and do not blame the courier.'},
        {"tone": ""},
        {"unknown": "Read the whole message first."},
        {"word_limit": "90"},
    ],
)
def test_overlay_that_adds_its_own_says_nothing(values: dict[str, str]) -> None:
    assert held(**values) == []


def test_slot_that_appends_is_held_against_its_own_default_as_well() -> None:
    (finding,) = held(closing="Use the informal form of address.")
    assert finding.rule == "contradicts_default"


def test_likeness_of_nine_tenths_repeats_and_less_does_not() -> None:
    near = "Read the whole messages first."
    far = "Read the whole order history first."
    assert [finding.rule for finding in held(tone=near)] == ["repeats_default"]
    assert held(tone=far) == []


def test_demo_overlays_are_left_in_peace() -> None:
    data = ROOT / "fleet/demo/data"
    for prompt in ("support-triage", "reply-summary"):
        base = (data / "prompts" / prompt / "base.md").read_text(encoding="utf-8")
        document = tomllib.loads((data / "prompts" / prompt / "base.toml").read_text("utf-8"))
        slots = [Slot.from_json(row) for row in document["slots"]]
        for path in sorted((data / "overlays" / prompt).glob("*.toml")):
            values = tomllib.loads(path.read_text(encoding="utf-8"))["values"]
            assert against_default(base, slots, values, "en") == [], path.stem


@pytest.mark.parametrize("slot", ["tone", "word_limit"])
def test_text_of_megabytes_is_not_read_sentence_by_sentence(slot: str) -> None:
    started = time.perf_counter()
    assert held(**{slot: "Read the whole message first. " * 80_000}) == []
    assert time.perf_counter() - started < 1.0
