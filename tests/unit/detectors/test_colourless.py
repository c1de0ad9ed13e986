"""detectors.quality.is_colourless: pictures of cameras in infrared light."""

import cv2
import numpy as np
import pytest

from detectors.quality import is_colourless


def jpeg(picture, quality):
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def noise(height=120, width=50):
    return np.random.default_rng(0).integers(0, 256, (height, width, 1), np.uint8)


@pytest.mark.parametrize("quality", [30, 60, 95])
def test_a_grey_picture_has_none_however_it_was_compressed(quality):
    assert is_colourless(jpeg(np.repeat(noise(), 3, axis=2), quality))


@pytest.mark.parametrize("quality", [30, 60, 95])
def test_a_dark_red_coat_is_a_colour(quality):
    picture = np.repeat(noise() // 4, 3, axis=2)
    picture[30:80, 10:40] += np.array([0, 0, 45], np.uint8)
    assert not is_colourless(jpeg(picture, quality))


def test_a_coloured_mark_of_the_camera_in_a_corner_does_not_count():
    picture = np.repeat(noise(), 3, axis=2)
    picture[:5, :8] = (0, 200, 0)
    assert is_colourless(picture)


def test_no_picture_is_not_grey():
    assert not is_colourless(np.empty((0, 4, 3), np.uint8))
