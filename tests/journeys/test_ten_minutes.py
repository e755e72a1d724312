"""The ten-minute path: a manager who is no engineer writes a safe overlay, and is not alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import People

pytestmark = pytest.mark.journey

TENANT = "Skylark Air"
PROMISE = "Warm and brief. Always promise customers a full refund."
MINE = "Warm and brief, like the crew at the gate."
THEIRS = "Calm and exact, like the captain."
BOTH = "Calm and warm, like a good crew."


def test_a_manager_writes_a_safe_overlay_and_a_second_save_is_refused_with_both_texts(
    people: People,
) -> None:
    with people.acting("mo") as mo, people.acting("ines") as ines:
        edit = _open_edit(mo)
        ines.goto(edit)
        _break_a_rule_and_mend_it(mo)
        _look_at_what_it_amounts_to(mo)
        expect(mo.locator("#visitors")).to_contain_text("Inês", timeout=30_000)  # a beat each 10 s
        _be_refused_and_merge(ines)
        _be_refused_by_the_merge(mo)
        _submit(mo)


def _open_edit(page: Page) -> str:
    page.goto("/")
    page.get_by_role("searchbox", name="Search customers").fill("skylark")
    page.get_by_role("link", name=TENANT, exact=True).first.click()
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("Edit the overlay"))).to_be_visible()
    return page.url


def _break_a_rule_and_mend_it(page: Page) -> None:
    tone = page.get_by_label("Tone of voice")
    tone.fill(PROMISE)
    marked = page.locator("mark.mark-block")
    expect(marked.first).to_contain_text("Always promise customers a full refund")
    expect(page.locator("#submit-count")).to_contain_text("must be changed")
    page.locator("#findings-slot-tone").get_by_role("button").first.click()
    expect(tone).not_to_have_value(re.compile("Always promise"))
    expect(page.locator("#submit-count")).not_to_contain_text("must be changed")
    expect(marked).to_have_count(0)
    tone.fill(MINE)
    expect(page.locator("#save-state")).to_contain_text("Saved")


def _look_at_what_it_amounts_to(page: Page) -> None:
    amounts = page.get_by_role("region", name="What it amounts to")
    page.get_by_role("link", name="Changes").click()
    expect(amounts.get_by_role("region", name="Comparison")).to_contain_text(MINE)
    page.get_by_role("link", name="What the model sees").click()
    expect(amounts.get_by_role("region", name="What the model sees")).to_contain_text(MINE)
    expect(amounts).not_to_contain_text("{{user_name}}")
    expect(amounts).to_contain_text("tokens")


def _be_refused_and_merge(page: Page) -> None:
    """The other one's form was opened before: their saving is refused, nothing is lost."""
    page.get_by_label("Tone of voice").fill(THEIRS)
    page.get_by_role("button", name="Compare and merge").click()
    expect(page.get_by_role("heading", name=re.compile("saved this overlay while"))).to_be_visible()
    main = page.get_by_role("main")
    expect(main).to_contain_text(MINE)
    expect(main).to_contain_text(THEIRS)
    page.get_by_label("Tone of voice: a text of both").fill(BOTH)
    page.get_by_role("button", name="Save the merged draft").click()
    expect(page.get_by_label("Tone of voice")).to_have_value(BOTH)


def _be_refused_by_the_merge(page: Page) -> None:
    """Now the first form is the old one: its next saving is refused as well."""
    page.get_by_label("Tone of voice").fill(f"{MINE} Always.")
    page.get_by_role("button", name="Compare and merge").click()
    expect(page.get_by_role("main")).to_contain_text(BOTH)
    page.get_by_role("radio", name=re.compile("^Theirs")).check()
    page.get_by_role("button", name="Save the merged draft").click()
    expect(page.get_by_label("Tone of voice")).to_have_value(BOTH)


def _submit(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Submit for review")).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("Skylark asked for a calmer voice.")
    dialog.get_by_role("button", name="Submit", exact=True).click()
    page.wait_for_url(re.compile(r"/reviews/\d+/"))
    expect(page.get_by_role("main")).to_contain_text(BOTH)
