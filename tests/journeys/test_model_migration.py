"""A model retires: 47 tracks, verdicts, one repaired, signed by its customer, cut over, back alone.

The prompt engineer opens it, the account's manager mends an overlay, the customer signs by
their link in another browser, the operator takes one back after its cutover.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from fleet.demo import files
from tests import live
from tests.journeys.conftest import People

pytestmark = pytest.mark.journey
Fetch = Callable[[str], dict[str, object]]

CONTACT = "Dr Helen Marsh"
OLD, NEW = "sim-aurora-2025-02-11", "sim-borealis-2026-06-30"
REPAIR = (
    "always say that you are sorry, acknowledge the worry behind the question, "
    "then say who can help."
)
VERDICTS_MS = 120_000


def test_47_variants_are_measured_one_is_repaired_and_one_comes_back_alone(
    people: People, fetch: Fetch
) -> None:
    with people.acting("ines") as page:
        board = _open_campaign(page)
        _wait_for_verdicts(page)
    with people.acting("mo") as page:
        review = _repair_alder(page, board)
    with people.acting("ruth") as page:
        _approve_the_repair(page, review)
        _approve_the_unchanged(page, board)
    with people.acting("mo") as page:
        _send_evidence(page, board)
    _customer_signs(people)
    with people.acting("mo") as page:
        _sign_off_own_tenants(page, board)
    with people.acting("jonas") as page:
        _cut_over_the_signed(page, board)
    served = {tenant: fetch(tenant) for tenant in _tenants()}
    moved = {tenant for tenant, answer in served.items() if _model(answer) == NEW}
    assert "alder-clinic" in moved and 4 <= len(moved) <= 9, "what mo signed for, and nothing else"
    with people.acting("sven") as page:
        _roll_back_alder(page, board)
    now = {tenant: fetch(tenant) for tenant in _tenants()}
    assert _model(now["alder-clinic"]) == OLD
    changed = {tenant for tenant in served if served[tenant] != now[tenant]}
    assert changed == {"alder-clinic"}, "46 others are served what they were, byte for byte"


def _tenants() -> list[str]:
    slugs = [row["slug"] for row in files.toml("tenants.toml")["tenants"]]
    assert len(slugs) == 47
    return slugs


def _model(answer: dict[str, object]) -> object:
    model = answer["model"]
    assert isinstance(model, dict)
    return model["snapshot"]


def _open_campaign(page: Page) -> str:
    page.goto("/")
    page.get_by_role("link", name="Plan the move").first.click()
    to = page.get_by_label("To", exact=True)
    to.select_option(to.locator("option", has_text=NEW).get_attribute("value"))
    expect(page.locator("#estimate")).to_contain_text("47")
    page.get_by_role("button", name="Open the migration").click()
    page.wait_for_url(re.compile(r"/migrations/[0-9a-f-]{36}/"))
    expect(page.locator("#board-rows tr")).to_have_count(47)
    return page.url


def _wait_for_verdicts(page: Page) -> None:
    """The board follows the workers by itself, without a reload."""
    rows = page.locator("#board-rows tr")
    expect(rows.filter(has_text=re.compile("Queued|Evaluating"))).to_have_count(
        0, timeout=VERDICTS_MS
    )
    assert 8 <= rows.filter(has_text="Needs work").count() <= 15
    assert rows.filter(has_text="Waiting for sign-off").count() >= 32


def _repair_alder(page: Page, board: str) -> str:
    page.goto(board)
    page.get_by_role("link", name=re.compile("Alder Clinics")).first.click()
    expect(page.get_by_role("main")).to_contain_text(
        "cases about refusals that held on the old model fail on the new one"
    )
    page.get_by_role("link", name="Fix the overlay").click()
    expect(page.get_by_role("main")).to_contain_text(f"Mend this overlay for {NEW}")
    page.get_by_label("Style of refusals").fill(REPAIR)
    page.get_by_role("button", name="Submit for review").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("The new model drops a softer refusal said mildly.")
    dialog.get_by_role("button", name=re.compile("Submit")).click()
    page.wait_for_url(re.compile(r"/reviews/\d+/"))
    expect(page.locator(".verdict-word").first).to_have_text("Go.", timeout=VERDICTS_MS)
    return page.url


def _approve_the_repair(page: Page, review: str) -> None:
    page.goto(review)
    page.get_by_role("button", name="Approve", exact=True).first.click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Approve")).click()
    expect(page.get_by_role("main").get_by_text("Approved").first).to_be_visible()


def _approve_the_unchanged(page: Page, board: str) -> None:
    page.goto(board)
    page.get_by_label("All shown").check()
    page.get_by_role("button", name="Approve", exact=True).click()
    page.get_by_role("button", name="Approve them").click(timeout=60_000)  # each is checked
    expect(page.get_by_text("Its text is new: it needs a review of its own.")).to_be_visible()


def _send_evidence(page: Page, board: str) -> None:
    """One customer is written; the preview says to whom and what."""
    page.goto(board)
    page.get_by_role("link", name=re.compile("Alder Clinics")).first.click()
    page.get_by_role("link", name="Send evidence").click()
    expect(page.get_by_role("main")).to_contain_text(CONTACT)
    page.get_by_role("button", name="Send this letter").click()
    page.wait_for_url(re.compile(r"/tracks/"))
    expect(page.locator("#track-letters")).to_contain_text("Sent", timeout=20_000)


def _customer_signs(people: People) -> None:
    """By the link of the mail, confirmed by the code of another; with nobody's session."""
    with people.acting("ines") as page, people.outside() as customer:
        link = _mailed(page, re.compile(r"\S+/s/\S+"))
        customer.goto(link[link.index("/s/") :])
        main = customer.get_by_role("main")
        expect(main).to_contain_text("Simulated")
        expect(main).not_to_contain_text("Nordklinik")
        customer.get_by_role("radio", name=re.compile("^I agree")).first.check()
        customer.get_by_role("button", name=re.compile("code")).click()
        customer.get_by_label(re.compile("code", re.IGNORECASE)).fill(
            _mailed(page, re.compile(r"\b\d{6}\b"))
        )
        customer.get_by_role("button", name=re.compile("^Confirm")).click()
        expect(customer.get_by_role("main")).to_contain_text(re.compile("Thank you", re.I))
        customer.reload()
        expect(customer.get_by_role("radio")).to_have_count(0)


