"""Cases in a browser: from a hit to an evidence pack that anybody can check."""

import json
import re
import subprocess
import sys

import pytest

from tests.browser.conftest import PAGES, picture, search, settled, visit
from tests.browser.system import HOODIE
from tests.e2e.conftest import ROOT

pytestmark = pytest.mark.slow

PACKED_WITHIN_MS = 600_000
HOSTILE = "<img src=x onerror=document.title=1>"


def verified(pack) -> dict:
    """What `descry evidence verify` says of a pack."""
    said = subprocess.run(
        [sys.executable, "-m", "pipeline", "evidence", "verify", str(pack), "--json"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout + said.stderr
    return json.loads(said.stdout)


def test_a_hit_becomes_an_evidence_pack_that_verifies(page, tmp_path):
    search(page)
    page.locator(".card .open").first.click()
    page.wait_for_selector("dialog.hit video")
    with page.expect_request("**/api/v1/cases/*/items") as kept:
        page.click("#to-case")
        page.fill("#case-new", "Theft in the lobby")
        page.fill("#case-form textarea", "as the guard says")
        page.locator("#case-form button.main").click()
    assert kept.value.post_data_json["model"].startswith("street-gadms")
    assert kept.value.post_data_json["text"] == HOODIE
    page.wait_for_selector("#case-form", state="detached")
    visit(page, "/cases")
    item = page.locator(".item")
    item.locator("img").wait_for()
    page.wait_for_function("() => document.querySelector('.item img').naturalWidth > 10")
    assert item.locator("textarea").input_value() == "as the guard says"
    assert item.locator(".mark").count() >= 3
    page.click("#pack summary")
    page.select_option("#pack select", "heads")
    page.locator("#pack input[name=reason]").fill("theft of a bag")
    with page.expect_request("**/evidence") as asked:
        page.locator("#pack button.main").click()
    assert asked.value.post_data_json == {"blur": "heads"}
    assert asked.value.headers["x-descry-reason"] == "theft%20of%20a%20bag"
    page.wait_for_selector("#pack .note.good", timeout=PACKED_WITHIN_MS)
    assert "heads are hidden" in page.locator("#pack .note.good").inner_text()
    picture(page, "case")
    with page.expect_download() as fetched:
        page.locator("#pack .note.good a").click()
    pack = tmp_path / "pack.zip"
    fetched.value.save_as(pack)
    assert verified(pack)["intact"] is True


def test_a_case_is_held_and_released_by_those_who_may(visitor):
    page = visitor.page(user="olga")
    visitor.case_with_a_hit(page, "Held by Olga")
    visit(page, "/cases")
    page.locator("#case-heading", has_text="Held by Olga").wait_for()
    page.click("#hold")
    page.locator(".item .pill", has_text="Held").wait_for()
    assert page.locator("#release").is_disabled()
    assert "Only an administrator" in page.locator("#hold-words").inner_text()
    admin = visitor.page()
    visit(admin, "/cases")
    admin.locator("#case-heading", has_text="Held by Olga").wait_for()
    admin.click("#release")
    admin.locator("dialog").get_by_role("button", name="Release").click()
    admin.wait_for_selector("#hold")
    assert admin.locator(".item .pill", has_text="Held").count() == 0


def test_a_case_is_opened_again_and_removed_by_administrators_alone(visitor):
    page = visitor.page(user="olga")
    visitor.case_with_a_hit(page, "Closed by Olga")
    visit(page, "/cases")
    page.locator("#case-heading", has_text="Closed by Olga").wait_for()
    assert page.locator("#forget-case").is_disabled()
    assert "Only an administrator removes" in page.locator("#case-who").inner_text()
    page.click("#close-case")
    page.locator("#case-who", has_text="Only an administrator opens").wait_for()
    assert page.locator("#close-case").is_disabled()
    assert page.locator("#forget-case").count() == 0, "a closed case is opened first"
    admin = visitor.page()
    visit(admin, "/cases")
    admin.locator("#case-heading", has_text="Closed by Olga").wait_for()
    assert admin.locator("#case-who").count() == 0
    admin.click("#close-case")
    admin.click("#forget-case")
    admin.locator("dialog").get_by_role("button", name="Remove").click()
    admin.locator("#case-list b", has_text="Closed by Olga").wait_for(state="detached")


def test_a_hit_whose_voucher_is_refused_is_kept_as_stated_and_in_one_case(page, visitor):
    def of_elsewhere(route):
        answer = route.fetch()
        told = answer.json()
        for hit in told["hits"]:
            hit["voucher"] = "made.up"
        route.fulfill(response=answer, json=told)

    visitor.expected = re.compile(r"status of (410 .*/tracks/door/|422 .*/items)")
    page.route("**/api/v1/search", of_elsewhere)
    search(page)
    page.locator(".card .open").first.click()
    page.wait_for_selector("dialog.hit .stage :is(video, img)")
    page.click("#to-case")
    page.fill("#case-new", "Of elsewhere")
    page.locator("#case-form button.main").click()
    page.wait_for_selector("#as-stated")
    with page.expect_request("**/items") as kept:
        page.click("#as-stated")
    assert kept.value.post_data_json["voucher"] is None
    assert len(kept.value.headers["idempotency-key"]) == 32
    page.wait_for_selector("#case-form", state="detached")
    visit(page, "/cases")
    page.locator("#case-heading", has_text="Of elsewhere").wait_for()
    assert page.locator(".cases .job", has_text="Of elsewhere").count() == 1
    assert "stated, not checked" in page.locator(".item").inner_text()


def test_what_a_case_was_called_before_is_told(page, visitor):
    visitor.case_with_a_hit(page, "Theft of a bag")
    visit(page, "/cases")
    page.locator("#case-heading", has_text="Theft of a bag").wait_for()
    form = page.locator("details.fold", has_text="Change title and notes")
    form.locator("summary").click()
    form.locator("input[type=text]").fill("Loss of a bag")
    form.get_by_role("button", name="Save").click()
    page.locator("#case-heading", has_text="Loss of a bag").wait_for()
    page.click("#case-history summary")
    told = page.locator("#case-history li").first.inner_text()
    assert "admin" in told
    assert "title" in told
    assert "Theft of a bag" in told


def test_one_case_of_hundreds_is_found_by_its_words(page, visitor):
    visitor.ask(page, "/api/v1/cases", {"title": "The oldest", "notes": "umbrella"})
    for number in range(201):
        visitor.ask(page, "/api/v1/cases", {"title": f"Case {number}"})
    visit(page, "/cases")
    rows = page.locator("#case-list .cases > li")
    assert rows.count() == 200
    page.fill("#case-filter", "umbrella")
    page.locator("#case-list b", has_text="The oldest").wait_for()
    assert rows.count() == 1
    page.fill("#case-filter", "nothing of the kind")
    page.wait_for_selector("#case-list .empty")
    visit(page, "/cases")
    page.click("#more-cases")
    page.wait_for_function("() => document.querySelectorAll('#case-list .cases > li').length > 200")


def test_keys_alone_lead_from_a_hit_into_a_case_and_to_its_pack(page):
    def to(selector: str, key: str = "Tab") -> None:
        for _ in range(80):
            if page.evaluate("one => document.activeElement.matches(one)", selector):
                return
            page.keyboard.press(key)
        raise AssertionError(f"no {selector} by {key}")

    visit(page, "/")
    page.keyboard.press("/")
    page.keyboard.type(HOODIE)
    page.keyboard.press("Enter")
    page.wait_for_selector(".card")
    to(".card .open")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.hit .stage :is(video, img)")
    to("#to-case")
    page.keyboard.press("Enter")
    page.wait_for_selector("#case-new")
    to("#case-new")
    page.keyboard.type("By keys alone")
    page.keyboard.press("Enter")
    page.wait_for_selector("#case-form", state="detached")
    page.keyboard.press("Escape")
    to("nav a[href='/cases']", "Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#case-heading")
    assert page.locator("#case-heading").inner_text() == "By keys alone"
    to("#pack summary")
    page.keyboard.press("Enter")
    to("#pack button.main")
    page.keyboard.press("Enter")
    page.wait_for_selector("#pack .note.good", timeout=PACKED_WITHIN_MS)
    to("#pack .note.good a", "Tab")
    with page.expect_download() as fetched:
        page.keyboard.press("Enter")
    assert fetched.value.suggested_filename.endswith(".zip")


def test_what_people_call_things_stays_text_on_every_page(page, visitor):
    watch = {"name": HOSTILE, "text": f"{HOSTILE} red coat"}
    made = visitor.ask(page, "/api/v1/watches", watch)
    visitor.case_with_a_hit(page, HOSTILE, notes=HOSTILE)
    for path in PAGES:
        visit(page, path)
        settled(page)
        assert page.locator("img[src=x]").count() == 0
        assert page.title().endswith("Descry")
        if path in {"/watches", "/cases"}:
            assert HOSTILE in page.locator("main").inner_text()
    csrf = page.request.get("/api/v1/session").json()["csrf"]
    gone = page.request.delete(f"/api/v1/watches/{made['id']}", headers={"X-CSRF-Token": csrf})
    assert gone.ok
