"""Users, tokens and one's own account in a browser, on the real system."""

import re

import pytest

from tests.browser.conftest import picture, visit
from tests.browser.system import PASSWORD
from tests.browser.test_pages import violations

pytestmark = pytest.mark.slow

PAGES = ("/accounts", "/audit", "/erasures")
OWN = "another fine phrase"


def button(page, name, **more):
    return page.get_by_role("button", name=name, **more)


def add_user(page, name, role="viewer"):
    """Add a user as people do; the password that was shown."""
    visit(page, "/accounts")
    button(page, "Add a user").click()
    page.fill("#user-name", name)
    page.select_option("#role", role)
    button(page, "Add, and show the password").click()
    page.wait_for_selector("#secret")
    return page.locator("#secret").inner_text()


def sign_in(page, name, password):
    visit(page, "/sign-in")
    page.fill("#name", name)
    page.fill("#password", password)
    page.keyboard.press("Enter")


def forget(page, name):
    """Have no such user, whoever made them."""
    csrf = {"X-CSRF-Token": page.request.get("/api/v1/session").json()["csrf"]}
    page.request.delete(f"/api/v1/users/{name}", headers=csrf)


def row(page, name):
    return page.locator("tr", has=page.locator("td b", has_text=re.compile(f"^{name}$")))


