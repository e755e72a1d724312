"""Who is quicker than the page loses nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from tests.journeys.conftest import People

pytestmark = pytest.mark.journey


def test_typed_before_the_scripts_came_is_checked_and_saved(people: People) -> None:
    held: list[Route] = []
    with people.acting("mo") as page:
        page.goto("/?q=harcourt")
        page.get_by_role("main").get_by_role("link", name=re.compile("Harcourt")).first.click()
        edit = page.get_by_role("link", name="Edit", exact=True).get_attribute("href")
        page.route("**/editor-save*.js", lambda route: held.append(route))
        page.goto(str(edit), wait_until="commit")
        tone = page.get_by_label("Tone of voice")
        tone.fill("Calm. Always promise customers a full refund.")
        assert len(held) == 1, "the script was still on its way"
        held[0].continue_()
        expect(page.locator("#save-state")).to_contain_text("Saved")
        expect(page.locator("#findings-slot-tone")).to_contain_text("refund")


def test_a_view_that_was_asked_for_opens_though_something_is_typed_meanwhile(
    people: People,
) -> None:
    held: list[Route] = []
    with people.acting("mo") as page:
        page.goto("/?q=harcourt")
        page.get_by_role("main").get_by_role("link", name=re.compile("Harcourt")).first.click()
        page.get_by_role("link", name="Edit", exact=True).click()
        tone = page.get_by_label("Tone of voice")
        expect(tone).to_be_visible()
        page.route("**/check/", lambda route: held.append(route))
        view = page.get_by_role("link", name="What the model sees")
        view.click()
        with page.expect_event("requestfailed"):  # the check takes the place of the view
            tone.fill("Calm and brief.")
        held[-1].continue_()
        page.unroute("**/check/")
        expect(view).to_have_attribute("aria-current", "page")
