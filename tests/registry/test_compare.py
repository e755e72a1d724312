"""Comparing revisions, and the page of one."""

from __future__ import annotations

import pytest
from django.test import Client

from registry.actions import freeze, freeze_overlay, overlay_for
from registry.models import Revision, Variant
from tests.builders import Fleet

pytestmark = pytest.mark.django_db


def next_revision(fleet: Fleet, variant: Variant, tone: str) -> Revision:
    """Another revision of the variant, on the new model."""
    overlay = freeze_overlay(
        overlay_for(variant), {"tone": tone}, by=fleet.engineer, note="Changed"
    )
    first = variant.revisions.get(number=1)
    return freeze(
        variant, by=fleet.engineer, note="Changed", target=fleet.new, overlay=overlay, parent=first
    )


def test_comparing_marks_words_and_names_the_pins(client: Client, fleet: Fleet) -> None:
    old = fleet.variants[0].revisions.get()
    new = next_revision(fleet, fleet.variants[0], "Be formal, variant zero.")
    client.force_login(fleet.viewer)
    page = client.get(f"/compare/?a={old.pk}&b={new.pk}").content.decode()
    assert "<del>0</del>" in page
    assert "<ins>zero</ins>" in page
    assert "Overlay 1 → 2" in page
    assert f"Model {fleet.old} → {fleet.new}" in page
    assert "Policy 1" not in page


def test_comparing_takes_the_revision_before_when_one_is_named(
    client: Client, fleet: Fleet
) -> None:
    new = next_revision(fleet, fleet.variants[0], "Be brief.")
    client.force_login(fleet.viewer)
    found = client.get(f"/compare/?b={new.pk}").context["comparison"]
    assert (found.old.number, found.new.number) == (1, 2)


def test_comparing_two_customers_names_both(client: Client, fleet: Fleet) -> None:
    a, b = (variant.revisions.get() for variant in fleet.variants[:2])
    client.force_login(fleet.viewer)
    page = client.get(f"/compare/?a={a.pk}&b={b.pk}").content.decode()
    assert "Tenant 0 and Tenant 1" in page


def test_whole_text_folds_nothing(client: Client, fleet: Fleet) -> None:
    old = fleet.variants[0].revisions.get()
    new = next_revision(fleet, fleet.variants[0], "Be brief.")
    client.force_login(fleet.viewer)
    rows = client.get(f"/compare/?a={old.pk}&b={new.pk}&context=all").context["comparison"].rows
    assert "".join(span.text for row in rows for span in row.new) == new.text


@pytest.mark.parametrize("b", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_comparing_what_is_not_there_is_not_found(client: Client, fleet: Fleet, b: str) -> None:
    client.force_login(fleet.viewer)
    assert client.get("/compare/", {"b": b}).status_code == 404


def test_revisions_of_other_managers_customers_are_not_found(client: Client, fleet: Fleet) -> None:
    mine, foreign = fleet.variants[0].revisions.get(), fleet.variants[2].revisions.get()
    client.force_login(fleet.manager)
    assert client.get(f"/revisions/{foreign.pk}/").status_code == 404
    assert client.get(f"/compare/?a={mine.pk}&b={foreign.pk}").status_code == 404


def test_a_revision_shows_its_pins_and_text(client: Client, fleet: Fleet) -> None:
    revision = fleet.variants[0].revisions.get()
    client.force_login(fleet.viewer)
    page = client.get(f"/revisions/{revision.pk}/").content.decode()
    assert revision.sha256 in page
    assert "Be formal, variant 0." in page
    assert "Adopted, no evidence" in page
