"""Comparing revisions, and the page of one."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from registry.actions import freeze, freeze_overlay, overlay_for
from registry.models import Revision, Variant
from registry.views.comparison import Comparison
from tests.builders import Fleet, build_fleet

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
    assert (found.old.revision.number, found.new.revision.number) == (1, 2)


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


def shown(client: Client, **asked: object) -> Comparison:
    found: Comparison = client.get("/compare/", asked).context["comparison"]
    return found


def test_a_word_beside_a_revision_names_what_it_is_compared_with(
    client: Client, fleet: Fleet
) -> None:
    variant = fleet.variants[0]
    live, new = variant.revisions.get(), next_revision(fleet, variant, "Be brief.")
    default = fleet.default.revisions.get()
    client.force_login(fleet.viewer)
    assert shown(client, a="live", b=new.pk).old.revision == live
    assert shown(client, a="default", b=new.pk).old.revision == default
    assert shown(client, a=f"live-{variant.pk}", b=new.pk).old.is_live
    bare = shown(client, a="bare", b=new.pk)
    assert bare.old.text == default.text
    assert bare.summary.changed == 1
    assert not bare.pins


def test_leaving_one_slot_out_brings_the_default_back_or_nothing(
    client: Client, fleet: Fleet
) -> None:
    live = fleet.variants[0].revisions.get()
    client.force_login(fleet.viewer)
    without = shown(client, a="without-tone", b=live.pk).old.text
    omitted = shown(client, a="omit-tone", b=live.pk).old.text
    assert "Be friendly." in without and "Be formal" not in without
    assert "Be friendly." not in omitted and "Be formal" not in omitted


@pytest.mark.parametrize("a", ["without-nothing", "omit-", "bare-tone", "live-0", "live-x", "x"])
def test_a_word_that_means_nothing_is_not_found(client: Client, fleet: Fleet, a: str) -> None:
    live = fleet.variants[0].revisions.get()
    client.force_login(fleet.viewer)
    assert client.get("/compare/", {"a": a, "b": live.pk}).status_code == 404


def test_two_words_without_a_revision_are_not_found(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.viewer)
    assert client.get("/compare/", {"a": "bare", "b": "live"}).status_code == 404


def test_one_layer_shows_that_layer_alone_and_says_which_differ(
    client: Client, fleet: Fleet
) -> None:
    a, b = (variant.revisions.get() for variant in fleet.variants[:2])
    client.force_login(fleet.viewer)
    found = shown(client, a=a.pk, b=b.pk, layer="slot-tone")
    assert (found.part.old, found.part.new) == ("Be formal, variant 0.", "Be formal, variant 1.")
    assert {part.key for part in found.parts if part.differs} == {"", "slot-tone"}
    assert shown(client, a=a.pk, b=b.pk, layer="policy").part.old == "Never promise a refund."
    assert shown(client, a=a.pk, b=b.pk, layer="nonsense").part.key == ""


def test_the_view_chosen_once_is_kept_for_the_next_comparison(client: Client, fleet: Fleet) -> None:
    a, b = (variant.revisions.get() for variant in fleet.variants[:2])
    client.force_login(fleet.viewer)
    assert shown(client, a=a.pk, b=b.pk).view == "side"
    assert shown(client, a=a.pk, b=b.pk, view="unified").view == "unified"
    assert shown(client, a=a.pk, b=b.pk).view == "unified"
    assert shown(client, a=a.pk, b=b.pk, view="nonsense").view == "side"


def test_every_line_can_be_linked_to(client: Client, fleet: Fleet) -> None:
    a, b = (variant.revisions.get() for variant in fleet.variants[:2])
    client.force_login(fleet.viewer)
    for view in ("side", "unified"):
        page = client.get("/compare/", {"a": a.pk, "b": b.pk, "view": view}).content.decode()
        assert page.count('id="L1"') == page.count('href="#R1"') == 1


def test_what_a_manager_may_not_see_is_not_compared_by_its_word_either(
    client: Client, fleet: Fleet
) -> None:
    mine, foreign = fleet.variants[0].revisions.get(), fleet.variants[2]
    client.force_login(fleet.manager)
    for a in ("default", f"live-{foreign.pk}", f"live-{fleet.default.pk}"):
        assert client.get("/compare/", {"a": a, "b": mine.pk}).status_code == 404
    assert shown(client, a="bare", b=mine.pk).old.text == fleet.default.revisions.get().text


def found(client: Client, **asked: object) -> dict[str, list[Any]]:
    groups = client.get("/compare/find/", asked).context["groups"]
    return {group.name: group.choices for group in groups}


def test_the_search_names_live_revisions_of_customers_by_name(client: Client, fleet: Fleet) -> None:
    live = fleet.variants[1].revisions.get()
    client.force_login(fleet.viewer)
    groups = found(client, side="a", b=fleet.variants[0].revisions.get().pk, q="tenant-1")
    assert [choice.words for choice in groups["Tenant 1 / support-triage"]] == ["Revision 1, live"]
    assert f"a={live.pk}" in groups["Tenant 1 / support-triage"][0].url


def test_the_search_finds_a_number_after_a_name_and_an_id(client: Client, fleet: Fleet) -> None:
    new = next_revision(fleet, fleet.variants[0], "Be brief.")
    client.force_login(fleet.viewer)
    ((one,),) = found(client, q="triage tenant-0 2").values()
    assert str(new.pk) in one.url
    assert found(client, q=str(new.pk)).keys() == {"Tenant 0 / support-triage"}
    assert "Platform default / support-triage" in found(client, q="default")
    assert found(client, q="nobody") == {}


def test_an_empty_search_suggests_live_bare_and_default(client: Client, fleet: Fleet) -> None:
    new = next_revision(fleet, fleet.variants[0], "Be brief.")
    for user, count in ((fleet.viewer, 3), (fleet.manager, 2)):
        client.force_login(user)
        groups = found(client, side="a", b=new.pk)
        assert len(groups["Beside it"]) == count
        for choice in groups["Beside it"]:
            assert client.get(choice.url).status_code == 200


def test_nothing_is_suggested_that_is_not_there(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.viewer)
    live = found(client, side="a", b=fleet.variants[0].revisions.get().pk)
    assert "What is live now" not in {choice.words for choice in live["Beside it"]}
    assert "Beside it" not in found(client, side="a", b=fleet.default.revisions.get().pk)


def test_the_search_keeps_to_ones_own_customers(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.manager)
    foreign = fleet.variants[2].revisions.get()
    assert found(client, q="tenant").keys() == {
        "Tenant 0 / support-triage", "Tenant 1 / support-triage",
    }  # fmt: skip
    assert found(client, q=str(foreign.pk)) == {}
    assert client.get("/compare/find/", {"side": "a", "b": foreign.pk}).status_code == 404


def test_slot_by_slot_gives_the_size_of_each(client: Client, fleet: Fleet) -> None:
    live = fleet.variants[0].revisions.get()
    client.force_login(fleet.viewer)
    page = client.get(f"/revisions/{live.pk}/slots/")
    tone, citations = page.context["sizes"]
    assert (tone.whose, tone.characters, tone.words) == ("overlay", 21, 4)
    assert tone.beyond == len("Be formal, variant 0.") - len("Be friendly.")
    assert tone.share == pytest.approx(21 / len(live.text))
    assert (citations.whose, citations.characters) == ("empty", 0)
    assert f"a=without-tone&amp;b={live.pk}" in page.content.decode()
    client.force_login(fleet.manager)
    foreign = fleet.variants[2].revisions.get()
    assert client.get(f"/revisions/{foreign.pk}/slots/").status_code == 404


@pytest.mark.parametrize("address", ["/compare/?a=default&b={0}", "/compare/find/?a={0}&q=tenant"])
def test_queries_do_not_grow_with_the_fleet(
    client: Client, db: None, address: str, django_assert_max_num_queries: Any
) -> None:
    fleet = build_fleet(tenants=9)
    client.force_login(fleet.viewer)
    url = address.format(fleet.variants[0].revisions.get().pk)
    client.get(url)
    with django_assert_max_num_queries(8):
        client.get(url)


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
