"""Two people in one overlay: three texts a slot, a choice, and nothing lost."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.authoring.actions import submit_overlay
from fleet.authoring.merge import Undecided, merge, resolved
from registry.actions import save_draft
from registry.compose import Slot
from registry.models import OverlayDraft, Variant
from tests.builders import Fleet

SLOTS = [Slot("tone", "Tone"), Slot("citations", "Citations")]


def one(was: str, theirs: str, mine: str, take: str = "") -> tuple[str, bool]:
    """The choice for one slot, and whether it is a conflict."""
    found = merge(SLOTS, {"tone": was}, {"tone": theirs}, {"tone": mine}, {"tone": take})[0]
    return found.take, found.is_conflict


@pytest.mark.parametrize(
    ("was", "theirs", "mine", "take", "conflict"),
    [
        ("a", "a", "b", "mine", False),
        ("a", "b", "a", "theirs", False),
        ("a", "b", "b", "mine", False),
        ("a", "b", "c", "", True),
        ("a", "", "c", "", True),
        ("a", "", "a", "theirs", False),
        ("", "b", "", "theirs", False),
    ],
)
def test_what_only_one_side_changed_is_chosen(
    was: str, theirs: str, mine: str, take: str, conflict: bool
) -> None:
    assert one(was, theirs, mine) == (take, conflict)


def test_a_choice_nobody_made_is_asked_for_by_name() -> None:
    with pytest.raises(Undecided, match="Tone"):
        resolved(merge(SLOTS, {"tone": "a"}, {"tone": "b"}, {"tone": "c"}))


def test_a_text_of_both_may_be_empty() -> None:
    slots = merge(
        SLOTS, {"tone": "a"}, {"tone": "b"}, {"tone": "c"}, {"tone": "edit"}, {"tone": ""}
    )
    assert resolved(slots) == {"tone": ""}


texts = st.dictionaries(st.sampled_from(["tone", "citations", "gone"]), st.sampled_from("abc"))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(was=texts, theirs=texts, mine=texts)
def test_every_change_of_either_side_is_in_the_result_or_asked_about(
    was: dict[str, str], theirs: dict[str, str], mine: dict[str, str]
) -> None:
    for slot in merge(SLOTS, was, theirs, mine):
        sides = {text for text in (slot.theirs, slot.mine) if text != slot.was}
        if slot.take:
            assert sides <= {slot.chosen}
        else:
            assert len(sides) == 2


def typed(tone: str, citations: str, edition: int, opened_on: str = "draft") -> dict[str, str]:
    """What the form posts."""
    return {
        "slot-tone": tone, "slot-citations": citations, "edition": str(edition),
        "opened_on": opened_on, "rationale": "They asked.",
    }  # fmt: skip


@pytest.mark.django_db
def test_the_merge_view_shows_what_was_theirs_and_ours(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(variant, {"tone": "Was.", "citations": "Name sources."}, edition=0, by=fleet.manager)
    save_draft(variant, {"tone": "Theirs."}, edition=1, by=fleet.engineer)
    answer = manager.post(
        f"/variants/{variant.pk}/edit/", typed("Mine.", "Name sources.", edition=1)
    )
    tone, citations = answer.context["page"].slots
    assert answer.status_code == 409
    assert (tone.was, tone.theirs, tone.mine, tone.take) == ("Was.", "Theirs.", "Mine.", "")
    assert (citations.theirs, citations.take) == ("", "theirs")


@pytest.mark.django_db
def test_without_a_draft_the_form_began_with_what_was_live(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    opened_on = manager.get(f"/variants/{variant.pk}/edit/").context["page"].opened_on
    save_draft(variant, {"tone": "Theirs."}, edition=0, by=fleet.engineer)
    answer = manager.post(f"/variants/{variant.pk}/edit/", typed("Mine.", "", 0, opened_on))
    assert answer.context["page"].slots[0].was == "Be formal, variant 0."


@pytest.mark.django_db
def test_the_choice_is_saved_over_their_edition_and_the_reason_is_kept(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(variant, {"tone": "Theirs."}, edition=0, by=fleet.engineer)
    chosen = choice("tone", "Theirs.", "Mine.", take="edit", edit="Of both.", edition=1)
    answer = manager.post(f"/variants/{variant.pk}/edit/merge/", chosen, follow=True)
    draft = OverlayDraft.objects.get()
    assert (draft.values, draft.edition) == ({"tone": "Of both."}, 2)
    assert set(draft.contributor_ids) == {fleet.engineer.pk, fleet.manager.pk}
    assert "They asked.</textarea>" in answer.content.decode()


@pytest.mark.django_db
def test_a_merge_without_a_choice_is_shown_again_with_all_texts(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(variant, {"tone": "Theirs."}, edition=0, by=fleet.engineer)
    undecided = choice("tone", "Theirs.", "Mine.", take="", edit="Half a thought.", edition=1)
    answer = manager.post(f"/variants/{variant.pk}/edit/merge/", undecided)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose a text for Tone." in page and "Half a thought.</textarea>" in page
    assert fleet.engineer.display_name in page
    assert OverlayDraft.objects.get().values == {"tone": "Theirs."}


@pytest.mark.django_db
def test_a_save_during_the_merge_brings_the_merge_back_with_the_newest_text(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(variant, {"tone": "Theirs."}, edition=0, by=fleet.engineer)
    save_draft(variant, {"tone": "Theirs again."}, edition=1, by=fleet.engineer)
    late = choice("tone", "Theirs.", "Mine.", take="mine", edit="", edition=1)
    answer = manager.post(f"/variants/{variant.pk}/edit/merge/", late)
    slot = answer.context["page"].slots[0]
    assert answer.status_code == 409
    assert (slot.was, slot.theirs, slot.mine) == ("Theirs.", "Theirs again.", "Mine.")
    assert OverlayDraft.objects.get().values == {"tone": "Theirs again."}


@pytest.mark.django_db
def test_what_was_submitted_meanwhile_is_merged_with_too(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    opened_on = manager.get(f"/variants/{variant.pk}/edit/").context["page"].opened_on
    submit_overlay(variant, {"tone": "Submitted."}, "They asked.", fleet.engineer, edition=0)
    answer = manager.post(f"/variants/{variant.pk}/edit/", typed("Mine.", "", 0, opened_on))
    page = answer.context["page"]
    assert (answer.status_code, page.slots[0].theirs) == (409, "Submitted.")
    chosen = choice("tone", "Submitted.", "Mine.", take="mine", edit="", edition=page.edition)
    manager.post(f"/variants/{variant.pk}/edit/merge/", chosen)
    assert OverlayDraft.objects.get().values == {"tone": "Mine."}


def choice(
    slot: str, theirs: str, mine: str, *, take: str, edit: str, edition: int
) -> dict[str, str]:
    """What the merge view posts for one slot."""
    return {
        f"was-{slot}": "Be formal, variant 0.", f"theirs-{slot}": theirs, f"mine-{slot}": mine,
        f"take-{slot}": take, f"edit-{slot}": edit, "edition": str(edition),
        "rationale": "They asked.",
    }  # fmt: skip
