"""The search page on the real system: from a description to a clip that plays."""

import re

import pytest

from tests.browser.conftest import PHONE, picture, search, visit
from tests.browser.system import HOODIE, NOBODY, ZONE

pytestmark = pytest.mark.slow

HOSTILE = '<img src=x onerror="document.title=1">'


def test_a_description_leads_to_a_clip_that_plays_with_the_person_boxed(page):
    search(page)
    picture(page, "search")
    first = page.locator(".card").first
    assert "%" in first.inner_text()
    assert first.locator(".mark").count() >= 3
    first.locator(".open").click()
    page.wait_for_selector("video")
    page.wait_for_function("() => document.querySelector('video').currentTime > 0")
    begun = page.evaluate("document.querySelector('video').currentTime")
    page.wait_for_function(f"() => document.querySelector('video').currentTime > {begun} + 0.5")
    # The person came into view some seconds after the clip began, and is boxed there.
    assert begun > 2
    box = page.locator(".stage rect[visibility=visible]")
    assert float(box.get_attribute("width")) > 5
    picture(page, "hit")
    page.locator(".strip button").nth(1).click()
    page.wait_for_function("() => document.querySelector('video').paused")
    page.wait_for_selector(".stage rect.sure")


def test_a_hit_says_why_it_matches(page):
    search(page)
    page.locator(".card .open").first.click()
    page.wait_for_selector("video")
    page.click("#explain")
    page.wait_for_selector(".words .meter")
    assert page.locator(".stage img").get_attribute("src").startswith("data:image/png")
    picture(page, "why")


def test_filters_narrow_the_answer_and_say_so(page):
    search(page)
    assert {"lobby-1", "platform-1"} <= set(page.locator(".card .place b").all_inner_texts())
    page.locator(".chip summary", has_text="All cameras").click()
    with page.expect_response("**/api/v1/search"):
        page.get_by_label("lobby-1", exact=True).check()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.card .place b')]"
        ".every(place => place.textContent == 'lobby-1')"
    )
    assert page.locator(".chip.set summary").inner_text() == "lobby-1"
    picture(page, "filters")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="In view now").click()
    page.wait_for_selector("#nobody")


def test_a_zone_and_a_time_narrow_the_answer(page):
    search(page)
    page.locator(".chip summary", has_text="Any zone").click()
    with page.expect_response("**/api/v1/search") as answered:
        page.get_by_label(ZONE, exact=True).check()
    assert {hit["camera"] for hit in answered.value.json()["hits"]} <= {"door"}
    assert answered.value.request.post_data_json["zones"] == [ZONE]
    page.keyboard.press("Escape")
    page.locator(".chip summary", has_text="Any time").click()
    with page.expect_request("**/api/v1/search") as asked:
        page.get_by_role("button", name="Last hour").click()
    assert asked.value.post_data_json["since"] > 1e9
    assert page.locator(".chip.set").count() == 2


def test_a_collection_narrows_the_answer(page):
    search(page)
    page.locator(".chip summary", has_text="All collections").click()
    with page.expect_response("**/api/v1/search") as answered:
        page.get_by_label("street", exact=True).check()
    assert {hit["collection"] for hit in answered.value.json()["hits"]} == {"street"}


def test_the_timeline_opens_the_hit_of_its_mark_and_coverage_is_told(page):
    search(page)
    mark = page.locator(".timeline [role=button]").first
    name = mark.get_attribute("aria-label")
    mark.press("Enter")
    page.wait_for_selector("dialog.hit")
    assert page.locator("#hit-title").inner_text().split(" · ")[0] == name.split(", ")[0]
    page.keyboard.press("Escape")
    page.locator("details.panel summary").click()
    assert "platform-1" in page.locator("details.panel tbody").inner_text()


def test_people_are_grouped_and_their_path_leads_from_camera_to_camera(page):
    def as_one(route):
        # Two hits of two cameras, told as one person: which the film's own people need not be.
        answer = route.fetch()
        told = answer.json()
        hits = told["hits"]
        other = next(hit for hit in hits if hit["camera"] != hits[0]["camera"])
        step = {"link": 0.8, "after_s": 42.0}
        keys = ("track", "camera", "first_seen_at", "last_seen_at", "thumbnail")
        path = [{key: hit[key] for key in keys} | step for hit in (hits[0], other)]
        person = hits[0]["person"] = other["person"] = "one"
        told["persons"] = [{"person": person, "confidence": 0.8, "path": path}]
        told["hits"] = [hits[0], other]
        route.fulfill(response=answer, json=told)

    page.route("**/api/v1/search", as_one)
    search(page)
    assert page.locator(".card").count() == 1
    assert page.locator(".card .also button").count() == 1
    page.locator(".card .open").click()
    path = page.locator(".path li")
    assert path.count() == 2
    title = page.locator("#hit-title").inner_text()
    path.get_by_role("button").click()
    page.wait_for_function(
        "was => document.querySelector('#hit-title').textContent != was", arg=title
    )
    picture(page, "path")


def test_an_answer_that_fails_says_so_and_is_asked_again(page, visitor):
    visitor.expected = re.compile("status of 503")
    busy = {
        "status": 503,
        "json": {"status": 503, "code": "unavailable", "detail": "Redis is away"},
    }
    page.route("**/api/v1/search", lambda route: route.fulfill(**busy))
    visit(page, "/")
    page.fill("#text", "a red coat")
    page.press("#text", "Enter")
    trouble = page.locator("#outcome .note.bad")
    assert "Redis is away" in trouble.inner_text()
    page.unroute("**/api/v1/search")
    trouble.get_by_role("button", name="Try again").click()
    page.wait_for_selector(".card, #nobody")


