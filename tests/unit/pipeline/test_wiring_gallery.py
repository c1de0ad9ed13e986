"""pipeline.wiring.gallery: one process has the index on disk, the others theirs in memory."""

import os

import pytest

from pipeline.config import Settings
from pipeline.errors import ConfigError, FolderInUse, NotFound
from pipeline.wiring import gallery, index_care
from pipeline.wiring.gallery import LOCK, index_folder, lock_folder, open_index
from pipeline.wiring.index_care import compact, index_folders
from retrieval.fakes import FakeEncoder
from retrieval.index.faiss_flat import FaissIndex
from retrieval.index.flat import FlatIndex
from retrieval.index.rolling import RollingIndex

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
    index, durable = open_index(Settings(), ENCODER, tmp_path)
    assert (type(index), durable) == (FaissIndex, None)
    assert "another query worker has" in caplog.text
    with pytest.raises(FolderInUse, match="merges it by itself"):
        compact(folder)
    os.close(held)
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
