"""Settings apart from the user's own: nothing of theirs is touched, and nothing is left."""

import os

import pytest

from pipeline.cli.street_import import installed_models, settings_apart
from pipeline.data_folder import DataFolder
from pipeline.errors import ConfigError
from pipeline.wiring.stores import open_folder
from pipeline.wiring.weights import open_library


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A user whose settings and data lie in `tmp_path`."""
    monkeypatch.setenv("DESCRY_CONFIG", os.devnull)
    monkeypatch.setenv("DESCRY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DESCRY_SEARCH__LIMIT", "7")
    return tmp_path / "data"


def test_neither_settings_nor_data_of_the_user_are_heard_and_nothing_stays(own):
    before = dict(os.environ)
    with settings_apart("descry-test-", detector="yolo11n", model="untrained-tiny") as settings:
        assert settings.data_dir != own
        assert settings.search.limit != 7
        assert (settings.detector.model, settings.encoder.model) == ("yolo11n", "untrained-tiny")
        folder = settings.data_dir.parent
        assert open_library(settings).installed() == []
    assert dict(os.environ) == before
    assert not folder.exists()
    assert not own.exists()


def test_without_installed_weights_there_is_no_folder_of_them(own):
    assert installed_models() is None
    assert not own.exists()


def test_weights_that_the_user_installed_can_be_asked_for(own):
    (own / "models").mkdir(parents=True)
    (own / "models" / "models.yaml").write_text(
        "models: [{name: mine, kind: encoder, licence: MIT, source: here, file: m.safetensors}]"
    )
    models = installed_models()
    assert models == own / "models"
    with settings_apart("descry-test-", detector=None, model="mine", models=models) as settings:
        assert open_library(settings).is_installed("mine")
    assert (own / "models" / "models.yaml").is_file()


def test_settings_that_make_no_sense_are_said_where_weights_are_looked_for(own, monkeypatch):
    monkeypatch.setenv("DESCRY_SEARCH__LIMIT", "many")
    with pytest.raises(ConfigError):
        installed_models()


def test_a_data_folder_that_is_to_be_kept_stays_and_makes_way_for_the_next(tmp_path):
    keep = tmp_path / "data"
    for _ in range(2):
        with settings_apart("descry-test-", detector=None, model=None, keep=keep) as settings:
            assert settings.data_dir == keep
            open_folder(settings)
            assert not (keep / "mine.txt").exists()
        (keep / "mine.txt").touch()


@pytest.mark.parametrize("name", ["something.txt", "version.json.bak"])
def test_what_is_no_data_folder_of_ours_is_not_removed(tmp_path, name):
    keep = tmp_path / "data"
    keep.mkdir()
    (keep / name).touch()
    apart = settings_apart("descry-test-", detector=None, model=None, keep=keep)
    with pytest.raises(ConfigError, match="no data folder"), apart:
        pass
    assert (keep / name).exists()


def test_a_kept_data_folder_in_use_is_left_alone(tmp_path):
    keep = tmp_path / "data"
    with settings_apart("descry-test-", detector=None, model=None, keep=keep) as settings:
        folder = open_folder(settings)
    again = DataFolder.open(keep, runtime_dir=tmp_path / "run")
    with again.lock():
        again.write_owner(
            command="descry run", redis_socket=None, api_socket=None, workers=[], is_up=True,
            model=None,
        )  # fmt: skip
        apart = settings_apart("descry-test-", detector=None, model=None, keep=keep)
        with pytest.raises(ConfigError, match="is used by"), apart:
            pass
    assert folder.path.exists()
