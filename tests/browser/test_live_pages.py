"""Cameras, watches and imports in a browser, on a camera that is live and films that are real."""

import pytest

from tests.browser.conftest import PAGES, picture, settled, visit
from tests.browser.system import FOOTAGE, HOODIE, HOSTILE

pytestmark = [pytest.mark.slow, pytest.mark.rtsp]

READ_WITHIN_MS = 600_000


def test_the_wall_shows_what_a_camera_sees_and_pauses_it(page):
    visit(page, "/live")
    tile = page.locator(".camera", has_text="door")
    tile.locator(".view img").wait_for()
    page.wait_for_function("() => document.querySelector('.view img').naturalWidth > 100")
    tile.locator(".pill.good").wait_for()
    page.wait_for_timeout(3500)
    picture(page, "live")
    tile.get_by_role("button", name="Pause").click()
    tile.get_by_role("button", name="Resume").wait_for()
    tile.locator(".pill", has_text="Paused").wait_for()
    tile.get_by_role("button", name="Resume").click()
    tile.locator(".pill.good").wait_for()


def test_a_watch_is_tried_added_tells_while_the_person_is_in_view_and_is_removed(page):
    visit(page, "/watches")
    page.fill("#watch-name", "hoodie")
    page.fill("#watch-text", HOODIE)
    page.fill("#watch-budget", "1000000")
    page.get_by_role("button", name="Try it").click()
    page.wait_for_selector("#watch-result .note")
    page.get_by_role("button", name="Watch", exact=True).click()
    page.get_by_role("button", name="Remove the watch hoodie").wait_for()
    page.wait_for_selector("#stream-state.good")
    page.wait_for_selector(".alert.open-now", timeout=READ_WITHIN_MS)
    assert "door" in page.locator(".alert.open-now").first.inner_text()
    page.wait_for_selector("#alert-count:not([hidden])")
    picture(page, "watches")
    page.get_by_role("button", name="Remove the watch hoodie").click()
    page.locator("dialog").get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove the watch hoodie").wait_for(state="detached")


def test_a_recording_of_the_server_is_imported_with_progress(page):
    visit(page, "/imports")
    page.select_option("#path", f"0/{HOSTILE}")
    assert page.input_value("#camera") == "img-src-x-onerror-document-title-1-"
    page.fill("#camera", "yard")
    page.fill("#start", "2026-03-02T10:07:43")
    page.click("form button[type=submit]")
    page.wait_for_selector("#jobs progress[value]", timeout=READ_WITHIN_MS)
    picture(page, "imports")
    done = page.locator("#jobs [data-state=done]", has_text=HOSTILE)
    done.wait_for(timeout=READ_WITHIN_MS)
    page.get_by_role("button", name="Remove the collection imports").wait_for()
    for path in PAGES:
        visit(page, path)
        settled(page)
        assert page.locator("img[src=x]").count() == 0
        assert page.title().endswith("Descry")


def test_a_recording_is_sent_from_the_browser(page):
    visit(page, "/imports")
    page.set_input_files("#file", FOOTAGE / "lobby-1.mp4")
    page.fill("#camera", "lobby-1")
    page.fill("#collection", "street")
    page.fill("#start", "2026-03-02T10:07:43")
    page.click("form button[type=submit]")
    done = page.locator("#jobs [data-state=done]", has_text="lobby-1.mp4")
    done.wait_for(timeout=READ_WITHIN_MS)
    # The very film was imported before the browser came: nothing is doubled.
    assert "imported before" in done.inner_text()


def test_what_is_no_film_fails_in_words_and_its_name_stays_text(page):
    visit(page, "/imports")
    film = {"name": HOSTILE, "mimeType": "video/mp4", "buffer": b"no film at all"}
    page.set_input_files("#file", film)
    page.click("form button[type=submit]")
    failed = page.locator("#jobs [data-state=failed]")
    failed.wait_for(timeout=READ_WITHIN_MS)
    assert HOSTILE.removesuffix(".mp4") in failed.inner_text()
    assert "/uploads/" not in failed.inner_text()
    assert page.locator("img[src=x]").count() == 0
    assert page.title() == "Imports · Descry"


def test_the_system_page_tells_queues_disk_and_models(page):
    visit(page, "/system")
    page.wait_for_selector(".tile")
    assert "Answers" in page.locator(".tile").first.inner_text()
    page.wait_for_selector("text=street-gadms")
    picture(page, "system")


def test_the_system_page_names_each_gpu_and_what_is_wrong(page):
    def with_gpu(route):
        answer = route.fetch()
        told = answer.json() | {"store_up": False}
        told["gpus"] = [{"name": "H200", "free_bytes": 40e9, "total_bytes": 141e9}]
        told["queues"]["crops_pending"], told["queues"]["crop_age_s"] = 12, 95.0
        route.fulfill(response=answer, json=told)

    page.route("**/api/v1/system", with_gpu)
    visit(page, "/system")
    gpu = page.locator(".tile", has_text="GPU")
    assert "H200" in gpu.inner_text()
    assert "40 GB of 141 GB" in gpu.inner_text()
    assert "Away" in page.locator(".tile.bad").first.inner_text()
    assert "oldest 2 min" in page.locator(".tile", has_text="Shots waiting").inner_text()


def test_a_viewer_pauses_no_camera_and_an_operator_removes_no_collection(visitor):
    page = visitor.page(user="vera")
    visit(page, "/live")
    page.locator(".camera", has_text="door").wait_for()
    page.locator(".camera .pill").first.wait_for()
    assert page.get_by_role("button", name="Pause").count() == 0
    page = visitor.page(user="olga")
    visit(page, "/imports")
    page.locator("td", has_text="street").first.wait_for()
    assert page.get_by_role("button", name="Remove the collection").count() == 0
    visit(page, "/live")
    page.get_by_role("button", name="Pause").wait_for()
