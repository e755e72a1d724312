"""Earlier drafts: listed by sitting, compared, brought back, and nothing lost by it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from fleet.authoring.earlier import Save, gathered
from registry.actions import discard_draft, save_draft
from registry.models import OverlayDraft, Variant
from tests.authoring.counting import queries_of
from tests.builders import Fleet

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def save(
    row: int, minutes: int, by: int = 1, kind: str = "~", text: str = "A text.", why: str = ""
) -> Save:
    """One save, `minutes` after noon."""
    return row, kind, NOON + dt.timedelta(minutes=minutes), by, {"tone": text}, why


def rows(*saves: Save) -> list[tuple[int, int, bool]]:
    """(newest row, saves, closed) of each sitting."""
    found = gathered(sorted(saves, key=lambda one: one[0], reverse=True))
    return [(sitting.row, sitting.saves, sitting.closed) for sitting in found]


def test_saves_without_a_pause_are_one_sitting() -> None:
    assert rows(save(1, 0), save(2, 4), save(3, 8)) == [(3, 3, False)]


def test_a_pause_or_another_person_begins_a_new_sitting() -> None:
    assert rows(save(1, 0), save(2, 5), save(3, 6, by=2)) == [
        (3, 1, False), (2, 1, False), (1, 1, False),
    ]  # fmt: skip


def test_a_draft_that_was_closed_says_so() -> None:
    assert rows(save(1, 0), save(2, 1, kind="-"), save(3, 2)) == [(3, 1, False), (1, 1, True)]


def test_a_text_that_was_mostly_deleted_is_found_again() -> None:
    assert rows(save(1, 0, text="Long, long words."), save(2, 1, text="Long"), save(3, 2)) == [
        (3, 2, False), (1, 1, False),
    ]  # fmt: skip


def test_what_stood_there_before_one_was_brought_back_is_found_again() -> None:
    assert rows(save(1, 0), save(2, 1, why="Brought back"), save(3, 2)) == [
        (3, 2, False), (1, 1, False),
    ]  # fmt: skip


@pytest.mark.django_db
def test_an_earlier_draft_is_compared_with_what_the_form_shows(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(variant, {"tone": "First."}, edition=0, by=fleet.engineer)
    save_draft(variant, {"tone": "Second."}, edition=1, by=fleet.manager)
    answer = manager.get(f"/variants/{variant.pk}/edit/drafts/")
    page = answer.context["page"]
    assert [sitting.who for sitting in page.sittings] == ["customer_success", "prompt_engineer"]
    assert page.shown.values == {"tone": "First."}
    assert page.sittings[0].changed == ("Tone",)
    assert "Bring this draft back" in answer.content.decode()


@pytest.mark.django_db
def test_bringing_one_back_is_one_more_save_and_can_be_taken_back(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(variant, {"tone": "First."}, edition=0, by=fleet.engineer)
    save_draft(variant, {"tone": "Second."}, edition=1, by=fleet.manager)
    first, second = OverlayDraft.history.order_by("history_id").values_list("pk", flat=True)
    restore(manager, variant, first, edition=2)
    assert OverlayDraft.objects.get().values == {"tone": "First."}
    restore(manager, variant, second, edition=3)
    draft = OverlayDraft.objects.get()
    assert (draft.values, draft.edition) == ({"tone": "Second."}, 4)


@pytest.mark.django_db
def test_a_draft_that_was_thrown_away_can_be_brought_back(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(variant, {"tone": "Precious."}, edition=0, by=fleet.manager)
    answer = manager.post(f"/variants/{variant.pk}/edit/discard/", follow=True)
    assert "Bring it back" in answer.content.decode()
    page = manager.get(f"/variants/{variant.pk}/edit/drafts/").context["page"]
    restore(manager, variant, page.shown.row, page.edition)
    assert OverlayDraft.objects.get().values == {"tone": "Precious."}


@pytest.mark.django_db
def test_bringing_one_back_over_a_newer_save_is_refused(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(variant, {"tone": "First."}, edition=0, by=fleet.manager)
    save_draft(variant, {"tone": "Second."}, edition=1, by=fleet.engineer)
    first = OverlayDraft.history.order_by("history_id").values_list("pk", flat=True)[0]
    restore(manager, variant, first, edition=1)
    assert OverlayDraft.objects.get().values == {"tone": "Second."}


@pytest.mark.django_db
def test_another_overlays_draft_is_not_found(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(fleet.variants[2], {"tone": "Secret."}, edition=0, by=fleet.engineer)
    save_draft(variant, {"tone": "Own."}, edition=0, by=fleet.manager)
    secret = OverlayDraft.history.get(values={"tone": "Secret."}).pk
    answer = manager.post(f"/variants/{variant.pk}/edit/restore/", {"row": secret, "edition": "1"})
    assert answer.status_code == 404
    page = manager.get(f"/variants/{variant.pk}/edit/drafts/", {"show": secret}).content.decode()
    assert "Secret." not in page


@pytest.mark.django_db
def test_before_anything_was_saved_the_page_says_what_it_is_for(
    manager: Client, variant: Variant
) -> None:
    page = manager.get(f"/variants/{variant.pk}/edit/drafts/").content.decode()
    assert "Nothing was saved for this overlay yet" in page


@pytest.mark.django_db
def test_the_list_takes_as_many_queries_for_3_saves_as_for_60(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    def fill(count: int) -> int:
        for _ in range(count):
            draft = OverlayDraft.objects.first()
            edition = draft.edition if draft else 0
            by = fleet.engineer if edition % 2 else fleet.manager
            save_draft(variant, {"tone": f"Text {edition}"}, edition=edition, by=by)
        return queries_of(lambda: manager.get(f"/variants/{variant.pk}/edit/drafts/"))

    assert fill(3) == fill(57)


def restore(client: Client, variant: Variant, row: int, edition: int) -> None:
    """Press the button."""
    typed = {"row": str(row), "edition": str(edition)}
    assert client.post(f"/variants/{variant.pk}/edit/restore/", typed).status_code == 302


@pytest.mark.django_db
def test_a_discard_keeps_the_history(fleet: Fleet, variant: Variant) -> None:
    save_draft(variant, {"tone": "Kept."}, edition=0, by=fleet.manager)
    discard_draft(variant, by=fleet.manager)
    assert OverlayDraft.history.filter(values={"tone": "Kept."}).exists()


@pytest.mark.django_db
def test_who_wrote_a_draft_that_is_brought_back_still_counts_as_its_author(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(variant, {"tone": "The engineer's words."}, edition=0, by=fleet.engineer)
    discard_draft(variant, by=fleet.engineer)
    page = manager.get(f"/variants/{variant.pk}/edit/drafts/").context["page"]
    manager.post(
        f"/variants/{variant.pk}/edit/restore/",
        {"row": page.sittings[0].row, "edition": page.edition},
    )
    draft = OverlayDraft.objects.get(overlay__tenant=variant.tenant)
    assert set(draft.contributor_ids) == {fleet.manager.pk, fleet.engineer.pk}
