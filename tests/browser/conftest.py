"""A browser on the real system; a test fails on whatever the browser's console complains of."""

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.browser.system import BOXED, HOODIE, PASSWORD, System, running_system
from tests.conftest import missing

CHROMIUM = Path(os.environ.get("DESCRY_TEST_CHROMIUM", "/usr/bin/chromium"))
#: Where a system of `tests.browser.system` runs already, for whoever works on the console.
RUNNING = os.environ.get("DESCRY_TEST_BROWSER_URL")
RUNNING_DATA = os.environ.get("DESCRY_TEST_BROWSER_FOLDER")
SHOTS = Path(__file__).parent / "shots"
#: A busy machine is no fault of a page.
WAIT_MS = float(os.environ.get("DESCRY_TEST_BROWSER_WAIT_S", "60")) * 1000
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

ADMINISTRATION = ("/accounts", "/account", "/audit", "/erasures")
PAGES = ("/", "/live", "/watches", "/imports", "/cases", "/system", "/about", *ADMINISTRATION)


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM.is_file():
        missing(f"no browser at {CHROMIUM}: apt-get install chromium", "browser")
    from playwright.sync_api import sync_playwright

    SHOTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        # Chromium's own sandbox refuses to work for root.
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def system(tmp_path_factory, browser):
    if RUNNING is not None:
        yield System(RUNNING, RUNNING_DATA and Path(RUNNING_DATA))
        return
    folder = tmp_path_factory.mktemp("b")
    with running_system(folder) as system:
        yield system
    shutil.rmtree(folder, ignore_errors=True)


class Visitor:
    """Somebody at a browser, who notes what its console complains of."""

    def __init__(self, browser, system: System) -> None:
        self._browser, self.system = browser, system
        self._contexts = []
        self.complaints: list[str] = []
        # The ring of a live camera moves on; a hit whose video is gone shows its picture.
        self.expected = re.compile(r"status of 410 .*/tracks/door/")

    def page(self, user: str | None = "admin", **settings):
        """A page of a browser of its own, signed in as `user`."""
        context = self._browser.new_context(
            base_url=self.system.url, **({"viewport": DESKTOP, "locale": "en-GB"} | settings)
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(WAIT_MS)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        if user is not None:
            told = {"name": user, "password": PASSWORD}
            assert page.request.post("/api/v1/session", data=told).ok
        return page

    def _console(self, message) -> None:
        if message.type in {"error", "warning"}:
            where = message.location.get("url", "") if message.location else ""
            self.complaints.append(f"{message.type}: {message.text} {where}")

    def unexpected(self) -> list[str]:
        return [line for line in self.complaints if not self.expected.search(line)]

    def case_with_a_hit(self, page, title: str = "At the till", **more) -> str:
        """Begin a case of what a search finds first; its name."""
        case = self.ask(page, "/api/v1/cases", {"title": title} | more)["id"]
        hit = self.ask(page, "/api/v1/search", {"text": HOODIE, "cameras": [BOXED]})["hits"][0]
        self.ask(page, f"/api/v1/cases/{case}/items", {"hit": hit["track"], "text": HOODIE})
        return case

    def ask(self, page, path: str, body):
        """Post as a page does; what is answered."""
        csrf = page.request.get("/api/v1/session").json()["csrf"]
        answer = page.request.post(path, data=body, headers={"X-CSRF-Token": csrf})
        assert answer.ok, answer.text()
        return answer.json()

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def visitor(browser, system):
    visitor = Visitor(browser, system)
    yield visitor
    visitor.close()
    assert visitor.unexpected() == []


@pytest.fixture
def expecting(visitor):
    """What the API refuses on purpose is told by the browser's console as well."""
    visitor.expected = re.compile(r"status of 4(01|04|22) .*/api/v1/")
    return visitor


@pytest.fixture
def page(visitor):
    return visitor.page()


def visit(page, path: str) -> None:
    """Go to a page, until its module listens."""
    page.goto(path)
    page.wait_for_selector("body[data-ready]")


def settled(page) -> None:
    """Wait until a page has what it asked for."""
    page.wait_for_function("() => document.querySelectorAll('main .busy').length === 0")
    page.wait_for_timeout(600)


def search(page, text: str = HOODIE) -> None:
    """Search as people do, until the answer is there."""
    visit(page, "/")
    page.fill("#text", text)
    page.press("#text", "Enter")
    page.wait_for_selector(".card, #nobody")


def picture(page, name: str) -> None:
    """Leave a picture of the page where people look at them."""
    page.wait_for_timeout(400)
    page.screenshot(path=SHOTS / f"{name}.png")
