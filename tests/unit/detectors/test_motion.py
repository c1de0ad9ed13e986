"""The motion gate on scenes whose truth is known: who moves is seen, and little else is."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.boxes import iou
from detectors.motion import BackgroundGate
from detectors.types import Frame, Glance

FPS = 5.0
NOON = 1_790_000_000.0
WIDTH, HEIGHT = 320, 180
SCENE = np.repeat(np.random.default_rng(1).integers(60, 190, (18, 32, 1)), 10, 0).repeat(10, 1)
PERSON = (24, 60)  # pixels across and down


def pictures(count: int, *, noise: float = 2.0, seed: int = 2) -> Iterator[np.ndarray]:
    """(180, 320, 3) float of an empty scene with a sensor's noise."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield SCENE + rng.normal(0, noise, (HEIGHT, WIDTH, 3))


def with_person(picture: np.ndarray, x: int, y: int = 90) -> np.ndarray:
    shown = picture.copy()
    shown[y : y + PERSON[1], max(x, 0) : max(x + PERSON[0], 0)] = (30, 40, 200)
    return shown


def frames(shown: Iterable[np.ndarray], first: int = 1) -> list[Frame]:
    return [
        Frame("door", "r1", n, NOON + n / FPS, np.clip(one, 0, 255).astype(np.uint8))
        for n, one in enumerate(shown, first)
    ]


def glances(gate: BackgroundGate, shown: Iterable[Frame]) -> list[Glance]:
    return [gate.watch(frame) for frame in shown]


def due(seen: list[Glance]) -> list[bool]:
    return [glance.is_due for glance in seen]


def test_the_first_frames_are_all_looked_at():
    seen = glances(BackgroundGate(), frames(pictures(14)))
    assert all(due(seen))


def test_an_empty_scene_is_looked_at_in_the_rhythm_that_was_asked_for():
    gate = BackgroundGate(look_every_s=4.0)
    seen = glances(gate, frames(pictures(200)))[50:]
    assert sum(due(seen)) in {7, 8}  # 150 frames are 30 s
    assert not any(glance.regions for glance in seen)


def test_a_walker_is_seen_in_every_frame_and_where_they_are():
    walk = [with_person(p, 40 + 8 * n) for n, p in enumerate(pictures(30, seed=3))]
    shown = frames(itertools.chain(pictures(40), walk))
    seen = glances(BackgroundGate(), shown)[40:]
    assert all(due(seen))
    for n, glance in enumerate(seen):
        # They may be found where they were a moment ago, too.
        x = 40 + 8 * n
        assert any(b.x1 < x + PERSON[0] and b.x2 > x and b.y2 > 90 for b in glance.regions)


def test_the_gate_closes_behind_a_walker():
    walk = (with_person(p, 8 * n) for n, p in enumerate(pictures(40)))
    shown = frames(itertools.chain(pictures(40), walk, pictures(60)))
    seen = glances(BackgroundGate(look_every_s=60), shown)
    assert sum(due(seen[80 + 15 :])) <= 1


def test_who_stops_is_looked_at_in_the_rhythm_for_as_long_as_they_stand():
    arrive = (with_person(p, min(8 * n, 160)) for n, p in enumerate(pictures(300)))
    seen = glances(BackgroundGate(look_every_s=2.0), frames(itertools.chain(pictures(40), arrive)))
    # 200 frames are 40 s.
    assert sum(due(seen[-200:])) >= 20


