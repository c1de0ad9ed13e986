"""What a training of a detector sees."""

import random

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.training import _listed, degraded


def pictures(count: int = 24) -> torch.Tensor:
    return torch.rand(count, 3, 24, 16, generator=torch.Generator().manual_seed(1))


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_degraded_pictures_keep_their_shape_and_stay_pictures(seed):
    random.seed(seed)
    torch.manual_seed(seed)
    seen = degraded(pictures(4))
    assert seen.shape == (4, 3, 24, 16)
    assert 0 <= float(seen.min()) <= float(seen.max()) <= 1


def test_some_pictures_are_grey_some_are_smooth_and_most_are_left_alone():
    random.seed(5)
    before = pictures(200)
    seen = degraded(before.clone())
    same = (seen == before).flatten(1).all(dim=1)
    grey = (seen[:, 0] - seen[:, 1]).abs().flatten(1).amax(dim=1) == 0
    rough = (seen[:, :, 1:] - seen[:, :, :-1]).abs().mean(dim=(1, 2, 3))
    assert 80 < int(same.sum()) < 140
    assert 10 < int(grey.sum()) < 50
    assert 30 < int((rough < 0.7 * rough.median()).sum()) < 100


def test_pictures_are_listed_where_ultralytics_finds_their_labels(tmp_path):
    stills, data = tmp_path / "stills", tmp_path / "data" / "train"
    for folder, name in (("frames", "000002.jpg"), ("frames", "000001.jpg"), ("labels", "1.txt")):
        (stills / folder).mkdir(parents=True, exist_ok=True)
        (stills / folder / name).touch()
    for _ in range(2):  # gone on with
        listing = _listed(stills, data)
    assert listing.read_text().splitlines() == [
        str(data / "images" / "000001.jpg"), str(data / "images" / "000002.jpg"),
    ]  # fmt: skip
    assert (data / "images" / "000001.jpg").exists()
    assert (data / "labels" / "1.txt").exists()
