"""A running `up`, a real Chromium, and a caller of the API."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    sync_playwright,
)

from fleet.demo import PASSWORD
from fleet.launch.child import Child
from tests import live

CHROMIUM = next(
    filter(None, map(shutil.which, ["chromium", "google-chrome", "chromium-browser"])), None
)
OWN = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "CELERY_BROKER_URL")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One product carries all journeys: the migration, which moves everybody, goes last."""
    items.sort(key=lambda item: "test_model_migration" in item.nodeid)


@dataclass
class Up:
    """A product that runs: where it is, its data, and what it prints."""

    url: str
    data: Path
    log: Path

    def manage(self, *arguments: str) -> str:
        """Call a command on the same data; what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments, "--data", str(self.data)],
            cwd=live.ROOT, env=_environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout


@pytest.fixture(scope="package")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`manage.py up` on a fresh data directory whose path has a blank; it ends with the last."""
    data = tmp_path_factory.mktemp("journey") / "fleet data"
    log = data.parent / "up.log"
    port = live.free_port()
    child = Child(
        [sys.executable, "manage.py", "up", "--port", str(port), "--data", str(data)],
        log=log, env=_environment(), cwd=live.ROOT, grace=30,
    )  # fmt: skip
    try:
        live.until(
            lambda: child.poll() is not None or "ready:" in log.read_text(),
            seconds=180, what="up is ready",
        )  # fmt: skip
        assert child.poll() is None, log.read_text()
        yield Up(f"http://127.0.0.1:{port}", data, log)
    finally:
        child.stop()


def _environment() -> dict[str, str]:
    mine = {k: v for k, v in os.environ.items() if k not in OWN and not k.startswith("FLEET_")}
    few = {"FLEET_MUST_PASS_REPEATS": "1", "FLEET_CONFIRM_REPEATS": "2"}  # half of the calls
    return {**mine, **few, "FLEET_NO_BOOTSTRAP": "1"}


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One Chromium for all journeys; without one they skip, except in CI.

    It goes with the last of them: while it is there, its event loop runs in this thread, and
    no other test could run one of its own.
    """
    if CHROMIUM is None:
        message = "no Chromium on the PATH: install chromium to run the browser journeys"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        browser = _launch(playwright)
        yield browser
        browser.close()


def _launch(playwright: Playwright) -> Browser:
    flags = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
    return playwright.chromium.launch(executable_path=CHROMIUM, args=flags)


HARMLESS = r"status of 4(09|22)|^htmx:(sendAbort|afterRequest)"
"""Console errors of a refusal the page shows, and of a check that a newer one replaced."""


@pytest.fixture(scope="package")
def signed_in(chromium: Browser) -> Iterator[dict[str, BrowserContext]]:
    """The browser of whoever acted before, by username: people stay signed in over a day."""
    kept: dict[str, BrowserContext] = {}
    yield kept
    for context in kept.values():
        context.close()


@dataclass
class People:
    """Opens a browser of their own for whoever acts; collects what the pages complained of."""

    browser: Browser
    up: Up
    signed_in: dict[str, BrowserContext]
    complaints: list[str] = field(default_factory=list)

    @contextmanager
    def acting(self, username: str) -> Iterator[Page]:
        """An empty page in this person's browser; who acts first signs in through the form."""
        if username not in self.signed_in:
            self.signed_in[username] = self._sign_in(username)
        page = self._page_of(self.signed_in[username])
        yield page
        page.close()

    @contextmanager
    def outside(self) -> Iterator[Page]:
        """A page in a browser of somebody who does not work here: never signed in."""
        context = self._context(1280, 800)
        yield self._page_of(context)
        context.close()

    def _sign_in(self, username: str) -> BrowserContext:
        context = self._context(1440, 900)
        page = self._page_of(context)
        page.goto("/login/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.up.url}/")
        page.close()
        return context

    def _context(self, width: int, height: int) -> BrowserContext:
        return self.browser.new_context(
            base_url=self.up.url, viewport={"width": width, "height": height}
        )

    def _page_of(self, context: BrowserContext) -> Page:
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not re.search(HARMLESS, message.text):
            self.complaints.append(message.text)


@pytest.fixture
def people(chromium: Browser, up: Up, signed_in: dict[str, BrowserContext]) -> Iterator[People]:
    """Everybody who acts in a journey; a script or policy error in any page fails it."""
    everybody = People(chromium, up, signed_in)
    yield everybody
    assert everybody.complaints == []


@pytest.fixture(scope="package")
def fetch(up: Up) -> Callable[[str], dict[str, object]]:
    """Fetch what a tenant is served, as an application does."""
    said = up.manage("create_api_key", "--name", "journey", "--scopes", "prompts:read")
    key = said.strip().splitlines()[-1]

    def fetch_one(tenant: str, prompt: str = "support-triage") -> dict[str, object]:
        request = urllib.request.Request(
            f"{up.url}/api/v1/prompts/{prompt}?tenant={tenant}",
            headers={"Authorization": f"Bearer {key}"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            return dict(json.load(response))

    return fetch_one
