"""Every page: legible for machines that read aloud, in both themes and languages, on a phone."""

import re

import pytest

from tests.browser.conftest import PAGES, PHONE, picture, search, settled, visit

pytestmark = pytest.mark.slow


def violations(page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_fault_that_axe_finds(visitor, path, scheme):
    page = visitor.page(color_scheme=scheme)
    visit(page, path)
    settled(page)
    picture(page, f"page{path.replace('/', '-')}-{scheme}")
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_answer_and_a_hit_have_no_fault_that_axe_finds(visitor, scheme):
    page = visitor.page(color_scheme=scheme)
    search(page)
    page.wait_for_timeout(600)
    assert violations(page) == []
    page.locator(".card .open").first.click()
    page.wait_for_selector("video")
    picture(page, f"hit-{scheme}")
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_signing_in_has_no_fault_that_axe_finds(visitor, scheme):
    page = visitor.page(user=None, color_scheme=scheme)
    visitor.expected = re.compile("status of 401")
    visit(page, "/sign-in")
    picture(page, f"page-sign-in-{scheme}")
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_case_has_no_fault_that_axe_finds(visitor, scheme):
    page = visitor.page(color_scheme=scheme)
    visitor.case_with_a_hit(page, "Seen by axe")
    visit(page, "/cases")
    page.wait_for_selector(".item img")
    page.click("#pack summary")
    picture(page, f"case-{scheme}")
    assert violations(page) == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_speaks_korean_to_whoever_asks_for_it(visitor, path):
    page = visitor.page(locale="ko-KR")
    visit(page, path)
    settled(page)
    assert page.locator("html").get_attribute("lang") == "ko"
    assert page.locator("a[href='/'][aria-current], a[href='/']").first.is_visible()
    picture(page, f"page{path.replace('/', '-')}-ko")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_phone(visitor, path):
    page = visitor.page(viewport=PHONE, device_scale_factor=2, has_touch=True)
    visit(page, path)
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, f"page{path.replace('/', '-')}-phone")


def test_language_and_theme_are_switched_and_remembered(page):
    visit(page, "/")
    page.wait_for_selector(".welcome")
    page.click("#language")
    page.wait_for_selector("html[lang=ko] body[data-ready]")
    page.click("#theme")
    visit(page, "/system")
    assert page.locator("html").get_attribute("lang") == "ko"
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_a_picture_that_moves_stands_still_for_whoever_asks_for_that(visitor):
    page = visitor.page(reduced_motion="reduce")
    search(page)
    page.locator(".card .open").first.click()
    page.wait_for_selector("video")
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    assert page.evaluate("document.querySelector('video').paused")


def test_a_page_runs_nothing_but_its_own_scripts(page, visitor):
    visitor.expected = re.compile("Content Security Policy")
    answer = page.goto("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    visit(page, "/")
    page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'document.title = "taken"';
            document.head.append(script);
        }"""
    )
    assert page.title() == "Search · Descry"
    assert len(visitor.complaints) == 1
