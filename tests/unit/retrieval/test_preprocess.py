import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision.transforms import v2

from retrieval.preprocess import DEVIATION, MEAN, prepare_pictures


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@settings(deadline=None, max_examples=25)
@given(height=st.integers(1, 500), width=st.integers(1, 300), seed=st.integers(0, 99))
def test_it_equals_the_transform_the_weights_were_tested_with(height: int, width: int, seed: int):
    picture = noise(height, width, seed)
    reference = v2.Compose(
        [
            v2.Resize((384, 128), interpolation=v2.InterpolationMode.BILINEAR),
            v2.PILToTensor(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(MEAN.tolist(), DEVIATION.tolist()),
        ]
    )(Image.fromarray(picture))
    np.testing.assert_allclose(prepare_pictures([picture])[0], reference, atol=1e-5)


def test_the_order_of_pictures_and_of_colours_is_kept():
    red, blue = np.zeros((2, 10, 10, 3), np.uint8)
    red[..., 0] = 255
    blue[..., 2] = 255
    prepared = prepare_pictures([red, blue])
    assert prepared.shape == (2, 3, 384, 128)
    assert prepared.dtype == np.float32
    assert prepared[0, 0].min() > prepared[0, 2].max()
    assert prepared[1, 2].min() > prepared[1, 0].max()


def test_no_pictures_give_none():
    assert prepare_pictures([]).shape == (0, 3, 384, 128)


def test_a_view_into_a_frame_is_read_rightly():
    frame = noise(400, 300)
    frame.flags.writeable = False
    crop = frame[50:250:2, 20:80]
    assert np.array_equal(prepare_pictures([crop]), prepare_pictures([crop.copy()]))


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0, 3), (5, 5), (5, 5, 4), (5, 5, 1)])
def test_a_picture_without_pixels_or_with_other_channels_is_refused(shape: tuple[int, ...]):
    with pytest.raises(ValueError, match="a picture"):
        prepare_pictures([np.zeros(shape, np.uint8)])


def test_a_picture_of_floats_is_refused():
    with pytest.raises(ValueError, match="uint8"):
        prepare_pictures([np.zeros((5, 5, 3), np.float32)])  # type: ignore[list-item]