def _mailed(page: Page, wanted: re.Pattern[str]) -> str:
    """What the newest mail to the contact holds, as the simulated mailbox shows it."""
    found: list[str] = []

    def look() -> bool:
        page.goto(f"/mailbox/?q={CONTACT.rsplit(' ', 1)[-1].lower()}")
        page.locator("#mails th a").first.click()
        found[:] = wanted.findall(page.get_by_role("main").inner_text())
        return bool(found)

    live.until(look, seconds=30, what=f"a mail with {wanted.pattern}")
    return found[0]


def _sign_off_own_tenants(page: Page, board: str) -> None:
    page.goto(board)
    expect(page.locator("#board-rows tr")).to_have_count(9)
    page.get_by_label("All shown").check()
    page.get_by_role("button", name="Record sign-off").click()
    page.get_by_label("Who answered?").fill("Their head of support")
    page.get_by_label("Where is the answer?").fill("Mails of this week, folder Sign-offs")
    page.get_by_role("button", name="Record it").click()
    expect(_row(page, "Alder Clinics")).to_contain_text("Signed off")


def _cut_over_the_signed(page: Page, board: str) -> None:
    page.goto(board)
    signed = page.locator("#board-rows tr").filter(has_text="Signed off")
    assert signed.count() >= 4
    for place in range(signed.count()):
        signed.nth(place).get_by_role("checkbox").check()
    page.get_by_role("button", name="Cut over", exact=True).click()
    page.get_by_role("button", name="Cut them over").click()
    expect(_row(page, "Alder Clinics")).to_contain_text("Done", timeout=30_000)
    expect(page.locator("#board-rows tr").filter(has_text="Signed off")).to_have_count(
        0, timeout=30_000
    )


def _roll_back_alder(page: Page, board: str) -> None:
    page.goto(board)
    page.get_by_role("link", name=re.compile("Alder Clinics")).first.click()
    page.get_by_role("button", name="Roll back").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("stay as they are")
    dialog.get_by_role("textbox").fill("Complaints since the cutover.")
    dialog.get_by_role("button", name="Roll back").click()
    expect(page.get_by_role("main")).to_contain_text("Rolled back")


def _row(page: Page, name: str) -> Locator:
    return page.locator("#board-rows tr").filter(has_text=name).first
