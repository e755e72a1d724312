"""Every verb that the product records is told in words, on whichever timeline it stands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

from fleet.authoring.sentences import SAID_ALREADY, SENTENCES
from fleet.campaign import track_story

ROOT = Path(__file__).resolve().parents[2]
RECORDERS = {"record", "record_all"}
VERB = re.compile(r"[a-z_]+\.[a-z_]+\Z")

MADE_UP = {
    "approval.{}": ["approve", "reject"],
    "blackout.{}": ["added", "removed"],
    "campaign.{}": ["owner_set", "sign_off_waived", "sign_off_wanted", "wave_assigned"],
    "track.{}": ["owner_set", "sign_off_waived", "sign_off_wanted", "wave_assigned"],
    "effort.{}": ["noted", "corrected", "taken_back"],
    "release.{}": ["adopted", "promoted", "rollback", "break_glass"],
    "release.{}_started": ["staging", "shadow"],
    "release.{}_ended": ["staging", "shadow"],
    "{}.paused": ["campaign", "wave", "track"],
    "{}.resumed": ["campaign", "wave", "track"],
    "{}.revoked": ["policyversion", "baseversion", "overlayversion", "revision"],
    "{}.imported": ["policyversion", "baseversion", "overlayversion"],
}
"""Verbs that are put together where they are recorded -> what may stand in the gap."""


def recorded() -> Iterator[tuple[str, str]]:
    """(file, verb) of each call that records an event; `{}` where a verb is put together."""
    for app in ("registry", "evals", "fleet"):
        for path in sorted((ROOT / app).rglob("*.py")):
            text = path.read_text()
            if "record" not in text and "Event(" not in text:
                continue
            tree = ast.parse(text)
            for call in ast.walk(tree):
                for value in _verb_of(call):
                    for verb in _words(value, tree):
                        yield str(path.relative_to(ROOT)), verb


def _verb_of(call: ast.AST) -> Iterator[ast.expr]:
    """What stands for the verb in a call that records, or makes the row itself."""
    if isinstance(call, ast.Call) and _name(call.func) in RECORDERS:
        yield from call.args[:1]
    elif isinstance(call, ast.Call) and _name(call.func) == "Event":
        yield from (key.value for key in call.keywords if key.arg == "verb")


def _name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def _words(value: ast.expr, tree: ast.AST) -> Iterator[str]:
    """The texts an expression may be, a name by what is assigned to it in its module."""
    if isinstance(value, ast.Constant) and VERB.match(str(value.value)):
        yield str(value.value)
    elif isinstance(value, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}"
                      for part in value.values)  # fmt: skip
    elif isinstance(value, ast.IfExp):
        yield from _words(value.body, tree)
        yield from _words(value.orelse, tree)
    elif isinstance(value, ast.Name):
        for one in ast.walk(tree):
            if isinstance(one, ast.Assign) and any(_name(t) == value.id for t in one.targets):
                yield from _words(one.value, tree)


def moved() -> set[str]:
    """The verbs of `transitions.move`: a staged model's name and where an arrow leads."""
    return {
        f"{model._meta.model_name}.{to}"
        for model in apps.get_models() if hasattr(model, "ARROWS")
        for targets in model.ARROWS.values() for to in targets
    }  # fmt: skip


RECORDED = sorted(set(recorded()))


def verbs() -> set[str]:
    found = moved()
    for _, verb in RECORDED:
        if verb != "{}.{}":  # `move` itself
            gaps = MADE_UP[verb] if "{}" in verb else [""]
            found |= {verb.replace("{}", gap) for gap in gaps}
    return found


def test_calls_that_record_are_found() -> None:
    assert {"track.link_voided", "letter.not_sent", "contact.added", "webhook.resumed"} <= verbs()
    assert len(RECORDED) > 100


def test_every_recorded_verb_has_a_sentence() -> None:
    assert sorted(verbs() - set(SENTENCES) - set(SAID_ALREADY)) == []


def test_every_verb_of_a_track_is_told_on_its_page() -> None:
    ours = {verb for verb in verbs() if verb.startswith("track.")}
    assert sorted(ours - set(track_story.SENTENCES)) == []


def test_no_sentence_is_left_of_a_verb_that_nobody_records() -> None:
    assert sorted((set(SENTENCES) | set(SAID_ALREADY)) - verbs()) == []


@pytest.mark.parametrize("made", [verb for _, verb in RECORDED if "{}" in verb])
def test_verb_put_together_is_spelt_out(made: str) -> None:
    assert made in MADE_UP or made == "{}.{}"
