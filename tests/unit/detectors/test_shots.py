import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.shots import ShotChooser
from detectors.types import Box, Frame, TrackedBox

SIZE = (240, 320)
TALL = Box(100, 40, 160, 200)
HALF = Box(60, 160, 160, 240)  # the lower edge cuts it off
SMALL = Box(100, 100, 118, 140)
TINY = Box(100, 100, 108, 120)


def frame(at_s=0.0, *, seed=1, level=255, number=1):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, level, (*SIZE, 3)).astype(np.uint8)
    return Frame("lobby", "run", number, at_s, image)


def chooser(**rules):
    return ShotChooser("lobby", "run", **rules)


def tracked(box=TALL, number=1):
    return TrackedBox(number, box, 0.9)


def brightness(level):
    """Plain pictures that differ by `level`: a new look, at the same quality but for the light."""
    image = np.full((*SIZE, 3), level, np.uint8)
    image[::2] += 20
    return image


def look(at_s, level):
    return Frame("lobby", "run", 1, at_s, brightness(level))


def test_the_first_good_sighting_is_published_at_once():
    (shot,) = chooser().consider(frame(5.0), [tracked()])
    assert (str(shot.id), shot.captured_at, shot.replaces) == ("lobby/run/1/1", 5.0, None)
    assert (shot.box, shot.frame_width, shot.frame_height) == (TALL, 320, 240)


def test_the_picture_is_the_person_with_a_margin_and_keeps_no_frame_alive():
    seen = frame()
    (shot,) = chooser().consider(seen, [tracked()])
    assert np.array_equal(shot.picture, seen.image[32:208, 97:163])
    assert shot.picture.base is None
    assert not shot.picture.flags.writeable


def test_a_shot_says_how_the_instant_of_its_frame_is_known():
    seen = dataclasses.replace(frame(), time_source="sender report")
    (shot,) = chooser().consider(seen, [tracked()])
    assert shot.time_source == "sender report"


def test_a_person_at_the_edge_is_cut_at_the_frame():
    (shot,) = chooser(min_quality=0.1).consider(frame(), [tracked(Box(-20, 40, 60, 200))])
    assert shot.box == Box(0, 40, 60, 200)
    assert shot.picture.shape == (176, 63, 3)


def test_a_small_sighting_waits_until_its_track_ends():
    picks = chooser()
    assert picks.consider(frame(), [tracked(SMALL)]) == []
    (shot,) = picks.end([1])
    assert (shot.id.number, shot.box) == (1, SMALL)
    assert picks.unpublished == 0


def test_of_the_small_sightings_the_best_is_published():
    picks = chooser()
    larger = Box(100, 100, 122, 150)
    for at_s, box in [(0.0, SMALL), (1.0, larger), (2.0, SMALL)]:
        picks.consider(frame(at_s), [tracked(box)])
    (shot,) = picks.end([1])
    assert (shot.box, shot.captured_at) == (larger, 1.0)


def test_a_track_too_small_to_judge_is_counted_and_gives_nothing():
    picks = chooser()
    picks.consider(frame(), [tracked(TINY)])
    assert picks.end([1]) == []
    assert picks.unpublished == 1


def test_an_ended_track_that_published_gives_no_more_and_is_forgotten():
    picks = chooser()
    picks.consider(frame(), [tracked()])
    assert picks.end([1]) == []
    assert picks.end([1]) == []
    assert picks.unpublished == 0


def test_the_same_look_again_is_not_worth_a_shot():
    picks = chooser()
    shots = [picks.consider(frame(float(s)), [tracked()]) for s in range(20)]
    assert [len(found) for found in shots] == [1] + [0] * 19


def test_a_new_look_is_added_after_a_second():
    picks = chooser(min_quality=0.1)
    assert len(picks.consider(look(0.0, 60), [tracked()])) == 1
    assert picks.consider(look(0.9, 160), [tracked()]) == []
    (added,) = picks.consider(look(1.0, 160), [tracked()])
    assert (added.id.number, added.replaces) == (2, None)


def test_a_clearly_better_sighting_replaces_the_one_it_resembles():
    picks = chooser()
    picks.consider(frame(0.0, level=120), [tracked(HALF)])
    (better,) = picks.consider(frame(0.5, level=120), [tracked()])
    assert (better.id.number, better.replaces) == (2, 1)


def test_half_a_person_gives_way_even_to_a_different_look():
    picks = chooser(min_quality=0.1)
    picks.consider(frame(0.0, level=120), [tracked(HALF)])
    (better,) = picks.consider(frame(2.0, level=250), [tracked()])
    assert better.replaces == 1


def coming_nearer(picks, seconds):
    """Someone who grows, and so gets clearer, with every tenth of a second: when shots came."""
    instants = [step / 10 for step in range(int(seconds * 10))]
    heights = np.linspace(64, 190, len(instants))
    return [
        at_s
        for at_s, height in zip(instants, heights, strict=True)
        for _ in picks.consider(frame(at_s), [tracked(Box(100, 20, 160, 20 + height))])
    ]


