"""Values in words: times, money, shares, states, and text that stays text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from unittest.mock import patch

import pytest
from django.template import Context, RequestContext, Template
from django.template.loader import render_to_string
from django.test import RequestFactory

from registry.templatetags import fleet_ui, navigation, words

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before_now", "reads"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3, minutes=59), "3 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=45), "45 days ago"),
        (timedelta(days=100), "3 months ago"),
        (timedelta(days=1000), "2 years ago"),
        (-timedelta(days=3), "in 3 days"),
    ],
)
def test_ago_reads_as_people_say_it(before_now: timedelta, reads: str) -> None:
    assert words.ago(NOW - before_now, NOW) == reads


def test_ago_of_nothing_is_never() -> None:
    assert words.ago(None) == "never"


@pytest.mark.parametrize(
    ("euros", "reads"),
    [
        (Decimal("1234000"), "EUR 1.2 m"),
        (2_000_000, "EUR 2 m"),
        (999_600, "EUR 1 m"),
        (840_000, "EUR 840 k"),
        (950, "EUR 950"),
        (0, "EUR 0"),
        (None, "–"),
    ],
)
def test_money_is_rounded_for_reading(euros: Decimal | int | None, reads: str) -> None:
    assert words.money(euros) == reads


def test_percent_drops_the_zero_in_a_sentence_and_keeps_it_in_a_column() -> None:
    assert words.percent(0.1) == "10 %"
    assert words.percent(0.093) == "9.3 %"
    assert words.percent(0.1, 1) == "10.0 %"
    assert words.percent(None) == "–"


class Stage(Enum):
    ROLLED_BACK = "rolled_back"


@pytest.mark.parametrize("state", ["rolled_back", "Rolled back", Stage.ROLLED_BACK])
def test_a_state_has_one_class_however_it_is_written(state: object) -> None:
    assert words.state_class(state) == "state state-rolled-back"
    assert words.state_word(state) == "Rolled back"
    assert words.state_sign(state) == "arrow-back-up"


def test_a_state_nobody_knows_still_gets_a_sign() -> None:
    assert words.state_sign("brand new") == "circle"


def test_a_pill_shows_sign_and_word_and_escapes_a_label() -> None:
    assert fleet_ui.pill("in_review").endswith("</svg>In review</span>")
    assert "Canary &lt;10 %" in fleet_ui.pill("canary", "Canary <10 %")


def test_time_ago_tells_date_and_zone_on_hover() -> None:
    html = fleet_ui.time_ago(NOW)
    assert 'datetime="2026-11-21T12:00:00+00:00"' in html
    assert 'title="Sat 21 Nov 2026, 12:00 UTC"' in html


def test_time_ago_of_nothing_is_a_word() -> None:
    assert "not yet" in fleet_ui.time_ago(None, "not yet")


def test_short_id_of_a_uuid_is_its_first_eight_characters() -> None:
    assert words.short_id("0198c2d4-aaaa-bbbb") == "0198c2d4"


def test_marked_variables_leave_every_other_character_escaped() -> None:
    marked = fleet_ui.mark_variables("<b>{{ user_name }}</b> {{> tone}} & co")
    assert marked == (
        '&lt;b&gt;<span class="variable">{{ user_name }}</span>&lt;/b&gt; {{&gt; tone}} &amp; co'
    )


def test_icon_is_hidden_from_readers_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in fleet_ui.icon("check")
    labelled = fleet_ui.icon("check", 'Done "now"')
    assert 'aria-label="Done &quot;now&quot;"' in labelled
    assert "aria-hidden" not in labelled


def render(source: str, **values: object) -> str:
    """A template's text, with a request as every page has one."""
    request = RequestFactory().get("/", {"q": "acme", "sort": "name", "page": "3"})
    context = RequestContext(request)
    context.push(**values)
    return Template(source).render(context)


def test_sort_header_keeps_the_filter_forgets_the_page_and_turns_round() -> None:
    html = render(
        '{% include "_parts/_sort_header.html" with name="name" label="Tenant" sort="name" %}'
    )
    assert 'aria-sort="ascending"' in html
    assert 'href="?q=acme&amp;sort=-name"' in html


def test_confirm_names_the_deed_and_asks_why() -> None:
    html = render(
        '{% include "_parts/_confirm.html" with id="back" url="/x/" button="Roll back" '
        'heading="Roll back Acme?" text="46 stay as they are." %}',
        csrf_token="token-of-this-page",
    )
    assert "46 stay as they are." in html
    assert "required" in html
    assert "token-of-this-page" in html


def test_layers_show_and_copy_the_text_exactly() -> None:
    segments = [
        {"layer": "base", "slot": None, "text": "Hello <you>\n"},
        {"layer": "overlay", "slot": "refusal_style", "text": "  softly"},
    ]
    html = render(
        '{% include "_parts/_layers.html" with segments=segments only %}', segments=segments
    )
    assert 'data-plain="Hello &lt;you&gt;\n  softly"' in html
    assert "Refusal style" in html


def test_parts_escape_what_people_typed() -> None:
    event = {"when": NOW, "who": "<b>Ana</b>", "sentence": "did <i>it</i>", "why": "<script>"}
    html = render('{% include "_parts/_timeline.html" with events=events only %}', events=[event])
    assert "<b>Ana" not in html
    assert "<script>" not in html


def test_the_page_for_a_broken_server_needs_nothing_from_it() -> None:
    html = render_to_string("500.html")
    assert "Something broke on our side" in html
    assert 'id="toasts"' in html


def test_the_current_place_is_marked_in_the_navigation() -> None:
    context = Context({"request": RequestFactory().get("/policies/7/edit/")})
    addresses = {"home": "/", "review-queue": "/reviews/", "policy-list": "/policies/"}
    with (
        patch.object(navigation, "reverse", addresses.__getitem__),
        patch.object(navigation, "NoReverseMatch", KeyError),
    ):
        links = {link.label: link for link in navigation.nav_links(context)}
    assert (links["Home"].current, links["Reviews"].current) == (False, False)
    assert links["Prompts"].current is True
    assert [link.label for link in links["Prompts"].links if link.current] == ["Policies"]
    assert "Models" not in links
