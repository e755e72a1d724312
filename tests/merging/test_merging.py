"""Bringing overlays together: nothing that is served changes, and nothing happens in silence."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from fleet.merging.found import find
from fleet.merging.page import MergingPage
from fleet.merging.said import Line, base_slots, lines_of
from fleet.release.models import Served
from registry import lines
from registry.actions import freeze_overlay, open_base
from registry.actions.merging import (
    CannotMerge,
    draft_into_base,
    draft_same,
    draft_without,
    merge_overlays,
    part_overlay,
)
from registry.compose import Slot, sha256_of
from registry.models import (
    Base,
    BaseVersion,
    Event,
    Overlay,
    OverlayDraft,
    Revision,
    Tenant,
    Variant,
)
from registry.roles import NotAllowed
from tests.builders import Fleet, make_user, usual_fleet

FORMAL = "Be formal in every single answer, and never use first names for anybody at all."
NEARLY = "Be formal in every single answer, and never use first names of anybody at all."


def line(fleet: Fleet, locale: str, tone: str, *, tenant: int = 0, lane: str = "") -> Overlay:
    """A line of one tenant for a locale, with a version that says `tone`."""
    owner = fleet.variants[tenant].tenant
    assert owner is not None
    made = Overlay.objects.create(tenant=owner, prompt=fleet.prompt, locale=locale, lane=lane)
    freeze_overlay(made, {"tone": tone}, by=fleet.engineer, note="x")
    return made


def shared(fleet: Fleet, tenant: int = 0) -> Overlay:
    return Overlay.objects.get(tenant=fleet.variants[tenant].tenant, locale="", lane="")


def served() -> list[Any]:
    return list(Served.objects.order_by("pk").values_list("sha256", "body"))


def signed_in(fleet: Fleet, role: str) -> Client:
    client = Client()
    client.force_login(fleet.people[role])
    return client


def test_lines_that_say_the_same_go_on_as_the_shared_one_and_nothing_served_changes(
    fleet: Fleet,
) -> None:
    de, fr = line(fleet, "de", "Be formal, variant 0."), line(fleet, "fr", "Be formal, variant 0.")
    german = Variant.objects.create(
        prompt=fleet.prompt, tenant=fleet.variants[0].tenant, locale="de"
    )
    assert lines.overlay_line(german) == de
    before = served(), Revision.objects.count(), BaseVersion.objects.count()
    done = merge_overlays([de, fr], by=fleet.manager, why="The same.")
    assert (served(), Revision.objects.count(), BaseVersion.objects.count()) == before
    assert done.into == shared(fleet)
    assert lines.overlay_line(german) == shared(fleet)
    assert Event.objects.filter(verb="overlay.merged", why="The same.").count() == 2


def test_shared_line_is_made_when_there_is_none(fleet: Fleet) -> None:
    tenant = Tenant.objects.create(slug="new", name="New", segment="retail")
    tenant.owners.add(fleet.manager)
    made = [
        Overlay.objects.create(tenant=tenant, prompt=fleet.prompt, locale=locale)
        for locale in ("de", "fr")
    ]
    for one in made:
        freeze_overlay(one, {"tone": FORMAL}, by=fleet.engineer, note="x")
    done = merge_overlays(made, by=fleet.manager, why="")
    head = lines.overlay_head(done.into)
    assert head is not None
    assert head.values == {"tone": FORMAL}


def test_merge_is_taken_back_while_both_say_the_same(fleet: Fleet) -> None:
    de = line(fleet, "de", "Be formal, variant 0.")
    merge_overlays([de, shared(fleet)], by=fleet.manager, why="")
    part_overlay(de, by=fleet.manager, why="Not yet.")
    de.refresh_from_db()
    assert de.merged_into is None
    merge_overlays([de], by=fleet.manager, why="")
    freeze_overlay(shared(fleet), {"tone": "New."}, by=fleet.engineer, note="x")
    with pytest.raises(CannotMerge, match="edited since"):
        part_overlay(de, by=fleet.manager, why="")


@pytest.mark.parametrize("case", ["differ", "tenants", "drafted", "merged", "shared drafted"])
def test_what_cannot_be_merged_is_refused_and_stays(fleet: Fleet, case: str) -> None:
    same = "Be formal, variant 0."
    de = line(fleet, "de", NEARLY if case == "differ" else same)
    others = [de, shared(fleet)]
    if case == "tenants":
        others.append(line(fleet, "de", same, tenant=1))
    if case == "merged":
        merge_overlays([de], by=fleet.manager, why="")
    if case.endswith("drafted"):
        OverlayDraft.objects.create(
            overlay=de if case == "drafted" else shared(fleet), values={}, saved_by=fleet.manager
        )
    before = Overlay.objects.filter(merged_into__isnull=False).count()
    with pytest.raises(CannotMerge):
        merge_overlays(others, by=fleet.engineer, why="")
    assert Overlay.objects.filter(merged_into__isnull=False).count() == before


def test_nearly_equal_lines_get_drafts_and_no_merge(fleet: Fleet) -> None:
    de, fr = line(fleet, "de", FORMAL), line(fleet, "fr", NEARLY)
    like = lines.overlay_head(de)
    assert like is not None
    before = served()
    assert draft_same([de, fr], like, by=fleet.manager) == (fr,)
    assert OverlayDraft.objects.get().values == {"tone": FORMAL}
    assert served() == before
    with pytest.raises(CannotMerge, match="Somebody is writing"):
        draft_same([de, fr], like, by=fleet.manager)


def test_repeated_default_is_cleared_by_a_draft(fleet: Fleet) -> None:
    de = line(fleet, "de", "Be friendly.")
    (repeats,) = find(lines_of(fleet.prompt, fleet.engineer), slots(fleet)).repeats
    assert (repeats.line.overlay, repeats.slots) == (de.pk, ("tone",))
    draft = draft_without(de, repeats.slots, by=fleet.manager)
    assert draft.values == {}


def slots(fleet: Fleet) -> Any:
    return base_slots(fleet.prompt)


def test_what_many_tenants_say_goes_into_the_draft_of_the_base_only(fleet: Fleet) -> None:
    for number in range(3):
        freeze_overlay(
            shared(fleet, number), {"tone": FORMAL if number else NEARLY}, by=fleet.engineer,
            note="x",
        )  # fmt: skip
    (many,) = find(lines_of(fleet.prompt, fleet.engineer), slots(fleet)).many
    assert (many.slot.name, many.tenants, many.of) == ("tone", 3, 3)
    base, before = Base.objects.get(prompt=fleet.prompt), served()
    draft_into_base(base, "tone", many.group.text, by=fleet.engineer)
    content = open_base(base).content
    assert content.slots[0].default == FORMAL
    assert content.slots[0].max_chars == 400
    assert served() == before
    assert BaseVersion.objects.count() == 1
    with pytest.raises(CannotMerge, match="no slot"):
        draft_into_base(base, "gone", "x", by=fleet.engineer)


def test_text_of_few_tenants_is_not_offered_to_the_base() -> None:
    said = [
        Line(n, n, n, f"T{n}", "", "", {"tone": FORMAL if n < 4 else f"{sha256_of(str(n))}."})
        for n in range(20)
    ]
    declared = {"": {"tone": Slot("tone")}}
    assert find(said, declared).many == ()
    silent = Line(50, 50, 50, "T50", "", "", {})
    fifth = Line(99, 99, 99, "T99", "", "", {"tone": FORMAL})
    assert find([*said, fifth, silent], declared).many[0].tenants == 5
    assert find([*said, fifth, silent], declared).many[0].silent == 1


@pytest.mark.parametrize("role", ["viewer", "policy_owner", "operator"])
def test_who_may_not_write_cannot_bring_together(fleet: Fleet, role: str) -> None:
    de = line(fleet, "de", "Be formal, variant 0.")
    by, like = fleet.people[role], lines.overlay_head(de)
    assert like is not None
    base = Base.objects.get(prompt=fleet.prompt)
    for act in (
        lambda: merge_overlays([de], by=by, why=""),
        lambda: draft_same([de], like, by=by),
        lambda: draft_without(de, ["tone"], by=by),
        lambda: draft_into_base(base, "tone", "x", by=by),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_manager_sees_and_merges_own_tenants_only(fleet: Fleet) -> None:
    last = len(fleet.variants) - 1
    theirs = line(fleet, "de", f"Be formal, variant {last}.", tenant=last)
    owner = theirs.tenant
    Tenant.objects.filter(pk=owner.pk).update(name="Zyx Secret")
    client = signed_in(fleet, "customer_success")
    assert "Zyx Secret" not in client.get(reverse("merging")).content.decode()
    assert "Zyx Secret" in signed_in(fleet, "viewer").get(reverse("merging")).content.decode()
    client.post(reverse("merging-merge"), {"lines": [theirs.pk, shared(fleet, last).pk]})
    theirs.refresh_from_db()
    assert theirs.merged_into is None
    with pytest.raises(NotAllowed):
        merge_overlays([theirs], by=fleet.manager, why="")
    head = lines.overlay_head(theirs)
    assert head is not None
    typed = {"version": head.pk, "lines": [theirs.pk]}
    assert client.post(reverse("merging-draft"), typed).status_code == 404
    assert client.post(reverse("merging-base"), typed).status_code == 404


def test_page_offers_and_does_each_act(fleet: Fleet) -> None:
    de = line(fleet, "de", "Be formal, variant 0.")
    fr, it = line(fleet, "fr", FORMAL, tenant=1), line(fleet, "it", NEARLY, tenant=1)
    es = line(fleet, "es", "Be friendly.")
    client, url = signed_in(fleet, "prompt_engineer"), reverse("merging")
    page = client.get(url).content.decode()
    for words in (
        "Merge these overlays?", "Make these overlays the same?", "Clear it in a draft",
        "nothing that is served changes",
    ):  # fmt: skip
        assert words.casefold() in page.casefold()
    prompt = {"prompt": fleet.prompt.slug}
    client.post(reverse("merging-merge"), prompt | {"lines": [de.pk, shared(fleet).pk]})
    de.refresh_from_db()
    assert de.merged_into == shared(fleet)
    assert "Take it back" in client.get(url).content.decode()
    client.post(reverse("merging-part"), prompt | {"lines": [de.pk]})
    de.refresh_from_db()
    assert de.merged_into is None
    like = lines.overlay_head(fr)
    assert like is not None
    client.post(reverse("merging-draft"), prompt | {"lines": [fr.pk, it.pk], "version": like.pk})
    assert OverlayDraft.objects.get(overlay=it).values == {"tone": FORMAL}
    client.post(reverse("merging-clear"), prompt | {"lines": [es.pk], "slot": ["tone"]})
    assert OverlayDraft.objects.get(overlay=es).values == {}
    client.post(reverse("merging-base"), prompt | {"slot": "tone", "version": like.pk})
    assert open_base(Base.objects.get()).content.slots[0].default == FORMAL
    answer = client.post(reverse("merging-merge"), prompt | {"lines": [fr.pk, it.pk]})
    assert answer.status_code == 409
    assert "Somebody is writing" in answer.content.decode()


def test_what_was_found_is_found_anew_after_a_change(fleet: Fleet) -> None:
    page = MergingPage(fleet.engineer, fleet.prompt)
    assert page.found.one == ()
    line(fleet, "de", "Be formal, variant 0.")
    assert len(MergingPage(fleet.engineer, fleet.prompt).found.one) == 1


def test_large_prompt_is_compared_after_the_page_is_there(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    line(fleet, "de", "Be formal, variant 0.")
    monkeypatch.setattr("fleet.merging.page.AT_ONCE", 2)
    client = signed_in(fleet, "prompt_engineer")
    page = client.get(reverse("merging")).content.decode()
    assert "Comparing 4 overlays" in page
    assert "The same" not in page
    found = client.get(reverse("merging-found"), {"prompt": fleet.prompt.slug}).content.decode()
    assert "The same" in found


@pytest.mark.django_db(transaction=True)
def test_two_people_merging_at_once_merge_once() -> None:
    fleet = usual_fleet(tenants=2)
    de = line(fleet, "de", "Be formal, variant 0.")
    start, refused = threading.Barrier(2), []

    def merge() -> None:
        start.wait()
        try:
            merge_overlays([de, shared(fleet)], by=fleet.engineer, why="")
        except CannotMerge as why:
            refused.append(str(why))
        finally:
            connection.close()

    threads = [threading.Thread(target=merge) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert Event.objects.filter(verb="overlay.merged").count() == 1


def test_whoever_sees_no_overlay_gets_a_page_that_says_so(fleet: Fleet) -> None:
    client = Client()
    client.force_login(make_user("customer_success", "elsewhere"))
    assert "No overlays yet" in client.get(reverse("merging")).content.decode()
    assert client.get(reverse("merging-found")).status_code == 200


def test_whoever_wrote_what_is_merged_counts_as_its_author(fleet: Fleet) -> None:
    tenant = Tenant.objects.create(slug="new", name="New", segment="retail")
    tenant.owners.add(fleet.manager)
    made = [
        Overlay.objects.create(tenant=tenant, prompt=fleet.prompt, locale=locale)
        for locale in ("de", "fr")
    ]
    for one in made:
        freeze_overlay(one, {"tone": FORMAL}, by=fleet.engineer, note="x")
    head = lines.overlay_head(merge_overlays(made, by=fleet.manager, why="").into)
    assert head is not None
    assert set(head.contributor_ids) == {fleet.manager.pk, fleet.engineer.pk}


def test_whoever_wrote_what_a_draft_begins_with_counts_as_its_author(fleet: Fleet) -> None:
    de, fr = line(fleet, "de", FORMAL), line(fleet, "fr", NEARLY)
    both = {fleet.manager.pk, fleet.engineer.pk}
    like = lines.overlay_head(de)
    assert like is not None
    draft_same([fr], like, by=fleet.manager)
    assert set(OverlayDraft.objects.get(overlay=fr).contributor_ids) == both
    assert set(draft_without(de, ["citations"], by=fleet.manager).contributor_ids) == both


def test_what_was_found_is_not_kept_past_a_change_of_owners(fleet: Fleet) -> None:
    line(fleet, "de", "Be formal, variant 0.")
    before = MergingPage(fleet.manager, fleet.prompt)
    assert any(one.tenant_name == "Tenant 0" for one in before.found.one)
    tenant = fleet.variants[0].tenant
    assert tenant is not None
    tenant.owners.remove(fleet.manager)
    moved = type(fleet.manager).objects.get(pk=fleet.manager.pk)
    after = MergingPage(moved, fleet.prompt)
    assert not any(one.tenant_name == "Tenant 0" for one in after.found.one)