def test_the_time_between_shots_doubles_so_that_the_budget_lasts():
    published_at = coming_nearer(chooser(margin=0.001), 10)
    assert np.diff(published_at) == pytest.approx([0.5, 1.0, 2.0, 4.0])


def test_a_spent_budget_is_spent():
    assert len(coming_nearer(chooser(margin=0.001, keep=1, publish_at_most=2), 10)) == 2


def test_somebody_in_front_is_part_of_the_quality():
    (alone,) = chooser().consider(frame(), [tracked()])
    hidden, _ = chooser(min_quality=0.1).consider(
        frame(), [tracked(), tracked(Box(120, 60, 200, 230), number=2)]
    )
    assert hidden.quality.clearness < alone.quality.clearness == 1.0


def test_one_cannot_keep_more_than_one_publishes():
    with pytest.raises(ValueError, match="keep 9 of 8"):
        chooser(keep=9)


steps = st.lists(
    st.tuples(
        st.floats(0.05, 20),  # seconds since the last frame
        st.integers(0, 230),  # brightness
        st.lists(
            st.tuples(st.integers(1, 3), st.integers(0, 250), st.integers(20, 200)), max_size=3
        ),
    ),
    max_size=40,
)


def play(script, *, keep, publish_at_most):
    """Run a script of frames; returns what was published, in order."""
    picks = chooser(min_quality=0.1, keep=keep, publish_at_most=publish_at_most)
    shots, now = [], 0.0
    for gap_s, level, people in script:
        now += gap_s
        numbers = {number: (x, height) for number, x, height in people}
        boxes = [
            tracked(Box(x, 20, x + height * 0.4, 20 + height), number)
            for number, (x, height) in numbers.items()
        ]
        shots += picks.consider(look(now, level), boxes)
    return shots + picks.end([1, 2, 3])


@settings(max_examples=60, deadline=None)
@given(steps, st.integers(1, 4), st.integers(4, 8))
def test_a_track_never_exceeds_its_limits_and_retires_only_what_it_kept(script, keep, most):
    kept_of, last_of = {}, {}
    for shot in play(script, keep=keep, publish_at_most=most):
        kept = kept_of.setdefault(shot.id.track, set())
        assert shot.id.number == last_of.get(shot.id.track, 0) + 1 <= most
        last_of[shot.id.track] = shot.id.number
        if shot.replaces is not None:
            kept.remove(shot.replaces)  # fails if it was not there
        kept.add(shot.id.number)
        assert len(kept) <= keep


@settings(max_examples=15, deadline=None)
@given(steps)
def test_the_same_frames_give_the_same_shots(script):
    first, again = (play(script, keep=4, publish_at_most=8) for _ in range(2))
    assert [(s.id, s.replaces, s.box, s.quality) for s in first] == [
        (s.id, s.replaces, s.box, s.quality) for s in again
    ]
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(first, again, strict=True))


def doubled(image):
    return image.repeat(2, axis=0).repeat(2, axis=1)


def test_a_shot_is_cut_from_the_larger_picture_and_its_box_stays_that_of_the_frame():
    large = doubled(frame().image)
    seen = dataclasses.replace(frame(), closeup=lambda: large)
    (shot,) = chooser().consider(seen, [tracked()])
    assert np.array_equal(shot.picture, large[64:416, 194:326])
    assert (shot.box, shot.frame_width, shot.frame_height) == (TALL, 320, 240)
    assert shot.quality.height_px == 2 * TALL.height


def test_somebody_too_small_in_the_frame_may_be_large_enough_in_the_closeup():
    small = tracked(SMALL)  # 40 lines tall; a shot needs 64
    assert chooser().consider(frame(), [small]) == []
    seen = dataclasses.replace(frame(), closeup=lambda: doubled(frame().image))
    assert len(chooser(min_quality=0.1).consider(seen, [small])) == 1


@pytest.mark.parametrize("closeup", [None, frame(seed=2).image[::2, ::2]])
def test_without_a_larger_picture_the_frame_itself_is_cut(closeup):
    (plain,) = chooser().consider(frame(), [tracked()])
    (shot,) = chooser().consider(dataclasses.replace(frame(), closeup=lambda: closeup), [tracked()])
    assert np.array_equal(shot.picture, plain.picture)


def test_the_closeup_is_asked_for_once_a_frame_and_only_if_a_shot_may_come_of_it():
    asked = []
    one = chooser()
    for at_s in (0.0, 0.1, 0.2, 3.0):
        seen = dataclasses.replace(frame(at_s), closeup=lambda at_s=at_s: asked.append(at_s))
        one.consider(seen, [tracked(), tracked(HALF, number=2)])
    one.consider(dataclasses.replace(frame(4.0), closeup=lambda: asked.append(4.0)), [])
    assert asked == [0.0, 3.0]
