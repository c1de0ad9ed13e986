"""The environment and the file: what is merged, and what is refused as misspelt."""

from pathlib import Path

import pytest

from pipeline.config import load_settings
from pipeline.config_sources import find_config, merge
from pipeline.errors import ConfigError


@pytest.fixture(autouse=True)
def away_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's own settings file may decide a test."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))


CAMERAS = """
cameras:
  lobby: {url: "rtsp://10.0.0.7/1", username: viewer}
  back-door: {url: "rtsp://10.0.0.8/1"}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "descry.yaml"
    path.write_text(CAMERAS, encoding="utf-8")
    return path


def refusal(environ: dict[str, str], file: Path | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(file, environ, {})
    return str(caught.value)


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("DESCRY_RETENTION__LIVE", "DESCRY_RETENTION__LIVE_S"),
        ("DESCRY_RETENTION_LIVE_S", "DESCRY_RETENTION__LIVE_S"),
        ("DESCRY_RETENTON__LIVE_S", "DESCRY_RETENTION__LIVE_S"),
        ("DESCRY_LIVE_S", "DESCRY_RETENTION__LIVE_S"),
        ("DESCRY_DATADIR", "DESCRY_DATA_DIR"),
        ("DESCRY_REDIS_URL", "DESCRY_REDIS__URL"),
        ("DESCRY_REDIS__PASSWORD_FIL", "DESCRY_REDIS__PASSWORD_FILE"),
        ("DESCRY_API_PORT", "DESCRY_API__PORT"),
        ("DESCRY_CAMERAS__LOBBY__PASWORD", "DESCRY_CAMERAS__LOBBY__PASSWORD"),
        ("DESCRY_CAMERAS__LOBY__PASSWORD", "DESCRY_CAMERAS__LOBBY__PASSWORD"),
    ],
)
def test_a_misspelt_variable_is_refused_and_the_right_one_named(
    file: Path, variable: str, meant: str
) -> None:
    message = refusal({variable: "5"}, file)
    assert message.startswith(variable)
    assert message.endswith(f"did you mean {meant}?")


def test_a_variable_like_no_other_is_refused_without_a_guess() -> None:
    assert refusal({"DESCRY_XYZZY": "1"}) == "DESCRY_XYZZY is no setting"


def test_a_section_cannot_be_one_variable() -> None:
    assert "DESCRY_REDIS is no setting" in refusal({"DESCRY_REDIS": "redis://h"})


def test_variables_of_tests_and_of_others_are_left_alone() -> None:
    environ = {
        "DESCRY_TEST_MEDIA": "x",
        "DESCRYPTION": "x",
        "PATH": "/bin",
        "DESCRY_SERVICE_HOST": "10.96.0.1",
        "DESCRY_API_SERVICE_PORT_HTTP": "80",
        "DESCRY_API_PORT": "tcp://10.96.0.1:80",
        "DESCRY_API_PORT_80_TCP_ADDR": "10.96.0.1",
    }
    assert load_settings(None, environ, {}).api.port is None


def test_a_variable_of_a_camera_joins_what_the_file_says_of_it(file: Path) -> None:
    environ = {
        "DESCRY_CAMERAS__LOBBY__PASSWORD": "correct horse",
        "DESCRY_CAMERAS__BACK_DOOR__USERNAME": "keeper",
    }
    cameras = load_settings(file, environ, {}).cameras
    assert cameras["lobby"].username == "viewer"
    assert cameras["lobby"].password is not None
    assert cameras["lobby"].password.get_secret_value() == "correct horse"
    assert cameras["back-door"].username == "keeper"
    assert set(cameras) == {"lobby", "back-door"}


def test_a_camera_may_come_from_variables_alone() -> None:
    environ = {
        "DESCRY_CAMERAS__FRONT__DOOR__URL": "rtsp://10.0.0.9/1",
        "DESCRY_CAMERAS__FRONT__DOOR__FPS": "2.5",
    }
    cameras = load_settings(None, environ, {}).cameras
    assert cameras["front__door"].fps == 2.5


def test_a_password_without_a_camera_is_refused() -> None:
    message = refusal({"DESCRY_CAMERAS__LOBBY__PASSWORD": "hunter22"})
    assert "there is no camera 'lobby'" in message
    assert "hunter22" not in message


def test_a_collection_may_come_from_a_variable() -> None:
    environ = {"DESCRY_RETENTION__COLLECTIONS__TRIAL": "7d"}
    assert load_settings(None, environ, {}).retention.collections == {"trial": 604_800}


def test_an_empty_variable_is_absent_and_null_is_null(file: Path) -> None:
    file.write_text("api: {port: 9000}\nretention: {imports_s: 9d}")
    environ = {"DESCRY_API__PORT": "", "DESCRY_RETENTION__IMPORTS_S": "null"}
    settings = load_settings(file, environ, {})
    assert settings.api.port == 9000
    assert settings.retention.imports_s is None


def test_a_secret_may_be_a_file(file: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse \n")
    environ = {
        "DESCRY_REDIS__PASSWORD_FILE": str(secret),
        "DESCRY_CAMERAS__LOBBY__PASSWORD_FILE": str(secret),
    }
    assert list(load_settings(file, environ, {}).secrets()) == ["correct horse ", "correct horse "]


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "no such file"), (b"\n", "is empty"), (b"\xff\xfe", "not text")]
)
def test_a_secret_file_that_holds_none_is_refused(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)
    message = refusal({"DESCRY_REDIS__PASSWORD_FILE": str(secret)})
    assert message.startswith("DESCRY_REDIS__PASSWORD_FILE")
    assert reason in message


def test_the_same_secret_twice_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse")
    environ = {"DESCRY_REDIS__PASSWORD": "a", "DESCRY_REDIS__PASSWORD_FILE": str(secret)}
    assert "say the same twice" in refusal(environ)


def test_what_is_not_secret_has_no_file_variable() -> None:
    assert "DESCRY_REDIS__URL_FILE is no setting" in refusal({"DESCRY_REDIS__URL_FILE": "/x"})


def test_the_file_is_the_one_asked_for_then_the_usual_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home" / ".config" / "descry" / "descry.yaml"
    home.parent.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    environ = {"HOME": str(tmp_path / "home")}
    assert find_config(None, environ) is None
    home.touch()
    assert find_config(None, environ) == home
    Path("descry.yaml").touch()
    assert find_config(None, environ) == Path("descry.yaml")
    environ["DESCRY_CONFIG"] = "/etc/descry.yaml"
    assert find_config(None, environ) == Path("/etc/descry.yaml")
    assert find_config(Path("mine.yaml"), environ) == Path("mine.yaml")


def test_trees_merge_branch_by_branch_and_the_last_one_wins() -> None:
    assert merge({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}, "d": 4}) == {
        "a": {"b": 1, "c": 3},
        "d": 4,
    }
