"""A packed detector finds what the network that it was packed from finds."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.errors import DetectorUnusable
from detectors.offline import prepare_ultralytics
from detectors.safetensors_weights import Architecture, PackedDetector, pack_detector, read_packed
from detectors.types import Frame
from detectors.yolo import YoloDetector

SMALL = Architecture(depth=0.33, width=0.0625)


def tensors_of(model):
    return {
        name: value.numpy()
        for name, value in model.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    prepare_ultralytics()
    import torch
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(0)
    model = DetectionModel(SMALL.to_yaml(), verbose=False)
    path = tmp_path_factory.mktemp("yolo") / "small.safetensors"
    pack_detector(PackedDetector(SMALL, tensors_of(model)), path)
    return path


def frame():
    image = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    return Frame("door", "run", 1, 0.0, image)


def test_a_packed_detector_detects_people_and_is_known_by_its_digest(packed, tmp_path):
    detector = YoloDetector(packed, image_size_px=160, confidence=0.0001, device="cpu")
    (people,) = detector.detect([frame()])
    assert people
    assert detector.detect([frame()]) == [people]
    other = tmp_path / "other.safetensors"
    held = read_packed(packed)
    changed = {**held.tensors, "model.0.bn.bias": held.tensors["model.0.bn.bias"] + 1}
    pack_detector(replace(held, tensors=changed), other)
    again = YoloDetector(other, image_size_px=160, confidence=0.0001, device="cpu")
    assert again.fingerprint != detector.fingerprint


def test_tensors_of_another_size_are_refused_in_one_line(packed, tmp_path):
    path = tmp_path / "wrong.safetensors"
    pack_detector(replace(read_packed(packed), architecture=Architecture()), path)
    with pytest.raises(DetectorUnusable, match=r"wrong\.safetensors does not hold the") as refusal:
        YoloDetector(path, device="cpu")
    assert "\n" not in str(refusal.value)


def test_a_missing_tensor_is_refused(packed, tmp_path):
    held = read_packed(packed)
    path = tmp_path / "less.safetensors"
    pack_detector(replace(held, tensors=dict(list(held.tensors.items())[1:])), path)
    with pytest.raises(DetectorUnusable, match="does not hold the network"):
        YoloDetector(path, device="cpu")
