"""The overlay form: check, save, conflict, submit, with everything typed kept."""

from __future__ import annotations

import pytest
from django.test import Client

from fleet.review.models import Review
from registry.actions import freeze, save_draft
from registry.models import OverlayDraft, Variant
from tests.builders import Fleet

pytestmark = pytest.mark.django_db


@pytest.fixture
def variant(fleet: Fleet) -> Variant:
    """A customer of the manager's."""
    return fleet.variants[0]


@pytest.fixture
def manager(client: Client, fleet: Fleet) -> Client:
    """A browser signed in as the customer-success manager."""
    client.force_login(fleet.manager)
    return client


def form(tone: str, edition: int = 0, **more: str) -> dict[str, str]:
    """What the browser posts."""
    return {"slot-tone": tone, "slot-citations": "", "edition": str(edition), **more}


def test_form_opens_with_what_is_live(manager: Client, variant: Variant) -> None:
    page = manager.get(f"/variants/{variant.pk}/edit/").content.decode()
    assert "Be formal, variant 0.</textarea>" in page
    assert "How it should sound." in page
    assert "Be friendly." in page
    assert "21 of 400 characters" in page


def test_form_opens_with_the_draft_where_there_is_one(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(variant, {"tone": "Half a thought."}, edition=0, by=fleet.engineer)
    answer = manager.get(f"/variants/{variant.pk}/edit/")
    assert answer.context["page"].edition == 1
    assert "Half a thought.</textarea>" in answer.content.decode()


def test_a_text_that_begins_with_a_blank_line_keeps_it(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(variant, {"tone": "\nSecond line."}, edition=0, by=fleet.engineer)
    # HTML drops the first line end inside a textarea, so the page has to write two.
    assert "\n\nSecond line.</textarea>" in manager.get(
        f"/variants/{variant.pk}/edit/"
    ).content.decode().replace("\r\n", "\n")


def test_check_answers_findings_at_the_field_and_at_the_button(
    manager: Client, variant: Variant
) -> None:
    typed = form("We always give a full refund.", tab="guardrails")
    page = manager.post(f"/variants/{variant.pk}/edit/check/", typed).content.decode()
    assert 'id="findings-slot-tone"' in page
    shown = "<div>No refund may be promised.</div>"
    assert page.count(shown) == 2
    assert "1 must be changed" in page


def test_check_stores_nothing(manager: Client, variant: Variant) -> None:
    manager.post(f"/variants/{variant.pk}/edit/check/", form("Be brief."))
    assert not OverlayDraft.objects.exists()


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("preview", 'id="preview"'),
        ("changes", "<ins>brief</ins>"),
        ("guardrails", "nothing to say"),
    ],
)
def test_check_shows_the_tab_that_is_open(
    manager: Client, variant: Variant, tab: str, words: str
) -> None:
    typed = form("Be brief, variant 0.", tab=tab)
    page = manager.post(f"/variants/{variant.pk}/edit/check/", typed).content.decode()
    assert words in page


def test_check_counts_code_points_and_single_line_ends(manager: Client, variant: Variant) -> None:
    page = manager.post(f"/variants/{variant.pk}/edit/check/", form("a\r\n😀")).content.decode()
    assert "3 of 400 characters" in page


def test_spans_count_in_the_text_the_browser_holds(manager: Client, variant: Variant) -> None:
    typed = form("Hello 😀\r\nWe always give a full refund.")
    page = manager.post(f"/variants/{variant.pk}/edit/check/", typed).context["page"]
    finding = next(f for f in page.check.findings if f.severity == "block")
    text = "Hello 😀\nWe always give a full refund."
    assert text[slice(*finding.span)] == finding.quote


def test_saving_keeps_the_draft_and_serves_nothing_new(manager: Client, variant: Variant) -> None:
    answer = manager.post(f"/variants/{variant.pk}/edit/", form("Be brief."), follow=True)
    assert OverlayDraft.objects.get().values == {"tone": "Be brief."}
    assert "Draft saved" in answer.content.decode()
    assert variant.revisions.count() == 1


