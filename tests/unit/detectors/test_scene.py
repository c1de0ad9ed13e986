"""Black, blank and frozen pictures, and those that only look like it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.scene import SceneWatch

SIZE = (90, 160, 3)
PERIOD_S = 0.2


def lively(seed):
    """A picture with something to see, never twice the same."""
    return np.random.default_rng(seed).integers(0, 255, SIZE, dtype=np.uint8)


def even(level):
    return np.full(SIZE, level, np.uint8)


def verdicts(watch, pictures, start_s=0.0):
    return [watch.judge(image, start_s + i * PERIOD_S) for i, image in enumerate(pictures)]


@pytest.mark.parametrize(("level", "fault"), [(0, "black"), (15, "black"), (120, "blank")])
def test_an_even_picture_counts_once_it_has_lasted(level, fault):
    said = verdicts(SceneWatch(), [even(level)] * 20)
    assert said[:10] == [None] * 10
    assert said[10:] == [fault] * 10


def test_a_night_with_one_lamp_is_not_black():
    image = even(2)
    image[:30, :30] = 200
    frames = [np.where(lively(i) > 250, image + 1, image).astype(np.uint8) for i in range(30)]
    assert set(verdicts(SceneWatch(), frames)) == {None}


def test_a_flash_of_darkness_does_not_count():
    frames = [lively(0), *[even(0)] * 8, *[lively(i) for i in range(1, 10)]]
    assert set(verdicts(SceneWatch(), frames)) == {None}


def test_the_fault_is_over_a_second_after_it_was_seen_last():
    watch = SceneWatch()
    verdicts(watch, [even(0)] * 20)
    said = verdicts(watch, [lively(i) for i in range(10)], start_s=20 * PERIOD_S)
    assert said == ["black"] * 5 + [None] * 5


def test_a_picture_that_never_changes_is_frozen_after_a_while():
    still = lively(1)
    said = verdicts(SceneWatch(frozen_after_s=3.0), [still] * 20)
    assert said[:15] == [None] * 15
    assert said[15:] == ["frozen"] * 5


def test_one_spot_that_changes_is_enough_to_live():
    frames = []
    for count in range(60):
        image = lively(1).copy()
        image[:10, :10] = 255 * (count % 2)  # a burnt-in clock, say
        frames.append(image)
    assert set(verdicts(SceneWatch(frozen_after_s=3.0), frames)) == {None}


@given(st.lists(st.sampled_from(["lively", "black", "blank"]), max_size=80))
def test_whatever_comes_a_good_picture_for_a_second_ends_every_fault(kinds):
    watch = SceneWatch()
    pictures = {"black": even(3), "blank": even(90)}
    verdicts(watch, [pictures.get(kind, lively(i)) for i, kind in enumerate(kinds)])
    said = verdicts(watch, [lively(1000 + i) for i in range(7)], start_s=len(kinds) * PERIOD_S)
    assert said[-1] is None
