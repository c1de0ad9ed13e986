"""Erasing a person and holding one in a browser, on the real system; what is signed is verified."""

import re
import subprocess
import sys

import pytest

from tests.browser.conftest import PHONE, picture, search, visit
from tests.browser.test_pages import violations
from tests.e2e.conftest import ROOT

pytestmark = pytest.mark.slow

SOMEBODY = "somebody in a dark coat"
ERASED_WITHIN_MS = 300_000


def hits_for(page, text):
    csrf = {"X-CSRF-Token": page.request.get("/api/v1/session").json()["csrf"]}
    asked = {"text": text, "limit": 100, "cameras": ["platform-1"]}
    return page.request.post("/api/v1/search", data=asked, headers=csrf).json()["hits"]


@pytest.fixture
def track(page):
    """Of somebody whom no other test looks for: the one who fits least."""
    return hits_for(page, SOMEBODY)[-1]["track"]


def card(page, track):
    return page.locator(f'[data-track="{track}"]')


def test_a_track_is_erased_with_a_certificate_that_verifies_and_is_found_no_more(
    page, track, tmp_path
):
    visit(page, f"/erasures#track={track}")
    card(page, track).locator("img").wait_for()
    page.wait_for_function("() => document.querySelector('#picks img').naturalWidth > 10")
    assert "platform-1" in card(page, track).inner_text()
    page.fill("#reason", "asked to be forgotten")
    page.fill("#for-case", "2026/21")
    picture(page, "erase-chosen")
    page.get_by_role("button", name="Erase 1 track").click()
    page.locator("dialog").get_by_role("button", name="Erase for good").click()
    page.wait_for_selector("#erased.good", timeout=ERASED_WITHIN_MS)
    page.locator("#picks > *").first.wait_for(state="detached")
    told = page.locator("#erased").inner_text()
    assert not re.search(r"(?<!\d)1 (shots|pictures|items|files|tracks)\b", told), told
    download = page.get_by_role("button", name="Download the certificate")
    assert download.bounding_box()["width"] < page.locator("#erased").bounding_box()["width"] / 2
    with page.expect_download() as saved:
        download.click()
    proof = tmp_path / "proof.json"
    saved.value.save_as(proof)
    picture(page, "erased")
    assert violations(page) == []
    said = subprocess.run(
        [sys.executable, "-m", "pipeline", "evidence", "verify", str(proof)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    assert "1 tracks erased" in said.stdout
    assert track in proof.read_text()
    assert track not in {hit["track"] for hit in hits_for(page, SOMEBODY)}
    past = page.locator("section", has_text="Past erasures").locator("tbody tr").first
    told = past.inner_text()
    for part in ("admin", "Done", "asked to be forgotten", "2026/21"):
        assert part in told
    assert track not in page.content()


def test_a_held_track_is_not_erased_until_its_hold_is_lifted_with_a_reason(page, track):
    visit(page, "/erasures")
    page.get_by_role("button", name="Hold a track").click()
    page.fill("#hold-track", track)
    page.fill("#hold-reason", "order of the court")
    page.get_by_role("button", name="Hold it").click()
    lift = page.get_by_role("button", name=f"Lift the hold of {track}")
    lift.wait_for()
    page.fill("#names", f"Please erase {track}, and nobody else")
    page.get_by_role("button", name="Show them").click()
    card(page, track).get_by_text("Held: not erased").wait_for()
    assert card(page, track).locator("input").is_disabled()
    assert page.locator("#erase").is_disabled()
    picture(page, "erase-held")
    assert violations(page) == []

    page.get_by_role("link", name="See the audit").click()
    page.wait_for_selector("body[data-ready]")
    page.locator("tbody").get_by_text("order of the court").first.wait_for()

    visit(page, f"/erasures#track={track}")
    lift.click()
    page.fill("#hold-reason", "the order was lifted")
    page.locator("dialog").get_by_role("button", name="Lift", exact=True).click()
    lift.wait_for(state="detached")
    card(page, track).get_by_text("Held: not erased").wait_for(state="hidden")
    assert not card(page, track).locator("input").is_disabled()


def test_a_hit_leads_to_its_erasure_with_those_who_are_probably_the_same(page):
    search(page, SOMEBODY)
    page.locator(".card .open").first.click()
    page.wait_for_selector("#to-erase")
    track = page.locator(".facts dd").last.inner_text()
    page.click("#to-erase")
    page.wait_for_selector("body[data-page=erasures][data-ready]")
    assert card(page, track).locator("input").is_checked()
    others = page.locator("#picks > *").count() - 1
    assert page.locator("#picks input:checked").count() == 1, "others are proposed, not chosen"
    assert others == page.locator("#picks input:not(:checked)").count()


def test_what_is_no_track_or_is_not_known_is_said(visitor):
    visitor.expected = re.compile("status of 404")
    page = visitor.page()
    visit(page, "/erasures")
    page.fill("#names", "somebody")
    page.get_by_role("button", name="Show them").click()
    page.get_by_text("That names no track").wait_for()
    page.fill("#names", "lobby-1/<img src=x onerror=document.title=1>/1 lobby-1/unknown/7")
    page.get_by_role("button", name="Show them").click()
    card(page, "lobby-1/unknown/7").get_by_text("Not known any more").wait_for()
    assert page.locator("img[src=x]").count() == 0
    assert page.title() == "Erasures and holds · Descry"


def test_a_viewer_sees_no_way_to_erase(visitor):
    page = visitor.page(user="vera")
    search(page, SOMEBODY)
    page.locator(".card .open").first.click()
    page.wait_for_selector("#similar")
    assert page.locator("#to-erase").count() == 0


def test_a_phone_shows_whom_it_would_erase(visitor):
    page = visitor.page(viewport=PHONE, device_scale_factor=2, has_touch=True)
    track = hits_for(page, SOMEBODY)[0]["track"]
    visit(page, f"/erasures#track={track}")
    card(page, track).locator("img").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, "erase-phone")
