"""Whose words win, and that the shipped ones hold."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

import pytest

import fleet.demo
from fleet.letter.languages import Place, choose, language
from fleet.letter.placeholders import fill, problems
from fleet.letter.values import day
from fleet.letter.words import LANGUAGE_NAMES, Words, shipped_words
from fleet.signoff.phrases import SHIPPED

EVERYWHERE = {"en": object(), "de": object()}


def chosen(locale: str, *written: Place, tenant: int = 1) -> tuple[Place, bool]:
    return choose(locale, tenant, written=written, shipped=EVERYWHERE)


def test_the_most_specific_words_win() -> None:
    ladder = [
        Place("de-AT", 1), Place("de", 1), Place("de-AT", None), Place("de", None),
        Place("en", None),
    ]  # fmt: skip
    for n in range(4):
        assert chosen("de-AT", *ladder[n:]) == (ladder[n], False)
    assert chosen("de-AT") == (Place("de", None), True)


def test_shipped_words_of_ones_language_go_before_our_english() -> None:
    assert chosen("de-AT", Place("en", None)) == (Place("de", None), True)
    assert chosen("sv-SE", Place("en", None)) == (Place("en", None), False)
    assert chosen("sv-SE") == (Place("en", None), True)


def test_words_of_another_customer_are_not_taken() -> None:
    assert chosen("de-AT", Place("de-AT", 2)) == (Place("de", None), True)


ALL = [words for kind in shipped_words().values() for words in kind.values()]


@pytest.mark.parametrize("words", ALL, ids=lambda one: f"{one.kind}-{one.locale}")
def test_shipped_words_use_only_what_there_is(words: Words) -> None:
    assert problems(words.kind, words.subject, words.body) == {}
    assert len(words.subject) <= 200
    everything = dict.fromkeys(("retires_on", "cutover", "expires", "owner", "owner_email"), "")
    assert fill(words.body, everything | {"contact": "Helen"}).count("\n\n") >= 1


def test_brazilian_customer_is_written_to_and_asked_in_portuguese() -> None:
    for kind, words in shipped_words().items():
        place, shipped = choose("pt-BR", 1, written=(), shipped=words)
        assert (place.locale, shipped) == ("pt", True), kind
    assert {words.locale for words in ALL} == set(LANGUAGE_NAMES) == set(SHIPPED)
    assert day(dt.date(2027, 3, 5), "pt-BR") == "5 de Março de 2027"


def test_every_kind_is_shipped_in_every_language_of_the_demo() -> None:
    path = Path(fleet.demo.__file__).parent / "data" / "tenants.toml"
    tenants = tomllib.loads(path.read_text(encoding="utf-8"))["tenants"]
    spoken = {language(tenant["locale"]) for tenant in tenants}
    assert len(spoken) == 8
    for kind, words in shipped_words().items():
        assert spoken <= set(words), kind