def test_that_nobody_fits_is_said_with_what_was_looked_at(page):
    search(page, NOBODY)
    assert page.locator("#nobody strong").first.inner_text() == "No likely match"
    rows = page.locator("#nobody tbody tr")
    assert "lobby-1" in rows.all_inner_texts()[1] + rows.all_inner_texts()[0]
    picture(page, "nobody")


def test_what_is_said_of_hits_changes_the_answer(page):
    search(page)
    track = page.locator(".card .open").nth(1).get_attribute("data-track")
    page.locator(".card .open").nth(1).click()
    with page.expect_request("**/api/v1/search") as asked:
        page.click("#more-like")
    assert asked.value.post_data_json["more_like"] == [track]
    page.wait_for_selector(".card.judged-yes")
    assert "1 marked as right" in page.locator("#likeness").inner_text()
    page.locator(".card .open").last.click()
    with page.expect_request("**/api/v1/search") as asked:
        page.click("#less-like")
    assert len(asked.value.post_data_json["less_like"]) == 1
    page.wait_for_selector(".card .open")
    page.locator(".card .open").first.click()
    with page.expect_request("**/api/v1/search") as asked:
        page.click("#similar")
    assert asked.value.post_data_json["like"]
    page.wait_for_selector(".card")


def test_a_question_is_answered_by_a_button(page):
    def with_question(route):
        answer = route.fetch()
        told = answer.json()
        told["question"] = {
            "id": "q1", "text": "was the backpack black?", "yes": [], "no": [], "gain": 0.4,
        }  # fmt: skip
        route.fulfill(response=answer, json=told)

    page.route("**/api/v1/search", with_question)
    search(page)
    picture(page, "question")
    page.unroute("**/api/v1/search")
    said = []

    def without_answer(route):
        # The real worker knows no question of that name: what is sent is what is looked at.
        told = route.request.post_data_json
        said.extend(told["answers"])
        route.continue_(post_data={**told, "answers": []})

    page.route("**/api/v1/search", without_answer)
    with page.expect_response("**/api/v1/search"):
        page.get_by_role("button", name="Yes", exact=True).click()
    assert said == ["q1=yes"]


def test_keys_alone_lead_from_the_page_to_a_hit_and_back(page):
    visit(page, "/live")
    page.keyboard.press("/")
    page.wait_for_url("**/")
    page.wait_for_selector(".welcome")
    page.locator("body").press("/")
    page.keyboard.type("a man in an off-white hoodie and red shorts")
    page.keyboard.press("Enter")
    page.wait_for_selector(".card")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.card .open')"):
            break
    first = page.evaluate("document.activeElement.dataset.track")
    assert first
    page.keyboard.press("ArrowRight")
    second = page.evaluate("document.activeElement.dataset.track")
    assert second not in {None, first}
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.hit .stage :is(video, img)")
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.hit", state="detached")
    assert page.evaluate("document.activeElement.dataset.track") == second


def test_suggestions_and_saved_searches_are_offered_again(page, visitor):
    search(page)
    with page.expect_response("**/api/v1/searches") as saved:
        page.get_by_role("button", name="Save search").click()
    assert saved.value.ok
    page.get_by_role("button", name="Clear", exact=True).click()
    page.wait_for_selector(".welcome")
    picture(page, "welcome")
    # It is with the account, not with the browser, and nobody else's.
    elsewhere = visitor.page()
    visit(elsewhere, "/")
    assert "Saved searches" in elsewhere.locator(".welcome").inner_text()
    elsewhere.locator(".welcome").get_by_role("button", name=HOODIE, exact=True).first.click()
    elsewhere.wait_for_selector(".card")
    vera = visitor.page(user="vera")
    visit(vera, "/")
    assert "Saved searches" not in vera.locator(".welcome").inner_text()
    page.fill("#text", "hoodie")
    page.wait_for_selector("#suggestions [role=option]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".card")


def test_a_doubtful_description_is_hinted_at_while_it_is_typed(page):
    visit(page, "/")
    page.fill("#text", "my neighbour John in a red jaket")
    page.wait_for_selector("#hints li")
    picture(page, "hints")


def test_a_link_opens_the_same_hit_and_tells_no_server_the_description(page, visitor):
    search(page)
    page.locator(".card .open").first.click()
    page.wait_for_selector("video")
    title = page.locator("#hit-title").inner_text()
    page.click("#copy-link")
    address = page.evaluate("navigator.clipboard.readText()")
    assert "hoodie" not in address.split("#")[0]
    other = visitor.page()
    other.goto(address)
    other.wait_for_selector("dialog.hit video")
    assert other.locator("#hit-title").inner_text() == title
    assert "#" not in other.url


def test_a_hostile_description_stays_text(page):
    visit(page, "/")
    page.fill("#text", f"{HOSTILE} red coat")
    page.press("#text", "Enter")
    page.wait_for_selector(".card, #nobody, .note.bad")
    page.get_by_role("button", name="Save search").click()
    page.get_by_role("button", name="Clear", exact=True).click()
    page.locator(".welcome", has_text=HOSTILE).wait_for()
    assert page.locator("img[src=x]").count() == 0
    assert page.title() == "Search · Descry"


def test_a_phone_has_it_all_without_scrolling_sideways(visitor):
    page = visitor.page(viewport=PHONE, device_scale_factor=2, has_touch=True)
    search(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, "search-phone")
    page.locator(".card .open").first.click()
    page.wait_for_selector("video")
    assert page.evaluate("document.querySelector('dialog').scrollWidth <= innerWidth")
    picture(page, "hit-phone")
