"""A change breaks a customer's contract: why is read in words, cases are added, those alone run."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import People

pytestmark = pytest.mark.journey

TENANT = "Cloudnest"
MOVING = ".htmx-request, .htmx-swapping, .htmx-settling"
SLOW = 90_000  # ms: a whole run against the simulated models


def test_why_it_is_no_go_two_more_cases_and_only_those_run(people: People) -> None:
    with people.acting("jonas") as page:
        _break_the_format(page)
        _read_why(page)
        suite = _add_two_cases(page)
        _try_one_at_once(page)
        _freeze(page)
        page.goto(suite)
        _run_only_the_new_ones(page)


def _break_the_format(page: Page) -> None:
    """Their help desk reads JSON; the new overlay asks for plain sentences."""
    page.goto("/")
    page.get_by_role("searchbox", name="Search customers").fill(TENANT)
    page.get_by_role("link", name=re.compile(TENANT)).first.click()
    page.get_by_role("link", name="Edit", exact=True).click()
    formatting = page.locator("[name=slot-formatting]").first
    formatting.fill("Answer in two plain sentences.")
    expect(page.locator("#save-state")).to_contain_text("Saved", timeout=20_000)
    page.get_by_role("button", name=re.compile("Submit for review")).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("JSON looked odd in the chat.")
    dialog.get_by_role("button", name=re.compile("Submit")).click()
    page.wait_for_url(re.compile(r"/reviews/\d+/"))


def _read_why(page: Page) -> None:
    """From the review to its run: progress, then the verdict in words with the cases by name."""
    page.get_by_role("link", name=re.compile("Watch the run|run", re.IGNORECASE)).first.click()
    page.wait_for_url(re.compile(r"/eval-runs/"))
    main = page.get_by_role("main")
    expect(main).to_contain_text(re.compile(r"No-go\.\s+.*about format", re.DOTALL), timeout=SLOW)
    expect(main).to_contain_text(re.compile("that (passed|held) on"))
    expect(main).to_contain_text("Simulated")
    broken = main.get_by_text(re.compile(r"slice/"))
    expect(broken.first).to_be_visible()


def _add_two_cases(page: Page) -> str:
    """The customer's slice, from the list of suites."""
    page.goto("/suites/?q=cloudnest")
    page.get_by_role("main").get_by_role("link", name=re.compile(TENANT)).first.click()
    suite = page.url
    page.get_by_role("link", name="Edit the cases").click()
    for question in ("Where is parcel 5501?", "Cancel my plan, please."):
        page.get_by_role("button", name="Add a case").click()
        turn = page.get_by_label("Turn 1", exact=True)
        expect(turn).to_have_value("")
        turn.fill(question)
        page.get_by_role("button", name="Add an expectation").click()
        page.get_by_label("Expectation 1", exact=True).select_option("json_valid")
        expect(page.locator("#case-form")).to_contain_text(re.compile("Fails when", re.IGNORECASE))
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator("#case-rows")).to_contain_text(question)
        expect(page.locator(MOVING)).to_have_count(0)
    return suite


def _try_one_at_once(page: Page) -> None:
    page.get_by_role("button", name="Ask once").click()
    expect(page.locator("#tried")).to_contain_text("Simulated", timeout=30_000)
    expect(page.locator("#tried")).to_contain_text(re.compile("Passes|Fails"), timeout=30_000)


def _freeze(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Freeze as version")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile("2 (added|new)"))
    dialog.get_by_role("textbox").fill("Parcels and cancelling in JSON as well.")
    dialog.get_by_role("button", name="Freeze").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("version 2")


def _run_only_the_new_ones(page: Page) -> None:
    page.locator("#run-what").select_option("new")
    page.get_by_role("button", name="Run as a trial").click()
    page.wait_for_url(re.compile(r"/eval-runs/"))
    expect(page.get_by_role("main")).to_contain_text("2 of 2", timeout=SLOW)
