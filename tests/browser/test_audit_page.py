"""The audit in a browser, on the real system: who asked what and why, and if it was touched."""

import json

import pytest

from tests.browser.conftest import PHONE, picture, visit
from tests.browser.test_pages import settled, violations

pytestmark = pytest.mark.slow

HOSTILE = "<img src=x onerror=document.title=1>"


def button(page, name, **more):
    return page.get_by_role("button", name=name, **more)


def ask_for(page, text, reason, case):
    csrf = {"X-CSRF-Token": page.request.get("/api/v1/session").json()["csrf"]}
    asked = {"text": text, "reason": reason, "case": case, "cameras": ["lobby-1"]}
    answer = page.request.post("/api/v1/search", data=asked, headers=csrf)
    assert answer.ok
    return answer.json()["hits"]


def test_the_audit_tells_a_search_with_its_reason_is_filtered_and_saved(page):
    hits = ask_for(page, "a man in a blue jacket", "theft of a bike", "2026/17")
    visit(page, "/audit")
    page.wait_for_selector("[data-whole=yes]")
    page.fill("#by-words", "THEFT of a")
    page.fill("#by-case", "2026/17")
    page.select_option("#by-what", "search")
    button(page, "Show", exact=True).click()
    entry = page.locator("tbody tr").first
    entry.get_by_text("theft of a bike").wait_for()
    told = entry.inner_text()
    for part in ("admin", "Search", "a man in a blue jacket", "2026/17", "lobby-1", "UTC"):
        assert part in told
    assert str(len({hit["track"] for hit in hits})) in told
    picture(page, "audit")
    with page.expect_download() as saved:
        button(page, "Save what is shown").click()
    lines = saved.value.path().read_text().splitlines()
    assert len(lines) == page.locator("tbody tr").count()
    first = json.loads(lines[0])
    assert (first["text"], first["reason"]) == ("a man in a blue jacket", "theft of a bike")
    page.fill("#by-words", "no such words")
    button(page, "Show", exact=True).click()
    page.get_by_text("No entry fits").wait_for()


def test_the_audit_goes_on_where_its_page_ends(page):
    for _ in range(60):
        page.request.get("/api/v1/tracks?count=1")
    visit(page, "/audit")
    assert page.locator("tbody tr").count() == 50
    button(page, "Load more").click()
    page.wait_for_function("() => document.querySelectorAll('tbody tr').length > 50")
    numbers = page.locator("tbody td:first-child").all_inner_texts()
    assert len(set(numbers)) == len(numbers)
    in_order = [int(number.replace(",", "")) for number in numbers]
    assert in_order == list(range(in_order[0], in_order[0] - len(in_order), -1)), "none left out"


def test_an_audit_that_was_touched_is_told_in_red_with_what_to_do(page, system):
    if system.data is None:
        pytest.skip("the data folder of the system that runs is not known")
    ask_for(page, "a man in a blue jacket", "an entry to be changed", "")
    (path, *_) = sorted((system.data / "audit").glob("0*.jsonl"), reverse=True)
    # In place, of the same length: the system goes on writing behind it.
    at = path.read_bytes().rindex(b"an entry to be changed")
    write_at(path, at, b"an entry to be chanted")
    try:
        page.wait_for_timeout(5500)
        visit(page, "/audit")
        alarm = page.locator("[data-whole=no]")
        alarm.wait_for()
        assert "was changed" in alarm.inner_text()
        assert "descry audit verify" in alarm.inner_text()
        picture(page, "audit-changed")
        assert violations(page) == []
    finally:
        write_at(path, at, b"an entry to be changed")
    page.wait_for_timeout(5500)
    button(page, "Check again").click()
    page.wait_for_selector("[data-whole=yes]")


def write_at(path, at, data):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def test_what_others_typed_stays_text_in_the_audit_and_in_refusals(expecting):
    page = expecting.page()
    ask_for(page, f"{HOSTILE} red coat", f"because {HOSTILE}", HOSTILE)
    page.request.post("/api/v1/session", data={"name": HOSTILE, "password": "x" * 12})
    visit(page, "/audit")
    page.wait_for_selector("[data-whole=yes]")
    assert page.locator("tbody").inner_text().count(HOSTILE) >= 3
    visit(page, "/accounts")
    button(page, "Add a user").click()
    page.fill("#user-name", HOSTILE)
    button(page, "Add, and show the password").click()
    page.locator("dialog .note.bad").wait_for()
    assert page.locator("img[src=x]").count() == 0
    assert page.title() == "Accounts · Descry"


def test_a_phone_shows_the_audit_as_cards(visitor):
    page = visitor.page(viewport=PHONE, device_scale_factor=2, has_touch=True)
    ask_for(page, "a man in a blue jacket", "theft of a bike", "2026/17")
    visit(page, "/audit")
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("tbody tr").first.scroll_into_view_if_needed()
    picture(page, "audit-phone")
