"""Settings apart from the user's own: nothing of theirs is touched, and nothing is left."""

import os

import pytest

from pipeline.cli.street_import import installed_models, settings_apart
from pipeline.errors import ConfigError
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
