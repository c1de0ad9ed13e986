"""detectors.blurring: what is blurred tells nothing but a few averages."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.blurring import CELLS, blurred, figure_of, head_of, wholly_blurred
from detectors.types import Box


def drawn(seed: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)


def detail(image: np.ndarray) -> float:
    """How much changes from pixel to pixel."""
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def checks(height: int, width: int) -> np.ndarray:
    """Large and small patterns at once: what a face has."""
    y, x = np.mgrid[0:height, 0:width]
    coarse = ((y // (height // 5)) + (x // (width // 5))) % 2 * 120
    return np.repeat((coarse + (x + y) % 2 * 100)[..., None], 3, 2).astype(np.uint8)


@given(
    seed=st.integers(0, 99),
    x=st.integers(-20, 70), y=st.integers(-20, 70),
    width=st.integers(1, 60), height=st.integers(1, 60),
)  # fmt: skip
def test_what_lies_outside_stays_and_what_lies_inside_loses_its_detail(seed, x, y, width, height):
    image = drawn(seed, 64, 80)
    before = image.copy()
    out = blurred(image, [Box(x, y, x + width, y + height)])
    rows, columns = slice(max(y, 0), max(y + height, 0)), slice(max(x, 0), max(x + width, 0))
    kept = np.ones(image.shape[:2], bool)
    kept[rows, columns] = False
    assert np.array_equal(image, before)
    assert np.array_equal(out[kept], image[kept])
    inside = image[rows, columns]
    if min(inside.shape[:2]) >= 16:
        assert detail(out[rows, columns]) < detail(inside) / 100


@given(seed=st.integers(0, 99))
def test_pictures_with_the_same_averages_become_the_same(seed):
    """So nothing finer can be had back: of both pictures there is but one blurred one."""
    cell, rng = 12, np.random.default_rng(seed)
    side = CELLS * cell
    first, other = drawn(seed, side, side), np.empty((side, side, 3), np.uint8)
    for row in range(CELLS):
        for column in range(CELLS):
            window = np.s_[row * cell : (row + 1) * cell, column * cell : (column + 1) * cell]
            pixels = first[window].reshape(-1, 3)
            other[window] = rng.permutation(pixels).reshape(cell, cell, 3)
    assert not np.array_equal(first, other)
    assert np.array_equal(wholly_blurred(first), wholly_blurred(other))


@pytest.mark.parametrize("size", [(24, 20), (90, 80), (400, 300)])
def test_a_head_of_any_size_loses_its_pattern_and_keeps_its_colour(size):
    image = checks(*size)
    out = wholly_blurred(image)
    assert detail(image) > 1000
    assert detail(out) < detail(image) / 1000
    assert abs(float(out.mean()) - float(image.mean())) < 12


def test_two_parts_that_overlap_leave_nothing_of_either():
    image = drawn(3, 80, 80)
    out = blurred(image, [Box(0, 0, 50, 50), Box(30, 30, 80, 80)])
    assert detail(out[:50, :50]) < detail(image) / 100
    assert detail(out[30:, 30:]) < detail(image) / 100
    assert np.array_equal(out[:30, 50:], image[:30, 50:])


@given(
    x=st.floats(-50, 500), y=st.floats(-50, 500), width=st.floats(1, 300), height=st.floats(1, 600)
)
def test_a_head_is_the_top_quarter_and_a_figure_is_all(x, y, width, height):
    box = Box(x, y, x + width, y + height)
    head, figure = head_of(box), figure_of(box)
    assert head.y2 >= box.y1 + box.height / 4
    for part in (head, figure):
        assert part.x1 < box.x1
        assert part.y1 < box.y1
        assert part.x2 > box.x2
    assert figure.y2 > box.y2


def test_of_somebody_cut_off_at_the_waist_more_than_a_quarter_is_head():
    assert head_of(Box(0, 0, 100, 120)).y2 > 50