def test_a_user_comes_chooses_a_password_is_changed_disabled_and_removed(expecting):
    page, theirs = expecting.page(), expecting.page(user=None)
    forget(page, "nora")
    once = add_user(page, "nora")
    picture(page, "accounts-password")
    button(page, "Copy").click()
    page.get_by_text("Copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == once
    button(page, "I have it").click()
    row(page, "nora").get_by_text("Has to choose a password").wait_for()

    sign_in(theirs, "nora", once)
    theirs.wait_for_selector("#change:not([hidden])")
    theirs.fill("#new", OWN)
    theirs.fill("#again", OWN)
    theirs.keyboard.press("Enter")
    theirs.wait_for_selector(".welcome")
    assert theirs.locator(".top nav a").all_inner_texts() == ["Search", "Live"]

    visit(page, "/accounts")
    button(page, "Change nora").click()
    page.select_option("#role", "operator")
    page.uncheck("#all-cameras")
    page.check("fieldset input[value='lobby-1']")
    picture(page, "accounts-change")
    button(page, "Set role and cameras").click()
    row(page, "nora").get_by_text("operator").wait_for()
    assert "lobby-1" in row(page, "nora").inner_text()
    visit(theirs, "/account")
    told = theirs.locator("main").inner_text()
    assert "operator" in told
    assert "lobby-1" in told
    assert "System" in theirs.locator(".top nav").inner_text()

    button(page, "Change nora").click()
    button(page, "Disable").click()
    row(page, "nora").get_by_text("Disabled").wait_for()
    theirs.goto("/live")
    theirs.wait_for_url("**/sign-in?next=%2Flive")
    button(page, "Change nora").click()
    button(page, "Enable").click()
    row(page, "nora").get_by_text("Active").wait_for()

    button(page, "Change nora").click()
    page.locator("#remove-user").click()
    page.locator("dialog").last.get_by_role("button", name="Remove").click()
    row(page, "nora").wait_for(state="detached")


def test_the_last_administrator_cannot_be_lost_and_that_is_said(expecting):
    page = expecting.page()
    visit(page, "/accounts")
    button(page, "Change admin").click()
    page.get_by_text("only administrator who can sign in").wait_for()
    for name in ("#disable", "#remove-user", "#new-password"):
        assert page.locator(name).is_disabled()
    page.select_option("#role", "viewer")
    button(page, "Set role and cameras").click()
    page.locator("dialog .note.bad").wait_for()
    picture(page, "accounts-last-administrator")
    assert page.request.get("/api/v1/session").json()["role"] == "administrator"


def test_a_token_is_made_used_and_revoked(page, playwright_request):
    visit(page, "/accounts")
    button(page, "Make a token").click()
    page.fill("#token-name", "desk")
    page.select_option("#token-expires", label="in 7 days")
    button(page, "Make, and show it").click()
    page.wait_for_selector("#secret")
    text = page.locator("#secret").inner_text()
    button(page, "I have it").click()
    row(page, "desk").wait_for()
    assert text not in page.content()
    desk = playwright_request(text)
    assert desk.get("/api/v1/session").json()["name"] == "token:desk"
    assert desk.get("/api/v1/users").status == 403
    visit(page, "/accounts")
    row(page, "desk").wait_for()
    assert row(page, "desk").locator("time").count() == 2, "it ends at some time, and was used"
    picture(page, "accounts-token")
    button(page, "Revoke the token desk").click()
    page.locator("dialog").get_by_role("button", name="Revoke").click()
    row(page, "desk").wait_for(state="detached")
    assert desk.get("/api/v1/session").status == 401


@pytest.fixture
def playwright_request(visitor):
    """Makes a program that asks the API with a token and no cookie."""

    def make(token):
        page = visitor.page(user=None, extra_http_headers={"Authorization": f"Bearer {token}"})
        return page.request

    return make


def test_somebody_changes_their_password_and_ends_other_sessions(expecting):
    admin = expecting.page()
    forget(admin, "paul")
    once = add_user(admin, "paul")
    here, there = expecting.page(user=None), expecting.page(user=None)
    sign_in(here, "paul", once)
    here.wait_for_selector("#change:not([hidden])")
    here.fill("#new", OWN)
    here.fill("#again", OWN)
    here.keyboard.press("Enter")
    here.wait_for_selector(".welcome")
    sign_in(there, "paul", OWN)
    there.wait_for_selector(".welcome")

    here.get_by_role("link", name="Your account: paul").click()
    here.wait_for_selector("body[data-ready]")
    assert here.locator("tbody tr").count() == 2
    picture(here, "account-sessions")
    button(here, "End the others").click()
    here.locator("dialog").get_by_role("button", name="End the others").click()
    here.get_by_text("1 session ended.").wait_for()
    assert there.request.get("/api/v1/session").status == 401

    here.fill("#old", "wrong horse battery")
    here.fill("#new", PASSWORD)
    here.fill("#again", PASSWORD)
    button(here, "Set the password").click()
    here.locator(".note.bad").wait_for()
    here.fill("#old", OWN)
    button(here, "Set the password").click()
    here.get_by_text("The password is changed.").wait_for()
    assert here.locator("tbody tr").count() == 1
    sign_in(there, "paul", PASSWORD)
    there.wait_for_selector(".welcome")
    forget(admin, "paul")


@pytest.mark.parametrize("path", PAGES)
def test_a_viewer_who_comes_directly_is_told_in_words_and_asks_for_nothing(visitor, path):
    page = visitor.page(user="vera")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    visit(page, path)
    page.get_by_text("This page is for administrators").wait_for()
    assert page.locator(".note.bad, .tabs").count() == 0
    assert [
        url for url in asked if re.search("/api/v1/(users|tokens|audit|erasures|holds)", url)
    ] == []
    picture(page, "administration-viewer")


def test_a_user_is_added_by_the_keyboard_alone(page):
    forget(page, "kim")
    visit(page, "/accounts")
    tab_to(page, "add-user")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    assert page.evaluate("document.activeElement.id") == "add-user"
    page.keyboard.press("Enter")
    page.keyboard.type("kim")
    page.keyboard.press("Enter")
    page.wait_for_selector("#secret")
    tab_to(page, "put-away")
    page.keyboard.press("Enter")
    page.locator("dialog").wait_for(state="detached")
    row(page, "kim").wait_for()
    assert page.evaluate("document.activeElement !== document.body")
    forget(page, "kim")


def tab_to(page, wanted):
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == wanted:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no Tab leads to #{wanted}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dialogs_have_no_fault_that_axe_finds(visitor, scheme):
    page = visitor.page(color_scheme=scheme)
    visit(page, "/accounts")
    for name in ("Add a user", "Make a token", "Change vera"):
        button(page, name).click()
        page.locator("dialog").wait_for()
        assert violations(page) == []
        picture(page, f"dialog-{name.split()[0].lower()}-{scheme}")
        page.keyboard.press("Escape")
        page.locator("dialog").wait_for(state="detached")
