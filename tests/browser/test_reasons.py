"""A system that asks why somebody looks: the console asks before it shows anybody, once."""

import re
import shutil

import pytest

from tests.browser.conftest import Visitor, picture, settled, visit
from tests.browser.system import HOODIE, served, with_clips

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    folder = tmp_path_factory.mktemp("r")
    with served(with_clips(folder), {"audit": {"reason_required": True}}) as system:
        yield system
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def visitor(browser, strict):
    visitor = Visitor(browser, strict)
    yield visitor
    visitor.close()
    assert visitor.unexpected() == []


def give(page, reason: str) -> None:
    page.wait_for_selector("#grounds-asked")
    page.fill("#ask-reason", reason)
    page.fill("#ask-case", "C-7")
    page.click("#grounds-asked button.main")
    page.wait_for_selector("#grounds-asked", state="detached")


def test_a_reason_is_asked_for_before_the_first_search_and_kept(visitor):
    page = visitor.page()
    page.goto("/")
    page.wait_for_selector("#grounds-asked")
    picture(page, "reason")
    give(page, "a stolen bag – 도난")
    page.wait_for_selector("body[data-ready]")
    assert "a stolen bag – 도난 · C-7" in page.locator("#grounds summary").inner_text()
    page.fill("#text", HOODIE)
    page.press("#text", "Enter")
    page.wait_for_selector(".card")
    # An address of a picture cannot say why: that the search was for a reason is enough.
    page.wait_for_function("() => document.querySelector('.card img').naturalWidth > 10")
    address = page.locator(".card img").first.get_attribute("src")
    assert visitor.page(user="olga").request.get(address).status == 422, "not shown to her"
    page.locator(".card .open").first.click()
    page.wait_for_selector("dialog.hit video")
    for path in ("/live", "/watches", "/imports", "/cases", "/erasures", "/system", "/"):
        visit(page, path)
        settled(page)
        assert page.locator("main .note.bad, #grounds-asked").count() == 0
        assert "a stolen bag" in page.locator("#grounds summary").inner_text()
    noted = page.request.get("/api/v1/audit?what=search").json()["entries"]
    assert {(one["reason"], one["case"]) for one in noted} == {("a stolen bag – 도난", "C-7")}


def test_packs_and_watches_are_made_with_the_reason_that_was_told(visitor):
    page = visitor.page()
    page.goto("/watches")
    give(page, "a stolen bag")
    page.wait_for_selector("body[data-ready]")
    page.fill("#watch-name", "bag")
    page.fill("#watch-text", HOODIE)
    page.get_by_role("button", name="Try it").click()
    page.wait_for_selector("#watch-result .note:not(.bad)")
    page.get_by_role("button", name="Watch", exact=True).click()
    page.get_by_role("button", name="Remove the watch bag").wait_for()
    visit(page, "/")
    page.fill("#text", HOODIE)
    page.press("#text", "Enter")
    page.locator(".card .open").first.click()
    page.wait_for_selector("dialog.hit video")
    page.click("#to-case")
    page.fill("#case-new", "The bag")
    page.locator("#case-form button.main").click()
    page.wait_for_selector("#case-form", state="detached")
    visit(page, "/cases")
    page.click("#pack summary")
    assert page.locator("#pack input[name=reason]").input_value() == "a stolen bag"
    page.locator("#pack button.main").click()
    page.wait_for_selector("#pack .note.good", timeout=600_000)


def test_whoever_puts_it_off_is_asked_again_and_can_go_on(visitor):
    visitor.expected = re.compile("status of 422")
    page = visitor.page()
    page.goto("/")
    page.wait_for_selector("#grounds-asked")
    page.get_by_role("button", name="Not now").click()
    page.wait_for_selector("body[data-ready]")
    page.fill("#text", HOODIE)
    page.press("#text", "Enter")
    give(page, "theft")
    page.locator("#outcome .note.bad").get_by_role("button", name="Try again").click()
    page.wait_for_selector(".card")