def test_saving_over_a_newer_draft_shows_both_and_stores_neither_twice(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(variant, {"tone": "Theirs."}, edition=0, by=fleet.engineer)
    answer = manager.post(f"/variants/{variant.pk}/edit/", form("Mine."))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs" in page and "Mine.</textarea>" in page
    assert 'name="edition" value="1"' in page
    assert OverlayDraft.objects.get().values == {"tone": "Theirs."}


def test_submitting_opens_a_review_with_an_eval_run(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    said = form("Be brief.", rationale="They asked for it.")
    answer = manager.post(f"/variants/{variant.pk}/edit/submit/", said)
    review = Review.objects.get()
    assert answer["Location"] == review.get_absolute_url()
    assert (review.rationale, review.opened_by) == ("They asked for it.", fleet.manager)
    assert review.revision.eval_runs.count() == 1
    assert not OverlayDraft.objects.exists()


def test_submitting_over_a_newer_draft_is_refused(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(variant, {"tone": "Theirs."}, edition=0, by=fleet.engineer)
    said = form("Mine.", rationale="Because.")
    answer = manager.post(f"/variants/{variant.pk}/edit/submit/", said)
    assert answer.status_code == 409
    assert OverlayDraft.objects.get().values == {"tone": "Theirs."}
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    ("tone", "why", "words"),
    [
        ("We always give a full refund.", "Asked.", "No refund may be promised."),
        ("Be brief.", " ", "The reason is missing."),
    ],
)
def test_submitting_what_is_blocked_keeps_what_was_typed(
    manager: Client, variant: Variant, tone: str, why: str, words: str
) -> None:
    said = form(tone, rationale=why)
    answer = manager.post(f"/variants/{variant.pk}/edit/submit/", said)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page and f"{tone}</textarea>" in page
    assert not Review.objects.exists() and not OverlayDraft.objects.exists()


def test_submitting_what_is_live_already_says_so(manager: Client, variant: Variant) -> None:
    said = form("Be formal, variant 0.", rationale="Again.")
    answer = manager.post(f"/variants/{variant.pk}/edit/submit/", said)
    assert answer.status_code == 409
    assert "exactly this content already" in answer.content.decode()


def test_discarding_throws_the_draft_away(manager: Client, fleet: Fleet, variant: Variant) -> None:
    save_draft(variant, {"tone": "Never mind."}, edition=0, by=fleet.manager)
    manager.post(f"/variants/{variant.pk}/edit/discard/")
    assert not OverlayDraft.objects.exists()


def test_the_platform_default_has_no_form(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.engineer)
    page = client.get(f"/variants/{fleet.default.pk}/edit/").content.decode()
    assert "The platform default has no overlay" in page


def test_posting_to_the_platform_default_is_refused_in_words(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.engineer)
    for address in ("check", "submit", "discard"):
        answer = client.post(f"/variants/{fleet.default.pk}/edit/{address}/", form("x"))
        assert answer.status_code == 409
        assert "The platform default has no overlay" in answer.content.decode()


def test_a_variant_with_nothing_live_says_so(client: Client, fleet: Fleet) -> None:
    empty = Variant.objects.create(
        prompt=fleet.prompt, tenant=fleet.variants[0].tenant, locale="de"
    )
    client.force_login(fleet.engineer)
    assert "Nothing is live" in client.get(f"/variants/{empty.pk}/edit/").content.decode()
    for address in ("check", "submit"):
        answer = client.post(f"/variants/{empty.pk}/edit/{address}/", form("x", rationale="y"))
        assert answer.status_code == 409
        assert "There is nothing to edit yet" in answer.content.decode()


def test_a_viewer_may_not_edit(client: Client, fleet: Fleet, variant: Variant) -> None:
    client.force_login(fleet.viewer)
    answer = client.get(f"/variants/{variant.pk}/edit/")
    assert answer.status_code == 403
    assert "You may not write a tenant" in answer.content.decode()


def test_other_managers_customers_are_not_found(manager: Client, fleet: Fleet) -> None:
    foreign = fleet.variants[2].pk
    assert manager.get(f"/variants/{foreign}/edit/").status_code == 404
    assert manager.post(f"/variants/{foreign}/edit/submit/", form("x")).status_code == 404


def test_a_text_whose_slot_is_gone_is_shown_with_what_to_do(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    save_draft(variant, {"old_slot": "Kept."}, edition=0, by=fleet.engineer)
    page = manager.get(f"/variants/{variant.pk}/edit/").content.decode()
    assert "no longer has this slot" in page and "Kept.</textarea>" in page


def test_changed_since_shown_by_live_diff_ignores_other_revisions(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    first = variant.revisions.get()
    freeze(variant, by=fleet.engineer, note="x", target=fleet.new, overlay=first.overlay_version)
    page = manager.get(f"/variants/{variant.pk}/edit/?tab=changes").context["page"]
    assert not any(page.check.summary)