def lamp() -> np.ndarray:
    lit = np.ones((1, WIDTH, 1))
    lit[:, : WIDTH // 2] = 1.5
    return lit


@pytest.mark.parametrize("gain", [0.5, 0.7, 1.4])
def test_light_that_changes_everywhere_is_old_news_within_seconds(gain):
    before, after = pictures(60), (gain * p for p in pictures(60))
    seen = glances(BackgroundGate(look_every_s=60), frames(itertools.chain(before, after)))
    assert sum(due(seen[60 + 20 :])) <= 1


def test_a_lamp_that_lights_half_the_scene_does_not_keep_the_gate_open():
    after = (p * lamp() for p in pictures(60))
    seen = glances(BackgroundGate(look_every_s=60), frames(itertools.chain(pictures(60), after)))
    assert sum(due(seen[60 + 20 :])) <= 1


@pytest.mark.parametrize("light", [0.6, lamp()], ids=["dim", "lamp"])
def test_a_walker_in_new_light_is_seen(light):
    """Shortly after the switch, and when half of what is remembered is from before it."""
    for wait in (20, 35):
        walk = (light * with_person(p, 8 * n) for n, p in enumerate(pictures(35)))
        shown = itertools.chain(pictures(60), (light * p for p in pictures(wait)), walk)
        seen = glances(BackgroundGate(look_every_s=60), frames(shown))
        assert all(due(seen[60 + wait + 3 :]))


def test_a_slow_cloud_opens_nothing():
    cloud = (p * (1 - 0.4 * n / 200) for n, p in enumerate(pictures(200)))
    seen = glances(BackgroundGate(look_every_s=60), frames(itertools.chain(pictures(60), cloud)))
    assert sum(due(seen[60:])) <= 2


def rainy(count: int, seed: int = 5) -> Iterator[np.ndarray]:
    """Streaks near the lens, in other places each time."""
    rng = np.random.default_rng(seed)
    for picture in pictures(count, seed=seed):
        for x, y in rng.integers((0, 0), (WIDTH - 6, HEIGHT - 50), (25, 2)).tolist():
            picture[y : y + 50, x : x + 5] = 235
        yield picture


def test_rain_does_not_keep_every_frame_before_the_detector():
    seen = glances(BackgroundGate(), frames(itertools.chain(pictures(40), rainy(300))))
    assert sum(due(seen[-200:])) <= 80  # one a second, and the usual rhythm


def test_a_walker_in_the_rain_is_looked_at_each_second():
    walk = [with_person(p, 4 * n) for n, p in enumerate(rainy(70, seed=6))]
    seen = glances(BackgroundGate(), frames(itertools.chain(pictures(40), rainy(200), walk)))
    looks = [n for n, is_due in enumerate(due(seen[-70:])) if is_due]
    assert max(np.diff([0, *looks])) <= FPS + 1


def test_a_clock_that_was_set_back_and_a_new_resolution_begin_anew():
    shown = frames(pictures(60))
    gate = BackgroundGate(look_every_s=60)
    glances(gate, shown)
    back = [replace(f, captured_at=f.captured_at - 3600) for f in frames(pictures(10), first=61)]
    assert all(due(glances(gate, back)))
    larger = [replace(f, image=f.image[:160]) for f in frames(pictures(10), first=71)]
    assert all(due(glances(gate, larger)))


PARTS = ["empty", "walk", "rain", "light", "pause"]


@st.composite
def films(draw: st.DrawFn) -> list[Frame]:
    """Empty and crowded stretches, light switched, rain, pauses without frames."""
    parts = draw(st.lists(st.sampled_from(PARTS), max_size=6))
    shown, number, at = [], 0, NOON
    for seed, part in enumerate(["empty", *parts]):
        count = draw(st.integers(5, 120))
        if part == "pause":
            at += draw(st.sampled_from([0.5, 4.0, 14.0, 40.0]))
            continue
        stretch = rainy(count, seed) if part == "rain" else pictures(count, seed=seed)
        for n, picture in enumerate(stretch):
            number, at = number + 1, at + 1 / FPS
            seen = with_person(picture, 6 * n) if part == "walk" else picture
            dimmed = 0.6 if part == "light" else 1.0
            image = np.clip(dimmed * seen[::4, ::4], 0, 255).astype(np.uint8)
            shown.append(Frame("door", "r1", number, at, image))
    return shown


@given(films(), st.data())
@settings(max_examples=10, deadline=None)
def test_a_gate_that_starts_over_where_it_is_told_goes_on_like_one_that_never_stopped(film, data):
    """What makes a recording that is read on after a crash give the same tracks."""
    gate = BackgroundGate()
    stop = data.draw(st.integers(1, len(film)))
    glances(gate, film[:stop])
    again = BackgroundGate()
    glances(again, [f for f in film[:stop] if f.number >= gate.needs_from])
    assert glances(again, film[stop:]) == glances(gate, film[stop:])


def test_wherever_it_starts_over_its_answers_are_those_of_one_that_never_stopped():
    """Stillness, walkers, rain for long enough to be taken for granted, a pause without frames."""
    walk = [with_person(p, 6 * n) for n, p in enumerate(pictures(50, seed=6))]
    dim = (0.6 * p for p in pictures(60, seed=5))
    parts = (pictures(60), walk, rainy(140, seed=4), dim, walk, rainy(90, seed=9))
    film = frames(picture[::4, ::4] for picture in itertools.chain(*parts))
    pause = [replace(f, captured_at=f.captured_at + 20 * (f.number > 170)) for f in film]
    gate, seen, needed = BackgroundGate(look_every_s=60), [], []
    for frame in pause:
        seen.append(gate.watch(frame))
        needed.append(gate.needs_from)
    for stop in range(5, len(pause), 7):
        again = BackgroundGate(look_every_s=60)
        glances(again, pause[needed[stop - 1] - 1 : stop])
        assert glances(again, pause[stop : stop + 60]) == seen[stop : stop + 60], stop


def test_a_pause_without_frames_is_no_motion_that_did_not_pause():
    rain = frames(itertools.chain(pictures(40), rainy(30)))
    later = [replace(f, captured_at=f.captured_at + 60) for f in frames(rainy(30, 8), first=71)]
    seen = glances(BackgroundGate(), [*rain, *later])
    assert all(due(seen[-30:]))


def test_what_it_needs_is_bounded():
    gate = BackgroundGate()
    shown = frames(pictures(400))
    glances(gate, shown)
    assert 200 < gate.needs_from < 400


def test_boxes_of_regions_lie_in_the_frame():
    shown = frames(itertools.chain(pictures(40), [with_person(SCENE.repeat(3, 2), 300)]))
    regions = glances(BackgroundGate(), shown)[-1].regions
    assert regions
    assert all(0 <= b.x1 < b.x2 <= WIDTH and 0 <= b.y1 < b.y2 <= HEIGHT for b in regions)
    person = np.array([[300, 90, 320, 150]], np.float32)
    assert iou(np.array(regions, np.float32), person).max() > 0.4


def test_where_something_moved_is_told_for_as_long_as_frames_are_looked_at_after_it():
    stop = (with_person(p, 100) for p in pictures(30))
    gate = BackgroundGate(hold_s=1.0)
    seen = glances(gate, frames(itertools.chain(pictures(40), stop)))[40:]
    last = max(n for n, glance in enumerate(seen) if glance.regions)
    alone = glances(
        BackgroundGate(hold_s=0.0),
        frames(itertools.chain(pictures(40), (with_person(p, 100) for p in pictures(30)))),
    )[40:]
    moved = max(n for n, glance in enumerate(alone) if glance.regions)
    assert last == moved + round(1.0 * FPS)


def test_all_of_a_frame_is_wanted_while_it_learns_and_at_every_beat():
    seen = glances(BackgroundGate(look_every_s=2.0), frames(pictures(100)))
    assert all(glance.is_whole for glance in seen[:10])
    later = [n for n, glance in enumerate(seen) if glance.is_whole and n >= 40]
    assert {b - a for a, b in itertools.pairwise(later)} == {round(2.0 * FPS)}


def test_a_frame_is_wanted_whole_every_two_seconds_however_seldom_an_empty_scene_is():
    seen = glances(BackgroundGate(look_every_s=60.0), frames(pictures(100)))
    later = [n for n, glance in enumerate(seen) if glance.is_whole and n >= 40]
    assert {b - a for a, b in itertools.pairwise(later)} == {round(2.0 * FPS)}


def test_another_size_of_the_same_shape_begins_anew():
    gate = BackgroundGate()
    walk = (with_person(p, 40 + 8 * n) for n, p in enumerate(pictures(5)))
    shown = frames(itertools.chain(pictures(40), walk))
    assert glances(gate, shown)[-1].regions
    larger = np.ascontiguousarray(shown[-1].image.repeat(2, axis=0).repeat(2, axis=1))
    after = gate.watch(replace(shown[-1], number=46, captured_at=NOON + 46 / FPS, image=larger))
    assert after == Glance(is_due=True, regions=(), is_whole=True)
