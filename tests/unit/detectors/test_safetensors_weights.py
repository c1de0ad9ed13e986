"""A detector's file can choose sizes and nothing else, and is refused where it is damaged."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from detectors.checkpoint import check_checkpoint
from detectors.errors import DetectorUnusable
from detectors.safetensors_weights import (
    METADATA_KEY,
    Architecture,
    PackedDetector,
    pack_detector,
    read_packed,
)

SAID = {"family": "yolo11", "depth": 0.5, "width": 0.125, "names": ["person"]}


def written(path, said=None, **tensors):
    tensors = tensors or {"model.0.conv.weight": np.ones((2, 3), np.float16)}
    text = said if isinstance(said, str) else json.dumps(SAID if said is None else said)
    path.write_bytes(save(tensors, {METADATA_KEY: text}))
    return path


@given(
    depth=st.floats(0.01, 1), width=st.floats(0.01, 1),
    names=st.lists(st.text(min_size=1, max_size=9), min_size=1, max_size=3),
)  # fmt: skip
def test_the_shape_and_the_tensors_come_back(tmp_path_factory, depth, width, names):
    path = tmp_path_factory.mktemp("packed") / "a.safetensors"
    tensors = {"b": np.full((2, 2), 0.5), "a": np.array([1e-9, 1.0])}
    pack_detector(PackedDetector(Architecture(depth, width, tuple(names)), tensors), path)
    back = read_packed(path)
    assert back.architecture == Architecture(depth, width, tuple(names))
    assert back.tensors["b"].dtype == np.float16
    np.testing.assert_array_equal(back.tensors["a"], np.array([1e-9, 1.0], np.float32))


def test_the_same_detector_is_the_same_bytes(tmp_path):
    tensors = {"b": np.ones((2, 2)), "a": np.ones(3)}
    for name, chosen in (("x", tensors), ("y", dict(reversed(tensors.items())))):
        pack_detector(PackedDetector(Architecture(), chosen), tmp_path / f"{name}.safetensors")
    assert (tmp_path / "x.safetensors").read_bytes() == (tmp_path / "y.safetensors").read_bytes()


@pytest.mark.parametrize(
    "said",
    [
        "", "[]", "{", "[" * 100_000, {}, {**SAID, "family": "rtdetr"}, {**SAID, "depth": 2},
        {**SAID, "depth": True}, {**SAID, "width": "0.5"}, {**SAID, "width": float("nan")},
        {**SAID, "names": []}, {**SAID, "names": "person"}, {**SAID, "names": [3]},
        {**SAID, "names": ["a"] * 1001}, {**SAID, "head": [["-1", 1, "os.system", ["true"]]]},
    ],
)  # fmt: skip
def test_what_it_says_of_itself_is_checked(tmp_path, said):
    path = written(tmp_path / "a.safetensors", said)
    with pytest.raises(DetectorUnusable, match=r"a\.safetensors is no detector of") as refusal:
        check_checkpoint(path)
    assert "\n" not in str(refusal.value)


def test_whole_numbers_and_no_numbers_are_refused(tmp_path):
    whole = written(tmp_path / "a.safetensors", a=np.ones(3, np.int64))
    with pytest.raises(DetectorUnusable, match="a holds int64, no weights"):
        read_packed(whole)
    broken = written(tmp_path / "b.safetensors", a=np.array([np.inf], np.float32))
    with pytest.raises(DetectorUnusable, match="a holds what is no number"):
        read_packed(broken)


@given(st.data())
def test_damaged_bytes_are_refused_or_read_but_never_crash(tmp_path_factory, data):
    path = written(tmp_path_factory.mktemp("damaged") / "a.safetensors")
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        read_packed(path)
    except DetectorUnusable as refusal:
        assert "\n" not in str(refusal)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DetectorUnusable, match="no weights at"):
        read_packed(tmp_path / "a.safetensors")
