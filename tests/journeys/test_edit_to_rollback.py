"""Edit, lint, diff, submit, eval, approve, live, fetched, rolled back, fetched again."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import People

pytestmark = pytest.mark.journey
Fetch = Callable[[str], dict[str, object]]


def test_one_variant_from_edit_to_live_and_back(people: People, fetch: Fetch) -> None:
    before = fetch("acme")
    assert before["stage"] == "live"
    with people.acting("mo") as page:
        _open_acme(page)
        _write_and_submit(page)
        review = page.url
        expect(page.get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    assert fetch("acme") == before, "nothing is served before it is approved"
    with people.acting("ruth") as page:
        _approve(page, review)
    with people.acting("ines") as page:
        _make_live(page, review)
    live = fetch("acme")
    assert live["revision"] != before["revision"]
    assert "Warm and brief" in str(live["text"])
    with people.acting("mo") as page:
        _open_acme(page)
        _roll_back(page, f"from revision {live['revision']} to {before['revision']}")
    after = fetch("acme")
    assert (after["text"], after["sha256"], after["revision"]) == (
        before["text"], before["sha256"], before["revision"],
    )  # fmt: skip


def _open_acme(page: Page) -> None:
    page.goto("/")
    page.get_by_role("searchbox", name="Search customers").fill("acme")
    page.get_by_role("link", name="Acme Tools", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("Acme Tools"))).to_be_visible()


def _write_and_submit(page: Page) -> None:
    page.get_by_role("link", name="Edit", exact=True).click()
    tone = page.get_by_label("Tone of voice")
    tone.fill("Warm and brief. Always promise customers a full refund.")
    finding = page.locator("#findings-slot-tone")
    expect(finding).to_contain_text("refund")
    finding.get_by_role("button").first.click()
    expect(tone).not_to_have_value(re.compile("Always promise customers a full refund"))
    tone.fill("Warm and brief, like a colleague in the workshop.")
    expect(finding).not_to_contain_text("refund")
    page.get_by_role("link", name=re.compile("Changes")).click()
    changes = page.get_by_role("region", name="What it amounts to")
    expect(changes).to_contain_text("With this overlay")
    expect(changes).to_contain_text("Warm and brief, like a colleague in the workshop.")
    page.get_by_role("button", name=re.compile("Submit for review")).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("Acme asked for shorter answers.")
    dialog.get_by_role("button", name=re.compile("Submit")).click()
    page.wait_for_url(re.compile(r"/reviews/\d+/"))


def _approve(page: Page, review: str) -> None:
    page.goto("/reviews/")
    expect(page.get_by_text("Acme asked for shorter answers.").first).to_be_visible()
    page.goto(review)
    approve = page.get_by_role("button", name="Approve", exact=True).first
    expect(approve).to_be_visible(timeout=60_000)  # the eval run ends, the page hears of it
    expect(page.locator(".verdict-word").first).to_have_text("Go.", timeout=60_000)
    approve.click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Approve")).click()
    expect(page.get_by_role("main").get_by_text("Approved").first).to_be_visible()


def _make_live(page: Page, review: str) -> None:
    page.goto(review)
    page.get_by_role("button", name="Make live").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("stay as they are")
    dialog.get_by_role("button", name="Make it live").click()
    expect(page.get_by_role("main").get_by_text("Published").first).to_be_visible()


def _roll_back(page: Page, named: str) -> None:
    page.get_by_role("button", name=re.compile("Roll back")).first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(named)
    dialog.get_by_role("textbox").fill("Acme complains: too short.")
    dialog.get_by_role("button", name=re.compile("Roll back")).click()
    expect(page.get_by_text("Acme complains: too short.").first).to_be_visible()
