"""What stands on the wire: events, cursors, and who hears what."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.stream.events import (
    BadCursor,
    Change,
    Span,
    change_event,
    change_events,
    heartbeat,
    parse_cursor,
    reset_event,
    seen_by,
)

OWN = Change(7, "support-triage", "acme", "de-AT", "primary")
DEFAULT = Change(8, "support-triage", "", "en", "primary")
OWNERS = {"support-triage": frozenset({"acme"})}


def test_a_change_is_one_event_with_its_cursor_as_id_and_as_text() -> None:
    event = change_event(OWN)
    assert event == (
        'id: 7\ndata: {"cursor":"7","prompt":"support-triage","tenant":"acme",'
        '"locale":"de-AT","lane":"primary"}\n\n'
    )


def test_the_platform_default_has_no_tenant() -> None:
    data = change_event(DEFAULT).split("data: ")[1]
    assert json.loads(data)["tenant"] is None


@given(st.text(), st.text())
def test_no_name_breaks_out_of_its_line(prompt: str, tenant: str) -> None:
    event = change_event(Change(1, prompt, tenant, "en", "primary"))
    head, data, *rest = event.split("\n")
    assert rest == ["", ""] and head == "id: 1" and "\r" not in event
    assert json.loads(data.removeprefix("data: "))["prompt"] == prompt


def test_a_heartbeat_moves_the_cursor_and_is_no_event() -> None:
    assert heartbeat(12) == ": heartbeat\nid: 12\n\n"
    assert reset_event(3).startswith("event: reset\nid: 3\n")


@pytest.mark.parametrize("garbage", ["-1", "1.5", "abc", "٣", "²", "9" * 19, "9" * 5000, " 1"])
def test_what_cannot_be_a_cursor_is_refused(garbage: str) -> None:
    with pytest.raises(BadCursor):
        parse_cursor(garbage)


def test_a_cursor_is_read_and_none_is_none() -> None:
    assert parse_cursor("42") == 42
    assert parse_cursor("") is None and parse_cursor(None) is None


def test_a_key_without_a_tenant_hears_everything() -> None:
    assert [seen_by(one, None, {}) for one in (OWN, DEFAULT)] == [OWN, DEFAULT]


def test_a_tenant_hears_its_own_changes_and_nobody_elses() -> None:
    assert seen_by(OWN, "acme", OWNERS) == OWN
    assert seen_by(OWN, "bolt", OWNERS) is None


def test_a_default_is_heard_as_its_own_by_a_tenant_without_a_variant() -> None:
    heard = seen_by(DEFAULT, "bolt", OWNERS)
    assert heard == Change(8, "support-triage", "bolt", "en", "primary")
    assert seen_by(DEFAULT, "acme", OWNERS) is None


@pytest.mark.parametrize(
    ("span", "since", "reached"),
    [
        (Span(0, 0), 0, True),
        (Span(0, 0), 5, False),  # of another database
        (Span(1, 9), 0, True),
        (Span(5, 9), 4, True),
        (Span(5, 9), 3, False),  # 4 may have been dropped
        (Span(5, 9), 9, True),
        (Span(5, 9), 10, False),  # never given out
    ],
)
def test_a_cursor_is_known_while_everything_after_it_is_there(
    span: Span, since: int, reached: bool
) -> None:
    assert span.reaches(since) is reached


def test_several_changes_are_several_events() -> None:
    assert change_events([OWN, DEFAULT]).count("\n\n") == 2
