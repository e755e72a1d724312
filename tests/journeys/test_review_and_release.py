"""Author and reviewer in two browsers, a canary, and a running SDK that hears of it all."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from registry.client import Prompt, PromptClient
from tests import live
from tests.journeys.conftest import People, Up

pytestmark = pytest.mark.journey

TENANT, NAME = "freightwise", "Freightwise"
FIRST = "Crisp and plain, like a dispatcher on the phone."
SECOND = "Crisp and kind, like a dispatcher who has time for you."
EVALUATED_MS = 90_000


@contextmanager
def application(up: Up) -> Iterator[PromptClient]:
    """An application that fetches its prompts, with a session for every arm."""
    said = up.manage("create_api_key", "--name", "sdk", "--scopes", "prompts:read")
    with PromptClient(up.url, said.strip().splitlines()[-1]) as client:
        yield client


def get(client: PromptClient, session: str | None = None) -> Prompt:
    return client.get("support-triage", tenant=TENANT, session=session)


def test_a_review_goes_back_and_forth_and_an_application_hears_of_every_step(
    people: People, up: Up
) -> None:
    with application(up) as client:
        before = get(client)
        with people.acting("mo") as author, people.acting("ruth") as reviewer:
            first = _submit(author, FIRST, "They found us wordy.")
            _comment_and_ask_for_changes(reviewer, first)
            _see_the_request(author, first)
            second = _submit(author, SECOND, "Crisp, but kind.")
            _wait_for_the_verdict(reviewer, second)
            with people.acting("jonas") as other:
                _wait_for_the_verdict(other, second)
                _approve(other)
            _be_refused_with_words(reviewer)
        assert get(client).sha256 == before.sha256, "approved is not served"
        with people.acting("ines") as engineer:
            _start_a_canary(engineer, second)
            live.until(
                lambda: {get(client, f"s{n}").revision for n in range(40)} != {before.revision},
                seconds=10, what="some sessions have the canary",
            )  # fmt: skip
            assert get(client).revision == before.revision, "without a session: what is live"
            kept = {f"s{n}": get(client, f"s{n}").revision for n in range(40)}
            assert {name: get(client, name).revision for name in kept} == kept
            _make_live_for_all(engineer)
        live.until(lambda: SECOND in get(client).text, seconds=5, what="the SDK has the new text")
        with people.acting("mo") as author:
            asked = _roll_back(author)
            live.until(
                lambda: get(client).sha256 == before.sha256, seconds=5, what="the old text again"
            )
            print(f"click -> SDK: {time.monotonic() - asked:.2f} s, page load included")


def _submit(page: Page, tone: str, why: str) -> str:
    page.goto("/")
    page.get_by_role("searchbox", name="Search customers").fill(TENANT)
    page.get_by_role("link", name=re.compile(NAME)).first.click()
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Tone of voice").fill(tone)
    page.get_by_role("button", name=re.compile("Submit for review")).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill(why)
    dialog.get_by_role("button", name=re.compile("Submit")).click()
    page.wait_for_url(re.compile(r"/reviews/\d+/"))
    return page.url


def _wait_for_the_verdict(page: Page, review: str) -> None:
    page.goto(review)
    approve = page.get_by_role("button", name="Approve", exact=True).first
    expect(approve).to_be_enabled(timeout=EVALUATED_MS)
    expect(page.locator(".verdict-word").first).to_have_text("Go.", timeout=EVALUATED_MS)


def _comment_and_ask_for_changes(page: Page, review: str) -> None:
    _wait_for_the_verdict(page, review)
    page.get_by_role("button", name="Ask for changes").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("Plain is fine, but be kind.")
    dialog.get_by_role("button", name="Ask for changes").click()
    expect(page.get_by_role("main")).to_contain_text("Changes requested")


def _see_the_request(page: Page, review: str) -> None:
    page.goto("/reviews/")
    expect(page.get_by_role("main")).to_contain_text(re.compile("changes", re.IGNORECASE))
    page.goto(review)
    expect(page.get_by_role("main")).to_contain_text("Plain is fine, but be kind.")


def _approve(page: Page) -> None:
    page.get_by_role("button", name="Approve", exact=True).first.click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(page.get_by_role("main")).to_contain_text("Approved")


def _be_refused_with_words(page: Page) -> None:
    """The page still shows the button; somebody else was faster."""
    page.get_by_role("button", name="Approve", exact=True).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("Fine by me too.")
    dialog.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert").first).to_contain_text("Approved")
    expect(page.get_by_role("main")).to_contain_text("Fine by me too.")


def _start_a_canary(page: Page, review: str) -> None:
    page.goto(review)
    page.get_by_role("button", name=re.compile("canary", re.IGNORECASE)).first.click()
    dialog = page.get_by_role("dialog")
    shares = dialog.locator("input[name=percent]")
    minutes = dialog.locator("input[name=minutes]")
    for place in range(shares.count()):
        shares.nth(place).fill("" if place else "50")
        minutes.nth(place).fill("" if place else "60")
    dialog.get_by_role("button", name=re.compile("canary", re.IGNORECASE)).click()
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"Canary\s*50.?%"))


def _make_live_for_all(page: Page) -> None:
    page.get_by_role("button", name=re.compile("live for all", re.IGNORECASE)).first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Nothing was measured")
    dialog.get_by_role("button", name=re.compile("live", re.IGNORECASE)).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def _roll_back(page: Page) -> float:
    """When the last button was pressed, on the monotonic clock."""
    page.goto("/")
    page.get_by_role("searchbox", name="Search customers").fill(TENANT)
    page.get_by_role("link", name=re.compile(NAME)).first.click()
    page.get_by_role("button", name=re.compile("Roll back")).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("They liked it plainer.")
    asked = time.monotonic()
    dialog.get_by_role("button", name=re.compile("Roll back")).click()
    return asked
