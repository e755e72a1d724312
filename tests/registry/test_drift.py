"""How far each variant has drifted from its base."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as search
from hypothesis import strategies as st

from fleet.release.actions import adopt
from registry.actions import freeze, freeze_overlay, overlay_for, publish_base
from registry.compose import Slot, compose
from registry.drift import BaseText, Drift
from registry.models import Tenant, Variant
from registry.views import drift_table
from registry.views.drift_order import Group, Member, Ordered
from registry.views.drift_table import DriftTable
from tests.builders import BASE, SLOTS, VARIABLES, Fleet, make_user, usual_fleet
from tests.registry.test_compare import next_revision

TEXT = "Be one of us.\n{{> tone}}\nStay.\n{{> more}}\n"
SHAPE = [Slot("tone", default="warm and kind"), Slot("more", before="More: ")]
WORDS = st.lists(st.sampled_from(["warm", "kind", "and", "brief", "退", "款"]), max_size=6)


def test_no_overlay_is_no_drift() -> None:
    assert BaseText(TEXT, SHAPE).drift({}) == Drift(0.0, 0, 0)


def test_share_counts_words_that_went_and_came_of_all_words() -> None:
    drift = BaseText(TEXT, SHAPE).drift({"tone": "warm and brief"})
    assert drift == Drift(2 / 16, 1, 1)


def test_a_frame_counts_along_with_the_value_it_frames() -> None:
    drift = BaseText(TEXT, SHAPE).drift({"more": "cite"})
    assert drift == Drift(2 / 18, 1, len("More: cite"))


def test_a_slot_that_stands_twice_counts_twice() -> None:
    once, twice = (BaseText("{{> tone}} " * n, SHAPE).drift({"tone": "x"}) for n in (1, 2))
    assert twice.characters == 2 * once.characters
    assert twice.share == once.share == 1.0


@search(deadline=None)
@given(WORDS, WORDS)
def test_characters_are_those_the_composed_text_gains(tone: list[str], more: list[str]) -> None:
    values = {"tone": " ".join(tone), "more": " ".join(more)}
    texts = [compose("", TEXT, SHAPE, chosen).text for chosen in ({}, values)]
    drift = BaseText(TEXT, SHAPE).drift(values)
    assert drift.characters == len(texts[1]) - len(texts[0])
    assert 0 <= drift.share <= 1
    assert (drift.share == 0) <= (texts[0].split() == texts[1].split())


def test_endless_slots_are_counted_without_being_compared() -> None:
    slot = Slot("tone", default="a b c " * 4_000)
    assert BaseText("{{> tone}}", [slot]).drift({"tone": "c b a " * 4_000}).share == 0


def table(client: Client, **asked: object) -> DriftTable:
    found: DriftTable = client.get("/drift/", asked).context["table"]
    return found


@pytest.mark.django_db
def test_every_live_variant_stands_with_its_figures(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.viewer)
    page = client.get("/drift/")
    rows = page.context["table"].rows
    assert {row.tenant for row in rows} == {"Tenant 0", "Tenant 1", "Tenant 2"}
    assert {(row.drift.slots, row.behind) for row in rows} == {(1, 0)}
    live = fleet.variants[0].revisions.get()
    assert f"a=bare&amp;b={live.pk}" in page.content.decode()


@pytest.mark.django_db
def test_what_is_not_live_does_not_count(client: Client, fleet: Fleet) -> None:
    next_revision(fleet, fleet.variants[0], "Be much longer than before, and much else too.")
    client.force_login(fleet.viewer)
    assert {row.number for row in table(client).rows} == {1}


@pytest.mark.django_db
def test_versions_behind_are_those_published_since_and_not_revoked(
    client: Client, fleet: Fleet
) -> None:
    for n in (1, 2):
        publish_base(
            prompt=fleet.prompt, text=f"{BASE}{n}", slots=SLOTS, variables=VARIABLES,
            by=fleet.engineer, note="More", semver=f"1.{n}.0",
        )  # fmt: skip
    client.force_login(fleet.viewer)
    assert {row.behind for row in table(client).rows} == {2}
    assert len(table(client, behind="yes").rows) == 3
    assert table(client, behind="no").rows == []


@pytest.mark.django_db
def test_sorting_and_filtering_follow_the_address(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.viewer)
    names = [row.tenant for row in table(client, sort="tenant").rows]
    assert names == ["Tenant 0", "Tenant 1", "Tenant 2"]
    assert [row.tenant for row in table(client, sort="-tenant").rows] == names[::-1]
    assert [row.tenant for row in table(client, segment="health").rows] == ["Tenant 1"]
    assert [row.tenant for row in table(client, q="tenant-2").rows] == ["Tenant 2"]
    assert len(table(client, sort="--share", segment="nonsense", page="x").rows) == 3
    assert client.get("/drift/?prompt=nonsense").status_code == 404


@pytest.mark.django_db
def test_a_manager_sees_own_customers_and_whoever_has_none_an_explanation(
    client: Client, fleet: Fleet
) -> None:
    client.force_login(fleet.manager)
    assert {row.tenant for row in table(client).rows} == {"Tenant 0", "Tenant 1"}
    client.force_login(make_user("customer_success", "newcomer"))
    page = client.get("/drift/")
    assert page.context["table"] is None
    assert "No variant yet" in page.content.decode()
    assert client.get("/drift.csv").status_code == 404


def lines(client: Client, **asked: object) -> list[list[str]]:
    text = b"".join(client.get("/drift.csv", asked).streaming_content).decode()  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.django_db
def test_the_spreadsheet_holds_the_same_rows_and_runs_no_formula(
    client: Client, fleet: Fleet
) -> None:
    Tenant.objects.filter(slug="tenant-0").update(name="=cmd()")
    client.force_login(fleet.viewer)
    head, *rows = lines(client, sort="tenant")
    assert head[:2] == ["tenant", "name"]
    assert [row[0] for row in rows] == ["tenant-0", "tenant-1", "tenant-2"]
    assert rows[0][1] == "'=cmd()"
    client.force_login(fleet.manager)
    assert len(lines(client)) == 3


def test_an_order_sets_apart_only_what_a_page_shows_and_reads_as_if_it_had_all() -> None:
    groups = [
        Group(name, name.lower(), "retail", 0, 0, Drift(share, 0, 0), [
            Member(10 * n + i, locale, "primary") for i, locale in enumerate(("fr", "de"))
        ])
        for n, (name, share) in enumerate([("Beta", 0.1), ("acme", 0.1), ("Cent", 0.5)])
    ]  # fmt: skip
    assert Ordered(groups, "-share")[:] == [21, 20, 11, 10, 1, 0]
    assert Ordered(groups, "-share")[1:4] == [20, 11, 10]
    assert Ordered(groups, "locale")[:] == [11, 1, 21, 10, 0, 20]
    assert Ordered(groups, "-tenant")[:] == [20, 21, 0, 1, 10, 11]
    assert len(Ordered(groups, "tenant")) == 6


@pytest.mark.django_db
def test_queries_do_not_grow_with_the_fleet(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    fleet = usual_fleet(tenants=12)
    client.force_login(fleet.viewer)
    with django_assert_max_num_queries(15):
        client.get("/drift/")
    with django_assert_max_num_queries(13):
        assert len(table(client).rows) == 12


@pytest.mark.django_db
def test_what_all_variants_say_is_read_again_only_after_something_happened(
    client: Client, fleet: Fleet, settings: Any
) -> None:
    settings.KEEP_FIGURES = True
    drift_table._kept.clear()
    client.force_login(fleet.viewer)
    assert {row.behind for row in table(client, behind="no").rows} == {0}
    with CaptureQueriesContext(connection) as said:
        client.get("/drift/")
    assert not [one["sql"] for one in said if "ARRAY_AGG" in one["sql"]] and len(said) <= 10
    publish_base(
        prompt=fleet.prompt, text=f"{BASE}1", slots=SLOTS, variables=VARIABLES,
        by=fleet.engineer, note="More", semver="1.1.0",
    )  # fmt: skip
    assert {row.behind for row in table(client, behind="yes").rows} == {1}
    client.force_login(fleet.manager)
    assert {row.tenant for row in table(client).rows} == {"Tenant 0", "Tenant 1"}


@pytest.mark.django_db
def test_a_figure_is_worked_out_once_for_the_same_words(
    client: Client, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = Tenant.objects.create(slug="twin", name="Twin", segment="retail")
    variant = Variant.objects.create(prompt=fleet.prompt, tenant=twin)
    words = {"tone": "Words that no other test of this process uses."}
    for one in (variant, fleet.variants[0]):
        overlay = freeze_overlay(overlay_for(one), words, by=fleet.engineer, note="Same")
        revision = freeze(one, by=fleet.engineer, note="Same", target=fleet.old, overlay=overlay)
        adopt(revision, by=fleet.engineer, reason="It served before.")
    worked_out: list[object] = []
    drift = BaseText.drift
    monkeypatch.setattr(
        BaseText, "drift", lambda base, values: worked_out.append(values) or drift(base, values)
    )
    client.force_login(fleet.viewer)
    for _ in range(2):
        found = [row.drift for row in table(client).rows if row.tenant in ("Twin", "Tenant 0")]
        assert found[0] == found[1]
    assert worked_out.count(words) == 1
