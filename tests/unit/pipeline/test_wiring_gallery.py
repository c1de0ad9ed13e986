"""pipeline.wiring.gallery: one process has the index on disk, the others theirs in memory."""

import os

import pytest

from detectors.gpus import Gpus
from pipeline.cli.index import sentences
from pipeline.config import Settings
from pipeline.errors import ConfigError, FolderInUse, NotFound
from pipeline.wiring import gallery, index_care
from pipeline.wiring.gallery import LOCK, index_folder, lock_folder, open_index
from pipeline.wiring.index_care import compact, index_folders
from retrieval.fakes import FakeEncoder
from retrieval.index.device_scanning import DeviceScan
from retrieval.index.faiss_flat import FaissIndex
from retrieval.index.flat import FlatIndex
from retrieval.index.inspection import SegmentReport
from retrieval.index.manifest import Manifest
from retrieval.index.rolling import RollingIndex
from retrieval.index.scanning import best_in

ENCODER = FakeEncoder()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    for module in (gallery, index_care):
        monkeypatch.setattr(module, "LOCK_WITHIN_S", 0.0)


def test_the_index_lies_in_a_folder_of_its_model(tmp_path):
    index, durable = open_index(Settings(), ENCODER, tmp_path)
    assert isinstance(index, RollingIndex)
    assert durable is index
    assert (index_folder(tmp_path, ENCODER.model_id) / "manifest.json").is_file()


def test_who_comes_second_keeps_an_index_in_memory(tmp_path, caplog):
    caplog.set_level("INFO")
    folder = index_folder(tmp_path, ENCODER.model_id)
    held = lock_folder(folder, 0.0)
    RollingIndex(folder, ENCODER.model_id, ENCODER.dimension)
    index, durable = open_index(Settings(), ENCODER, tmp_path)
    assert (type(index), durable) == (FaissIndex, None)
    assert "another query worker has" in caplog.text
    with pytest.raises(FolderInUse, match="merges it by itself"):
        compact(folder)
    os.close(held)
    assert compact(folder).segments == 0
    assert isinstance(open_index(Settings(), ENCODER, tmp_path)[0], RollingIndex)


def test_the_plain_index_is_in_memory(tmp_path):
    index, durable = open_index(Settings(index={"kind": "flat"}), ENCODER, tmp_path)
    assert (type(index), durable) == (FlatIndex, None)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "index").write_text("a file")
    with pytest.raises(ConfigError, match=r"cannot be opened \(Not a directory\): make room"):
        open_index(Settings(), ENCODER, tmp_path)


def test_a_link_in_place_of_the_lock_is_not_followed(tmp_path):
    folder = index_folder(tmp_path, ENCODER.model_id)
    folder.mkdir(parents=True)
    (folder / LOCK).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="cannot be opened"):
        open_index(Settings(), ENCODER, tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_nobody_but_the_owner_may_look_into_it(tmp_path):
    open_index(Settings(), ENCODER, tmp_path)
    assert index_folder(tmp_path, ENCODER.model_id).stat().st_mode & 0o077 == 0


def test_no_index_is_one_line(tmp_path):
    with pytest.raises(NotFound, match="holds no index yet"):
        index_folders(tmp_path)


def test_an_index_without_a_manifest_is_one_line(tmp_path):
    open_index(Settings(), ENCODER, tmp_path)
    (folder,) = index_folders(tmp_path)
    (folder / "manifest.json").unlink()
    for look in (index_care.report, compact, lambda path: index_care.problems(path, print)):
        with pytest.raises(NotFound, match=r"has no manifest.json: build the index again"):
            look(folder)


def test_odd_names_and_times_are_told_and_do_nothing_to_the_terminal():
    odd = SegmentReport("segments/1", "\x1b[2Jcase", "9999-12-31", 1, 0, 2500, -1e300, 4e11)
    said = sentences(Manifest("m@1", 4), [odd])
    assert "\x1b" not in said
    assert "1 shot  1 segment  0 dead rows  2.5 kB" in said
    assert said.endswith("-1e+300 s to 4e+11 s")


def scan_of(monkeypatch, tmp_path, gpus, **index):
    monkeypatch.setattr(gallery, "find_gpus", lambda: Gpus("13.0", gpus))
    return open_index(Settings(index=index), ENCODER, tmp_path)[0]._scan


@pytest.mark.parametrize(
    ("gpus", "index"),
    [
        ((), {}),
        (("A",), {"device": "cpu"}),
        (("A",), {"gpu_memory_mb": 0}),
        ((), {"device": "cuda", "gpu_memory_mb": 0}),
    ],
)
def test_without_a_gpu_or_the_wish_for_one_the_cpu_looks(monkeypatch, tmp_path, gpus, index):
    assert scan_of(monkeypatch, tmp_path, gpus, **index) is best_in


@pytest.mark.parametrize(("asked", "device"), [("auto", "cuda"), ("cuda:1", "cuda:1")])
def test_a_gpu_looks_where_there_is_one(monkeypatch, tmp_path, caplog, asked, device):
    caplog.set_level("INFO")
    scan = scan_of(monkeypatch, tmp_path, ("A", "B"), device=asked, gpu_memory_mb=100)
    assert isinstance(scan, DeviceScan)
    assert str(scan._memory.device) == device
    assert f"searched on {device} ({'B' if device == 'cuda:1' else 'A'}), in 100 MiB" in caplog.text


def test_a_gpu_that_is_not_there_is_one_line(monkeypatch, tmp_path):
    with pytest.raises(ConfigError, match=r"'cuda:1', and torch finds 1 GPU: set it to auto or"):
        scan_of(monkeypatch, tmp_path, ("A",), device="cuda:1")
    with pytest.raises(ConfigError, match=r"'cuda', and torch finds no GPUs: set it to auto or"):
        scan_of(monkeypatch, tmp_path, (), device="cuda")
