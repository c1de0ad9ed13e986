"""pipeline.config: cameras that were added stand behind those of the file and the variables."""

import json

import pytest

from pipeline.added_cameras import AddedCameras
from pipeline.config import check_camera, listed_cameras, load_settings
from pipeline.errors import ConfigError

YARD = {"url": "rtsp://10.0.0.9/yard", "username": "guard", "password": "s3cret"}


@pytest.fixture
def environ(tmp_path):
    (tmp_path / "data").mkdir()
    return {"HOME": str(tmp_path), "DESCRY_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def added(tmp_path, environ):
    return AddedCameras(tmp_path / "data")


def test_an_added_camera_is_one_of_the_settings(environ, added):
    added.put("yard", check_camera("yard", YARD))
    settings = load_settings(None, environ)
    assert settings.cameras["yard"].password.get_secret_value() == "s3cret"
    assert "s3cret" in list(settings.secrets())
    changed = load_settings(None, environ | {"DESCRY_CAMERAS__YARD__PASSWORD": "other"})
    assert changed.cameras["yard"].password.get_secret_value() == "other"


def test_the_data_folder_of_the_file_and_of_the_home_are_looked_into(tmp_path, environ, added):
    added.put("yard", YARD)
    del environ["DESCRY_DATA_DIR"]
    assert list(load_settings(None, environ).cameras) == []
    file = tmp_path / "descry.yaml"
    for written in ("data", "~/data", str(tmp_path / "data")):
        file.write_text(json.dumps({"data_dir": written}))
        assert list(load_settings(file, environ).cameras) == ["yard"]
    (tmp_path / ".local/share").mkdir(parents=True)
    (tmp_path / "data").rename(tmp_path / ".local/share/descry")
    assert list(load_settings(None, environ).cameras) == ["yard"]


def test_a_camera_of_the_file_is_as_the_file_says_and_nothing_is_mixed_in(tmp_path, environ, added):
    added.put("yard", YARD)
    added.put("gate", YARD)
    file = tmp_path / "descry.yaml"
    file.write_text(json.dumps({"cameras": {"yard": {"url": "rtsp://10.0.0.1/yard"}}}))
    cameras = load_settings(file, environ).cameras
    assert cameras["yard"].url == "rtsp://10.0.0.1/yard"
    assert cameras["yard"].password is None
    assert set(cameras) == {"yard", "gate"}


def test_the_settings_know_which_cameras_only_they_may_change(tmp_path, environ, added):
    added.put("attic", YARD)
    file = tmp_path / "descry.yaml"
    file.write_text(json.dumps({"cameras": {"yard": {"url": "rtsp://10.0.0.1/yard"}}}))
    environ |= {"DESCRY_CONFIG": str(file), "DESCRY_CAMERAS__GATE__URL": "rtsp://10.0.0.2/gate"}
    environ["DESCRY_CAMERAS__ATTIC__PASSWORD"] = "other"
    assert listed_cameras(environ) == {"yard": str(file), "gate": "DESCRY_CAMERAS__GATE__URL"}


def test_a_mistake_in_the_added_cameras_names_their_file(environ, added):
    added.put("yard", {"url": "rtsp://10.0.0.9/yard", "fps": -1})
    with pytest.raises(ConfigError, match="fps") as raised:
        load_settings(None, environ)
    assert str(added.file) in str(raised.value)
    added.file.write_text("{")
    with pytest.raises(ConfigError, match="damaged"):
        load_settings(None, environ)


@pytest.mark.parametrize(
    ("name", "camera", "reason"),
    [
        ("yard", {}, "url"),
        ("yard", {"url": "rtsp://a:b@10.0.0.9/"}, "credentials"),
        ("yard", {"url": "http://10.0.0.9/"}, "rtsp://"),
        ("yard", {"url": "rtsp://10.0.0.9/", "pasword": "b"}, "did you mean"),
        ("../yard", {"url": "rtsp://10.0.0.9/"}, "camera"),
        ("yard", {"url": "rtsp://10.0.0.9/", "masks": {"a": [[0, 0]]}}, "masks"),
    ],
)
def test_a_camera_that_makes_no_sense_is_refused_in_one_line(name, camera, reason):
    with pytest.raises(ConfigError, match=reason) as raised:
        check_camera(name, camera)
    assert "\n" not in str(raised.value)
    assert "a:b" not in str(raised.value)
