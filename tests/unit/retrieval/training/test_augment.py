"""Pictures are mirrored, shifted and erased as the released code does, by their seed alone."""

import random

import numpy as np
import PIL.Image
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms import functional

from retrieval.preprocess import DEVIATION, MEAN, prepare_pictures
from retrieval.training.augment import PAD_PX, TrainingTransform

HEIGHT, WIDTH = 48, 32
seeds = st.integers(0, 2**63 - 1)


def noise(width=WIDTH, height=HEIGHT):
    rng = np.random.default_rng(1)
    return PIL.Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8))


def plain(picture):
    return torch.from_numpy(prepare_pictures([np.asarray(picture)], height=HEIGHT, width=WIDTH)[0])


def tensors(augment, count=300, picture=None):
    transform = TrainingTransform(HEIGHT, WIDTH, augment)
    return [transform(picture or noise(), seed) for seed in range(count)]


def erased(tensor):
    """(H, W) whether a pixel has the un-normalised mean colour."""
    return (tensor == torch.from_numpy(MEAN)[:, None, None]).all(0)


@settings(max_examples=25)
@given(st.integers(1, 80), st.integers(1, 80), st.booleans())
def test_without_a_seed_a_picture_is_what_the_encoder_sees(width, height, augment):
    picture = noise(width, height)
    tensor = TrainingTransform(HEIGHT, WIDTH, augment)(picture, None)
    assert torch.equal(tensor, plain(picture))


@settings(max_examples=25)
@given(seeds, st.booleans())
def test_the_same_seed_gives_the_same_picture_and_global_draws_are_left_alone(seed, augment):
    transform = TrainingTransform(HEIGHT, WIDTH, augment)
    states = torch.get_rng_state(), random.getstate()
    first, second = transform(noise(), seed), transform(noise(), seed)
    assert torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]
    assert first.shape == (3, HEIGHT, WIDTH)
    assert first.dtype == torch.float32


def test_without_augmentation_half_are_mirrored_and_nothing_else_happens():
    upright = plain(noise())
    mirrored = sum(torch.equal(tensor, upright.flip(-1)) for tensor in tensors(augment=False))
    kept = sum(torch.equal(tensor, upright) for tensor in tensors(augment=False))
    assert mirrored + kept == 300
    assert 120 < mirrored < 180


def test_a_picture_is_padded_with_black_and_cut_out_anywhere():
    padded = functional.pad(noise(), [PAD_PX] * 4)
    windows = {}
    for image, is_mirrored in ((padded, False), (functional.hflip(padded), True)):
        for top in range(2 * PAD_PX + 1):
            for left in range(2 * PAD_PX + 1):
                crop = functional.to_tensor(functional.crop(image, top, left, HEIGHT, WIDTH))
                crop = functional.normalize(crop, MEAN.tolist(), DEVIATION.tolist())
                windows[crop.numpy().round(4).tobytes()] = top, left, is_mirrored
    whole = [tensor for tensor in tensors(augment=True) if not erased(tensor).any()]
    found = [windows[tensor.numpy().round(4).tobytes()] for tensor in whole]
    assert len(found) > 100
    assert {top for top, _, _ in found} == {left for _, left, _ in found} == set(range(21))
    assert {is_mirrored for _, _, is_mirrored in found} == {False, True}


def test_in_half_of_all_a_rectangle_has_the_mean_colour_as_it_is_before_normalising():
    masks = [mask for tensor in tensors(augment=True) if (mask := erased(tensor)).any()]
    assert 120 < len(masks) < 180
    for mask in masks:
        rows, columns = torch.where(mask)
        height, width = int(rows.max() - rows.min() + 1), int(columns.max() - columns.min() + 1)
        assert int(mask.sum()) == height * width
        # Rounding to whole pixels moves a small rectangle a little beyond the bounds.
        assert 0.015 < height * width / (HEIGHT * WIDTH) < 0.42
        assert 0.2 < height / width < 5
        assert height < HEIGHT
        assert width < WIDTH


def test_rectangles_come_in_all_sizes_and_places():
    masks = [mask for tensor in tensors(augment=True) if (mask := erased(tensor)).any()]
    shares = sorted(float(mask.float().mean()) for mask in masks)
    assert shares[0] < 0.06
    assert shares[-1] > 0.3
    covered = torch.stack(masks).any(0)
    assert covered.any(0).all()
    assert covered.any(1).all()


def test_a_picture_too_thin_for_a_rectangle_stays_whole():
    transform = TrainingTransform(1, 1)
    for seed in range(50):
        assert not erased(transform(noise(1, 1), seed)).any()


@pytest.mark.parametrize("size", [(1, 1), (5, 700)])
def test_pictures_of_any_size_become_one_size(size):
    assert TrainingTransform(384, 128)(noise(*size), 0).shape == (3, 384, 128)
