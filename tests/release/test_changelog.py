"""The changelog writes itself: what changed, why, on which evidence, and who said yes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fleet.release.actions import promote, roll_back, stop_canary
from fleet.release.changelog import Entry, Made, as_markdown, changed, lines_changed
from tests.builders import Fleet
from tests.release.rollouts import canary
from tests.release.test_invariants import published

OLD = Made(1, 1, "1.0.0", 1, "openai/a", "One.\nTwo.", {"tone": "Kind."}, {"tone": "Tone of voice"})


def test_what_changed_is_named_by_layer_and_by_the_slots_label() -> None:
    new = Made(
        2, 2, "1.1.0", 2, "openai/b", "One.\n2.\nThree.", {"tone": "Brief.", "legal": "Cite."},
        {"tone": "Tone of voice", "legal": "Citations"},
    )  # fmt: skip
    assert changed(OLD, new) == [
        "Policy 1 → 2", "Base 1.0.0 → 1.1.0", "Model openai/a → openai/b", "Citations: filled in",
        "Tone of voice: changed",
    ]  # fmt: skip
    assert lines_changed(OLD, new) == (2, 1)


def test_a_slot_that_was_emptied_is_named_by_its_old_label() -> None:
    new = Made(2, 1, "1.0.0", 2, "openai/a", "One.\nTwo.")
    assert changed(OLD, new) == ["Tone of voice: emptied"]
    assert lines_changed(OLD, new) == (0, 0)


def test_the_text_quotes_what_people_wrote_letter_by_letter() -> None:
    at = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
    entry = Entry(
        7, "live", at, "Ana", "# No\n[x](http://evil)", ["Tone: changed"], 2, 1, "Go.", ["Mo"]
    )
    text = as_markdown("Changelog of Acme", [entry], dt.UTC)
    assert "## Revision 7: live (2026-11-21 12:00 UTC)" in text
    assert "> \\# No\n> \\[x\\](http://evil)" in text
    assert "- Text: +2 −1 lines" in text and "- Approved by: Mo" in text


@pytest.mark.django_db
def test_every_release_has_its_entry_with_evidence_and_approver(
    client: Client, fleet: Fleet
) -> None:
    variant = fleet.variants[0]
    promote(canary(fleet, variant), by=fleet.engineer, reason="It holds.")
    client.force_login(fleet.viewer)
    page = client.get(f"/variants/{variant.pk}/changelog/").content.decode()
    for words in (
        "Tone: changed", "+1</span>", "It holds.", "policy_owner", "After a canary. Nothing was",
        "taken over as it served", " UTC</time>",
    ):  # fmt: skip
        assert words in page
    text = client.get(f"/variants/{variant.pk}/changelog.md")
    assert text["Content-Type"].startswith("text/markdown")
    assert "## Revision 2: live" in text.content.decode()


@pytest.mark.django_db
def test_rollbacks_and_stopped_canaries_stand_there_and_trials_do_not(
    client: Client, fleet: Fleet
) -> None:
    from fleet.release.actions import put_on_staging, take_off_staging

    variant = fleet.variants[0]
    published(fleet, variant, "Be warm.")
    roll_back(variant, by=fleet.operator, reason="Refusals up.")
    stopped = canary(fleet, variant)
    stop_canary(stopped, by=fleet.engineer, reason="It stammers.")
    tried = put_on_staging(stopped.revision, by=fleet.engineer)
    take_off_staging(tried, by=fleet.engineer)
    client.force_login(fleet.viewer)
    page = client.get(f"/variants/{variant.pk}/changelog/").content.decode()
    assert page.count("changelog-entry") == 4
    assert "rolled back to" in page and "stopped as a canary" in page


@pytest.mark.django_db
def test_the_changelog_costs_the_same_queries_however_long_it_is(
    client: Client, fleet: Fleet
) -> None:
    variant, address = fleet.variants[0], f"/variants/{fleet.variants[0].pk}/changelog/"
    client.force_login(fleet.viewer)
    published(fleet, variant, "Be warm.")
    counted = _counter(client, address)
    few = counted()
    for tone in ("Be brief.", "Be odd.", "Be plain."):
        published(fleet, variant, tone)
    assert counted() == few


def _counter(client: Client, address: str) -> Callable[[], Any]:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return len(queries)

    count()
    return count
