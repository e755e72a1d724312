"""What may stand in a letter, and how it is filled."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.letter.placeholders import PLACEHOLDERS, fill, fill_line, problems, unfilled

SAID = {"customer": "Alder", "contact": "Helen", "retires_on": "", "cutover": "3 May"}


def test_placeholders_are_replaced_by_what_they_say() -> None:
    assert fill("Dear {{contact}} of {{ customer }}.", SAID) == "Dear Helen of Alder."


def test_paragraph_with_nothing_to_say_is_left_out_and_no_other() -> None:
    body = "Dear {{contact}}.\n\nIt ends on {{retires_on}}.\nReally.\n\nSee you on {{cutover}}."
    assert fill(body, SAID) == "Dear Helen.\n\nSee you on 3 May."


def test_secret_stays_a_placeholder_until_it_is_sent() -> None:
    filled = fill("Here: {{link}} and {{code}}", SAID)
    assert filled == "Here: {{link}} and {{code}}"
    assert unfilled(filled) == ["link", "code"]


def test_a_name_that_reads_as_a_placeholder_is_never_filled() -> None:
    sly = fill("Dear {{contact}}: {{link}}", {"contact": "{{code}} {{link}}"})
    assert unfilled(sly) == ["link"]
    assert sly.count("{{link}}") == 1


def test_template_language_is_plain_text() -> None:
    body = "{% load x %} {{ contact|safe }} ${contact} {contact} %(contact)s"
    assert fill(body, SAID) == body


def test_subject_is_one_line_whatever_a_name_holds() -> None:
    assert fill_line("About {{customer}}", {"customer": "A\r\nBcc: all@x"}) == "About A Bcc: all@x"


@pytest.mark.parametrize(
    ("subject", "body", "field", "part"),
    [
        ("Hi {{custommer}}", "Hello", "subject", "{{customer}}, {{contact}}"),
        ("Hi", "Hello {{ user.password }}", "body", "There is no placeholder"),
        ("Hi", "Hello {{link}}", "body", "cannot stand here"),
        ("Hi", "Hello {{contact", "body", "not closed"),
        ("Hi", "Hello }} x", "body", "not closed"),
    ],
)
def test_unknown_placeholder_is_refused_naming_those_there_are(
    subject: str, body: str, field: str, part: str
) -> None:
    assert part in problems("notice", subject, body)[field]


def test_secret_may_stand_in_its_letter_but_in_no_subject() -> None:
    assert problems("code", "Your code", "Here: {{code}}") == {}
    assert "subject" in problems("code", "{{code}} is your code", "Here: {{code}}")


@pytest.mark.parametrize(("kind", "name"), [("evidence", "link"), ("code", "code")])
def test_letter_without_what_it_is_sent_for_is_refused(kind: str, name: str) -> None:
    assert f"{{{{{name}}}}}" in problems(kind, "Hi", "Hello {{contact}}.")["body"]


@settings(max_examples=40)
@given(st.text(), st.dictionaries(st.sampled_from(sorted(PLACEHOLDERS)), st.text(max_size=20)))
def test_any_words_can_be_filled(body: str, values: dict[str, str]) -> None:
    assert isinstance(fill(body, values), str)
    assert "\n" not in fill_line(body, values)
