"""What the form begins with, what moved under it, and how much it may hold."""

from __future__ import annotations

import pytest
from django.test import Client

from fleet.authoring.actions import NothingToSubmit, submit_overlay
from fleet.authoring.ground import ground_of
from fleet.authoring.moved import slot_moves
from fleet.authoring.overlay import opened_page
from fleet.review.actions import withdraw
from fleet.review.models import Review
from registry.actions import publish_base, publish_policy, save_draft
from registry.compose import Slot
from registry.models import ModelTarget, OverlayDraft, Variant
from tests.authoring.counting import queries_of
from tests.builders import BASE, RULES, SLOTS, VARIABLES, Fleet

pytestmark = pytest.mark.django_db


def form(tone: str, **more: str) -> dict[str, str]:
    """What the browser posts."""
    return {"slot-tone": tone, "slot-citations": "", "edition": "0", **more}


def newer_base(fleet: Fleet, *, slots: list[Slot], text: str = BASE) -> None:
    """Base 2.0.0 is out."""
    publish_base(
        prompt=fleet.prompt, text=text, slots=slots, variables=VARIABLES, by=fleet.engineer,
        note="Second", semver="2.0.0",
    )  # fmt: skip


def test_form_opened_during_a_review_starts_from_the_reviewed_text(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    submit_overlay(variant, {"tone": "Under review."}, "They asked.", fleet.engineer)
    answer = manager.get(f"/variants/{variant.pk}/edit/")
    page = answer.content.decode()
    assert "Under review.</textarea>" in page
    assert "starts from its text, not from what is live" in page
    assert answer.context["page"].edition == 1


def test_after_the_review_is_withdrawn_the_form_starts_from_live_again(
    fleet: Fleet, variant: Variant
) -> None:
    review = submit_overlay(variant, {"tone": "Under review."}, "They asked.", fleet.engineer)
    withdraw(review, by=fleet.engineer)
    assert opened_page(variant, "").check.values == {"tone": "Be formal, variant 0."}


def test_a_draft_goes_before_the_review(manager: Client, fleet: Fleet, variant: Variant) -> None:
    submit_overlay(variant, {"tone": "Under review."}, "They asked.", fleet.engineer)
    save_draft(variant, {"tone": "My draft."}, edition=1, by=fleet.manager)
    page = manager.get(f"/variants/{variant.pk}/edit/").content.decode()
    assert "My draft.</textarea>" in page and "The draft below was kept" in page


def test_a_newer_base_is_announced_with_what_it_means_for_this_overlay(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    fresh = Slot("greeting", "Greeting", required=True)
    newer_base(fleet, slots=[fresh], text="Hello.\n{{> greeting}}\nEnd.")
    page = manager.get(f"/variants/{variant.pk}/edit/").content.decode()
    for words in ("Base 2.0.0 is out", "live stands on 1.0.0", "Gone:", "New:", "Required and"):
        assert words in page


def test_what_a_newer_base_asks_of_an_overlay() -> None:
    old = [Slot("tone", "Tone"), Slot("more", "More", default="Old.", mode="append"), Slot("gone")]
    new = [
        Slot("tone", "Tone", default="New."), Slot("more", "More", default="New.", mode="append"),
        Slot("must", "Must", required=True),
    ]  # fmt: skip
    assert slot_moves(old, new, {"tone": "Own.", "more": "Own.", "gone": "Own."}) == (
        ("gone",), ("Must",), ("Must",), ("More",),
    )  # fmt: skip
    assert slot_moves(old, new, {})[3] == ("Tone", "More")


def test_a_newer_policy_is_announced_with_its_findings(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    publish_policy(text="Newer.", rules=RULES, by=fleet.policy_owner, note="Newer")
    page = manager.get(f"/variants/{variant.pk}/edit/").content.decode()
    assert "Policy 2 is current" in page and "nothing against this text" in page


def test_nothing_is_announced_while_nothing_moved(manager: Client, variant: Variant) -> None:
    page = manager.get(f"/variants/{variant.pk}/edit/").content.decode()
    assert "is out" not in page and "is current" not in page


def test_an_empty_change_is_refused_in_words(fleet: Fleet, variant: Variant) -> None:
    with pytest.raises(NothingToSubmit, match="Revision 1, which is live"):
        submit_overlay(variant, {"tone": "Be formal, variant 0."}, "Again.", fleet.manager)
    assert not Review.objects.exists() and not OverlayDraft.objects.exists()


def test_the_same_words_on_a_newer_base_are_a_change(fleet: Fleet, variant: Variant) -> None:
    newer_base(fleet, slots=SLOTS, text=f"{BASE} More.")
    review = submit_overlay(variant, {"tone": "Be formal, variant 0."}, "Move.", fleet.manager)
    assert review.revision.base_version.semver == "2.0.0"


@pytest.mark.parametrize(
    ("tone", "words"),
    [
        ("Be formal, variant 0.", "Nothing differs from what is live"),
        ("Be brief.", "1 slot changes</strong>: Tone."),
        ("We always give a full refund.", "1 finding must be changed first"),
    ],
)
def test_the_dialog_says_what_a_submit_would_ask_for(
    manager: Client, variant: Variant, tone: str, words: str
) -> None:
    page = manager.post(f"/variants/{variant.pk}/edit/check/", form(tone)).content.decode()
    assert words in page


def test_the_models_view_fills_in_samples_and_what_is_typed_for_them(
    manager: Client, variant: Variant
) -> None:
    address = f"/variants/{variant.pk}/edit/check/"
    page = manager.post(address, form("Hi.", tab="model")).content.decode()
    assert "customers of Ana&#x27;s shop" in page
    typed = form("Hi.", tab="model", **{"sample-user_name": "<b>Bo</b>"})
    page = manager.post(address, typed).content.decode()
    assert "customers of &lt;b&gt;Bo&lt;/b&gt;&#x27;s shop" in page
    typed["sample-user_name"] = ""
    assert "customers of {{user_name}}" in manager.post(address, typed).content.decode()


def test_the_meter_holds_the_prompt_against_the_models_window(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    ModelTarget.objects.filter(pk=fleet.old.pk).update(context_window=32_000)
    page = manager.post(f"/variants/{variant.pk}/edit/check/", form("Hi.")).content.decode()
    assert "of 32,000 tokens" in page and "estimate" in page
    assert "3 of 1,600 characters" in page


def test_a_slots_own_limit_in_tokens_is_metered(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    newer_base(fleet, slots=[Slot("tone", "Tone", max_tokens=2), SLOTS[1]])
    page = manager.post(
        f"/variants/{variant.pk}/edit/check/", form("Many more words than two tokens are.")
    ).content.decode()
    assert "of 2 tokens (estimate), too long" in page


def test_one_slot_alone_is_an_address_and_the_others_stay_in_the_form(
    manager: Client, variant: Variant
) -> None:
    page = manager.get(f"/variants/{variant.pk}/edit/?slot=citations").content.decode()
    assert 'data-slot-place="tone" data-slot-label="Tone" hidden' in page
    assert 'data-slot-place="citations" data-slot-label="Citations">' in page
    assert manager.get(f"/variants/{variant.pk}/edit/?slot=nothing").context["page"].only == ""


def test_form_and_check_take_as_many_queries_with_12_revisions_as_with_2(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    address = f"/variants/{variant.pk}/edit/"

    def count() -> tuple[int, int]:
        return (
            queries_of(lambda: manager.get(address)),
            queries_of(lambda: manager.post(f"{address}check/", form("Be brief."))),
        )

    submit_overlay(variant, {"tone": "First."}, "Asked.", fleet.engineer)
    few = count()
    for n in range(10):
        edition = OverlayDraft.history.count()
        review = submit_overlay(
            variant, {"tone": f"{n}."}, "Asked.", fleet.engineer, edition=edition
        )
        withdraw(review, by=fleet.engineer)
    assert count() == few
    assert few[1] <= 14


def test_the_ground_of_a_variant_is_its_own(fleet: Fleet) -> None:
    submit_overlay(fleet.variants[1], {"tone": "Elsewhere."}, "Asked.", fleet.engineer)
    assert ground_of(fleet.variants[0]).review is None
