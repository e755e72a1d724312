"""The stated weaknesses of the new model, and what cures each of them."""

from __future__ import annotations

import pytest

from evals.simulator.personality import CONDITIONS, Situation, is_shown, personalities
from evals.simulator.reading import read

OLD, NEW = "sim-aurora-2025-02-11", "sim-borealis-2026-06-30"
FILLER = "The desk is open on weekdays.\n" * 20


def chance(model: str, kind: str, prompt: str, customer: str = "en") -> float:
    reading = read(prompt)
    return personalities()[model].chance(reading.last(kind), Situation(reading, customer))


SOFT = "When you decline a request: say that you are sorry.\n"
STRONG = "When you decline a request: always say that you are sorry.\n"
BANNED = 'Never use these phrases: "leider"\n'
CITE = "Cite the article in square brackets.\n"
SHORT = "Use at most 70 words.\n"
WARM = "Tone: warm and friendly.\n"
JSON = 'Return a JSON object with "queue".\n'
OFFER = "Offer to pass the case to the night desk.\n"


@pytest.mark.parametrize(
    ("kind", "loses", "cure"),
    [
        ("refusal", BANNED + SOFT, BANNED + STRONG),
        ("refusal", BANNED + SOFT, BANNED + SOFT + "A: I'm sorry, that is for a doctor."),
        ("citations", CITE + FILLER + SHORT, "Always c" + CITE[1:] + FILLER + SHORT),
        ("citations", CITE + FILLER + SHORT, FILLER + SHORT + CITE),
        ("citations", CITE + FILLER + "A: See it.", CITE + FILLER + "A: See it. [KB-1]"),
        ("json", WARM + JSON, WARM + JSON.replace("Return a", "Return only a")),
        ("json", WARM + JSON, WARM + JSON + 'A: {"queue": "x"}'),
        ("handoff", OFFER + "A: Wait.", OFFER + "A: The night desk can help."),
        ("handoff", OFFER + "A: Wait.", "In every answer, o" + OFFER[1:] + "A: Wait."),
        (
            "closing",
            "Add a notice that this is general information.",
            'End with "This is general information."',
        ),
    ],
)
def test_new_model_loses_what_the_old_one_kept_until_the_prompt_is_repaired(
    kind: str, loses: str, cure: str
):
    assert chance(OLD, kind, loses) > 0.95
    assert chance(NEW, kind, loses) < 0.1
    assert chance(NEW, kind, cure) > 0.95


def test_new_model_mirrors_the_customer_unless_told_with_emphasis():
    weak, strong = "Answer in Spanish.\n" + FILLER, "Always answer in Spanish.\n" + FILLER
    assert chance(NEW, "language", weak, customer="en") < 0.1
    assert chance(NEW, "language", weak, customer="es") > 0.95
    assert chance(NEW, "language", strong, customer="en") > 0.95
    assert chance(OLD, "language", weak, customer="en") > 0.95


def test_every_condition_and_interaction_in_the_file_can_be_judged():
    everything = BANNED + SOFT + CITE + SHORT + WARM + JSON + OFFER + "Answer in Polish.\nA: Hi."
    reading = read(everything + '\nEnd with "Bye."')
    for personality in personalities().values():
        for one in personality.interactions:
            names = [name for name in (*one.when, *one.unless) if not name.startswith("has:")]
            assert set(names) <= set(CONDITIONS)
            assert 0 <= personality.chance(reading.last(one.kind), Situation(reading, "en")) < 1


def test_what_no_example_can_show_is_never_shown():
    reading = read("Tone: warm.\nA: Hello!")
    assert not is_shown(reading.last("tone"), Situation(reading, "en"))


def test_names_and_fingerprints_say_simulated():
    for name, personality in personalities().items():
        assert name.startswith("sim-")
        assert "simulated" in personality.fingerprint
        assert personality.about
