import hashlib
import io
import os
import pickle
import zipfile

import pytest
import torch

from detectors.checkpoint import check_checkpoint, digest_of
from detectors.errors import DetectorUnusable


class Calls:
    """Pickles as a call of `function`, which a plain load would make."""

    def __init__(self, function, *arguments):
        self.reduced = (function, arguments)

    def __reduce__(self):
        return self.reduced


def checkpoint(path, content):
    torch.save(content, path)
    return path


def test_tensors_and_layers_are_welcome(tmp_path):
    layer = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1), torch.nn.SiLU())
    check_checkpoint(checkpoint(tmp_path / "a.pt", {"model": layer, "epoch": 3}))


def test_a_call_of_the_system_is_refused_and_not_made(tmp_path):
    marker = tmp_path / "was-here"
    hostile = checkpoint(tmp_path / "a.pt", {"model": Calls(os.system, f"touch {marker}")})
    with pytest.raises(DetectorUnusable, match=r"a\.pt names posix\.system, which no detector"):
        check_checkpoint(hostile)
    assert not marker.exists()


@pytest.mark.parametrize("name", ["eval", "exec", "__import__", "open"])
def test_dangerous_builtins_are_refused(tmp_path, name):
    function = __builtins__[name] if isinstance(__builtins__, dict) else getattr(__builtins__, name)
    with pytest.raises(DetectorUnusable, match="names"):
        check_checkpoint(checkpoint(tmp_path / "a.pt", Calls(function, "1")))


def test_building_a_layer_is_refused_where_restoring_one_is_not(tmp_path):
    built = Calls(torch.nn.Upsample, 2)
    with pytest.raises(DetectorUnusable, match=r"calls torch\.nn\.modules\.upsampling\.Upsample"):
        check_checkpoint(checkpoint(tmp_path / "a.pt", {"model": built}))


def damaged(kind, tmp_path):
    good = checkpoint(tmp_path / "good.pt", {"model": torch.zeros(2000)}).read_bytes()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as other:
        other.writestr("readme.txt", "no model")
    broken = io.BytesIO()
    with zipfile.ZipFile(broken, "w") as other:
        other.writestr("a/data.pkl", pickle.dumps({"model": 1})[:-3])
    return {
        "empty": b"",
        "text": b"not a model\n" * 100,
        "truncated": good[: len(good) // 2],
        "a bare pickle": pickle.dumps({"model": 1}),
        "another archive": archive.getvalue(),
        "a broken pickle": broken.getvalue(),
    }[kind]


@pytest.mark.parametrize(
    "kind",
    ["empty", "text", "truncated", "a bare pickle", "another archive", "a broken pickle"],
)
def test_what_is_no_checkpoint_is_refused_in_one_line(tmp_path, kind):
    path = tmp_path / "a.pt"
    path.write_bytes(damaged(kind, tmp_path))
    with pytest.raises(
        DetectorUnusable, match=r"a\.pt is (no YOLO|a damaged) checkpoint"
    ) as refusal:
        check_checkpoint(path)
    assert "\n" not in str(refusal.value)


def test_the_digest_is_that_of_the_file(tmp_path):
    path = tmp_path / "a.pt"
    path.write_bytes(b"weights")
    assert digest_of(path) == hashlib.sha256(b"weights").hexdigest()


@pytest.mark.parametrize("name", ["none.pt", "."])
def test_a_missing_file_is_refused(tmp_path, name):
    with pytest.raises(DetectorUnusable, match="no weights at"):
        digest_of(tmp_path / name)
