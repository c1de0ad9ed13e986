"""The box on a clip, held against where the film's people truly are."""

import json
from collections import defaultdict
from datetime import datetime

import pytest

from tests.browser.conftest import picture, search
from tests.browser.system import BOXED, FOOTAGE, START

pytestmark = pytest.mark.slow

FPS = 10
#: The middle of the box from the middle of the person, as a share of the person's height.
OFF_BY = 0.15


def truth() -> dict[int, list[tuple[float, ...]]]:
    """x, y, width, height of everybody by frame, counted from 1."""
    people = defaultdict(list)
    for line in (FOOTAGE / f"{BOXED}.gt.txt").read_text().splitlines():
        frame, _, *box = map(float, line.split(",")[:6])
        people[int(frame)].append(tuple(box))
    return people


def how_far(box, person) -> float:
    """How far the middles are apart, in heights of the person."""
    across = box[0] + box[2] / 2 - (person[0] + person[2] / 2)
    down = box[1] + box[3] / 2 - (person[1] + person[3] / 2)
    return (across**2 + down**2) ** 0.5 / person[3]


def shown_at(page, second: float):
    """The box that is drawn `second` of the clip, and whether it is solid."""
    page.evaluate(
        """second => new Promise(done => {
            const video = document.querySelector('.stage video');
            video.pause();
            video.requestVideoFrameCallback(() => setTimeout(done, 50));
            video.currentTime = second;
        })""",
        second,
    )
    return page.evaluate(
        """() => {
            const rect = document.querySelector('.stage svg rect');
            const side = name => Number(rect.getAttribute(name));
            return {box: ['x', 'y', 'width', 'height'].map(side), kind: rect.getAttribute('class'),
                    shown: rect.getAttribute('visibility')};
        }"""
    )


def open_hit_of(page, camera: str) -> str:
    """Open the first hit of a camera; what the API says of its clip, as JSON."""
    search(page)
    page.locator(".chip summary", has_text="All cameras").click()
    with page.expect_response("**/api/v1/search"):
        page.get_by_label(camera, exact=True).check()
    page.keyboard.press("Escape")
    with page.expect_response("**/clip?*") as cut:
        page.locator(".card", has_text=camera).first.locator(".open").click()
    page.wait_for_selector("video")
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    return cut.value.headers["descry-clip"]


def test_where_boxes_were_kept_the_box_stays_on_the_person(page):
    told = json.loads(open_hit_of(page, BOXED))
    assert "frame by frame" in page.locator("#box-words").inner_text()
    people = truth()
    begun = datetime.fromisoformat(told["begin_at"]) - datetime.fromisoformat(START)
    span = told["hit_until_s"] - told["hit_from_s"]
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        second = round((told["hit_from_s"] + share * span) * FPS) / FPS
        shown = shown_at(page, second + 0.5 / FPS)
        frame = round((begun.total_seconds() + second) * FPS) + 1
        assert shown["shown"] == "visible", second
        nearest = min(how_far(shown["box"], person) for person in people[frame])
        assert nearest < OFF_BY, (second, shown, people[frame])
    picture(page, "hit-boxed")


def test_where_none_were_kept_a_guess_is_dashed_and_said_to_be_one(page):
    told = json.loads(open_hit_of(page, "platform-1"))
    assert "estimated" in page.locator("#box-words").inner_text()
    span = told["hit_until_s"] - told["hit_from_s"]
    steps = [told["hit_from_s"] + span * number / 12 for number in range(13)]
    kinds = {shown_at(page, step)["kind"] for step in steps}
    assert "guess" in kinds
