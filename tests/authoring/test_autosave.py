"""The draft that saves itself: what it answers, what it refuses, what it never loses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from registry.actions import discard_draft, save_draft
from registry.models import OverlayDraft, Variant
from tests.builders import Fleet, usual_fleet

pytestmark = pytest.mark.django_db


def form(tone: str, edition: int = 0) -> dict[str, str]:
    """What the page posts in the background."""
    return {"slot-tone": tone, "slot-citations": "", "edition": str(edition)}


def test_a_save_in_the_background_says_which_edition_it_made(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    saved = manager.post(f"/variants/{variant.pk}/edit/save/", form("Be brief.")).json()["saved"]
    draft = OverlayDraft.objects.get()
    assert (saved["edition"], saved["by"]) == (1, fleet.manager.display_name)
    assert saved["at"] == draft.saved_at.isoformat()
    assert draft.values == {"tone": "Be brief."}


def test_each_save_goes_over_the_edition_before_it(manager: Client, variant: Variant) -> None:
    edition = 0
    for tone in ("B", "Be", "Be b"):
        answer = manager.post(f"/variants/{variant.pk}/edit/save/", form(tone, edition))
        edition = answer.json()["saved"]["edition"]
    assert (edition, OverlayDraft.objects.get().values) == (3, {"tone": "Be b"})


def test_a_save_past_somebody_elses_is_refused_and_names_them(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(variant, {"tone": "Theirs."}, edition=0, by=fleet.engineer)
    answer = manager.post(f"/variants/{variant.pk}/edit/save/", form("Mine."))
    found = answer.json()
    assert answer.status_code == 409 and found["conflict"]
    assert fleet.engineer.display_name in found["problem"]
    assert OverlayDraft.objects.get().values == {"tone": "Theirs."}


def test_saving_what_is_saved_already_writes_nothing(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(variant, {"tone": "Same."}, edition=0, by=fleet.engineer)
    answer = manager.post(f"/variants/{variant.pk}/edit/save/", form("Same."))
    assert answer.json()["saved"]["edition"] == 1
    assert OverlayDraft.history.count() == 1


def test_what_is_typed_after_a_discard_elsewhere_is_a_new_draft(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(variant, {"tone": "First."}, edition=0, by=fleet.manager)
    discard_draft(variant, by=fleet.engineer)
    manager.post(f"/variants/{variant.pk}/edit/save/", form("First, and more.", 1))
    draft = OverlayDraft.objects.get()
    assert (draft.edition, draft.values) == (2, {"tone": "First, and more."})


def test_a_slot_the_base_does_not_know_is_kept_until_it_is_moved(
    manager: Client, variant: Variant
) -> None:
    manager.post(f"/variants/{variant.pk}/edit/save/", {"slot-elsewhere": "Words.", "edition": "0"})
    page = manager.get(f"/variants/{variant.pk}/edit/").content.decode()
    assert "Words.</textarea>" in page and "no longer has this slot" in page


def test_whoever_is_signed_out_is_sent_to_sign_in_and_nothing_is_saved(
    client: Client, fleet: Fleet
) -> None:
    answer = client.post(f"/variants/{fleet.variants[0].pk}/edit/save/", form("Mine."))
    assert answer.status_code == 302
    assert not OverlayDraft.objects.exists()


def test_a_page_can_ask_for_a_token_that_is_good_after_signing_in_again(fleet: Fleet) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(fleet.manager)
    address = f"/variants/{fleet.variants[0].pk}/edit/"
    typed = form("Mine.") | {"csrfmiddlewaretoken": "x" * 64}
    assert client.post(f"{address}save/", typed).status_code == 403
    token = client.get(f"{address}visit/").json()["token"]
    typed["csrfmiddlewaretoken"] = token
    assert client.post(f"{address}save/", typed).status_code == 200


@pytest.mark.parametrize(
    ("text", "status"),
    [("a\x00b", 400), ("x" * 3_000_000, 413), ("\ud800", 200)],
)
def test_text_that_cannot_be_stored_is_answered_not_failed(
    fleet: Fleet, variant: Variant, text: str, status: int
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(fleet.manager)
    body = f"edition=0&slot-tone={text}".encode("utf-8", "replace")
    answer = client.generic(
        "POST", f"/variants/{variant.pk}/edit/save/", body, "application/x-www-form-urlencoded"
    )
    assert answer.status_code == status


def test_a_foreign_customers_draft_is_not_there(manager: Client, fleet: Fleet) -> None:
    foreign = fleet.variants[2].pk
    for address in ("save", "merge", "restore", "visit", "discard"):
        assert manager.post(f"/variants/{foreign}/edit/{address}/", form("x")).status_code == 404
    for address in ("drafts", "visit"):
        assert manager.get(f"/variants/{foreign}/edit/{address}/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_at_once_one_is_kept_and_the_other_is_told() -> None:
    fleet = usual_fleet(tenants=2)
    people = (fleet.manager, fleet.engineer)
    addresses = f"/variants/{fleet.variants[0].pk}/edit/save/"

    def save(n: int) -> int:
        client = Client()
        client.force_login(people[n])
        try:
            return client.post(addresses, form(f"Text of {n}.")).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(save, (0, 1)))
    draft = OverlayDraft.objects.get()
    assert answers == [200, 409]
    assert (draft.edition, OverlayDraft.history.count()) == (1, 1)
