"""Signing in and out, and what a viewer does not see."""

import re

import pytest

from tests.browser.conftest import picture, visit
from tests.browser.system import PASSWORD

pytestmark = pytest.mark.slow


def test_whoever_is_nobody_signs_in_and_comes_to_the_page_they_wanted(visitor):
    visitor.expected = re.compile(r"status of 40[13] .*/api/v1/")
    page = visitor.page(user=None)
    page.goto("/live")
    page.wait_for_url("**/sign-in?next=%2Flive")
    page.wait_for_selector("body[data-ready]")
    page.fill("#name", "admin")
    page.fill("#password", "wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("#trouble .note")
    picture(page, "sign-in")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/live")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    assert page.request.get("/api/v1/cameras").status == 401


def test_no_link_leads_away_after_signing_in(visitor):
    page = visitor.page(user=None)
    visit(page, "/sign-in?next=https://elsewhere.example/")
    page.fill("#name", "admin")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".welcome")
    assert page.url == f"{visitor.system.url}/"


def test_a_viewer_searches_and_sees_no_page_that_refuses(visitor):
    page = visitor.page(user="vera")
    visit(page, "/")
    page.wait_for_selector(".welcome")
    assert page.locator(".top nav a").all_inner_texts() == ["Search", "Live"]


def test_a_write_without_the_token_of_the_page_is_refused(visitor):
    page = visitor.page()
    visit(page, "/")
    answer = page.evaluate(
        "fetch('/api/v1/cameras/door/pause', {method: 'POST'}).then(answer => answer.status)"
    )
    assert answer == 403
    visitor.expected = re.compile("status of 403")
