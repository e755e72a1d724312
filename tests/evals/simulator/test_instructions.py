"""What the simulated models understand of a sentence."""

from __future__ import annotations

import time

import pytest

from evals.simulator.instructions import instructions_in
from evals.simulator.reading import read


def found(line: str) -> dict[str, dict]:
    return {one.kind: one.params for _, one in instructions_in(line)}


@pytest.mark.parametrize(
    ("line", "kind", "params"),
    [
        ('Never use these phrases: "No problem", „leider“', "forbidden", ("no problem", "leider")),
        ("Always answer in German, even to others.", "language", "de"),
        ("Répondez toujours en français.", "language", "fr"),
        ("必ず日本語で答えてください。", "language", "ja"),
        ("Answer in the language the customer writes in.", "language", "customer"),
        ('Return a JSON object with "queue" and "answer".', "json", ("queue", "answer")),
        ("Keep replies within 70 words.", "length", 70),
        ("Use at most 75 words.", "length", 75),
        ("Tone: Formal and courteous.", "tone", "formal"),
        ("Tone: Warm, never pushy.", "tone", "warm"),
        ('End every answer with "No advice. None."', "closing", "No advice. None."),
        ("Sign off with “See you outside!”", "closing", "See you outside!"),
        ("When you decline a request: say that you are sorry.", "refusal", "soft"),
        ("Offer to pass the case to the night desk.", "handoff", "the night desk"),
        ('Say "basket", not "order".', "terminology", (("order", "basket"),)),
        ("Cite the article in square brackets, like [KB-1].", "citations", False),
    ],
)
def test_sentence_is_understood(line: str, kind: str, params: object):
    assert params in found(line)[kind].values()


@pytest.mark.parametrize(
    "line",
    [
        "Rely on the help articles below.",
        "Do not argue about blame.",
        "Read the whole message first.",
        "The service desk is open from 8:00 to 18:00.",
    ],
)
def test_ordinary_sentence_is_no_instruction(line: str):
    assert found(line) == {}


def test_emphasis_belongs_to_its_own_sentence():
    line = 'Always be kind. Cite the article in square brackets. End every answer with "Bye."'
    emphatic = {one.kind: one.emphatic for _, one in instructions_in(line)}
    assert emphatic == {"citations": False, "closing": True}


def test_list_of_quotes_goes_on_over_several_lines():
    prompt = 'Never use these phrases:\n"one"\n"two",\n"three"\nTone: warm.'
    assert read(prompt).last("forbidden").params["phrases"] == ("one", "two", "three")
    assert read(prompt).last("tone") is not None


def test_platform_policy_is_not_read_as_style():
    prompt = "<platform_policy>\nAlways answer in German.\n</platform_policy>\nTone: warm."
    assert set(read(prompt).by_kind) == {"tone"}


def test_articles_customer_and_examples_are_taken_from_the_prompt():
    reading = read("Customer: Ana Ruiz (pro account)\n[KB-1] Fees: It is 3.50 a day. More.\nA: Hi")
    assert reading.customer == "Ana Ruiz"
    assert [(one.id, one.fact) for one in reading.articles] == [("KB-1", "It is 3.50 a day.")]
    assert reading.examples == ("Hi",)


@pytest.mark.parametrize("piece", ['"', "„", "offer to ", "never use ", "a.", 'say "a" not ', "[A"])
def test_hostile_line_is_read_in_time(piece: str):
    started = time.perf_counter()
    read((piece * 40_000)[:200_000])
    assert time.perf_counter() - started < 2
