"""Settings: where they come from, which wins, and that shown ones read back the same."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from pydantic import ValidationError

from pipeline.config import Settings, dump_settings, load_settings, settings_schema
from pipeline.errors import ConfigError
from tests.strategies import settings_trees

PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def away_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's own settings file may decide a test."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))


def load(
    tmp_path: Path,
    text: str = "",
    environ: dict[str, str] | None = None,
    **overrides: Any,
) -> Settings:
    file = tmp_path / "descry.yaml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, environ or {}, overrides)


def refusal(tmp_path: Path, text: str = "", environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text, environ)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_without_a_file_or_variables_everything_has_its_default() -> None:
    settings = load_settings(None, {"HOME": "/nowhere"}, {})
    assert settings == Settings()
    assert settings.retention.live_s == 30 * 86_400


def test_flag_beats_variable_beats_file_beats_default(tmp_path: Path) -> None:
    text = "search: {limit: 20, best_of: 2}\ndetector: {batch: 4}"
    environ = {"DESCRY_SEARCH__LIMIT": "30", "DESCRY_DETECTOR__BATCH": "8"}
    settings = load(tmp_path, text, environ, **{"search.limit": 40})
    assert settings.search.limit == 40
    assert settings.detector.batch == 8
    assert settings.search.best_of == 2
    assert settings.shots.keep == 4


def test_a_flag_that_was_not_given_changes_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, "search: {limit: 20}", **{"search.limit": None}).search.limit == 20


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError):
        Settings().search.limit = 11  # type: ignore[misc]


def test_the_process_environment_is_read_by_the_loader_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DESCRY_SEARCH__LIMIT", "77")
    assert Settings().search.limit == 10
    assert load_settings().search.limit == 77


def test_the_data_folder_follows_the_desktop_unless_it_is_set(tmp_path: Path) -> None:
    environ = {"XDG_DATA_HOME": "/big/disk"}
    assert load_settings(None, environ, {}).data_dir == Path("/big/disk/descry")
    assert load(tmp_path, "data_dir: /srv/d", environ).data_dir == Path("/srv/d")
    environ["DESCRY_DATA_DIR"] = "/srv/e"
    assert load(tmp_path, "data_dir: /srv/d", environ).data_dir == Path("/srv/e")


def test_a_relative_path_in_the_file_starts_at_the_file(tmp_path: Path) -> None:
    settings = load(tmp_path, "data_dir: data\ndetector: {model: weights/own.pt}")
    assert settings.data_dir == tmp_path / "data"
    assert settings.detector.model == str(tmp_path / "weights" / "own.pt")
    assert load(tmp_path, "detector: {model: yolo11s}").detector.model == "yolo11s"


def test_spans_are_read_with_units_everywhere(tmp_path: Path) -> None:
    text = "retention: {live_s: 12h, imports_s: 7d, collections: {trial: 90m, kept: null}}"
    settings = load(tmp_path, text, {"DESCRY_SOURCES__READ_TIMEOUT_S": "500ms"})
    assert settings.retention.live_s == 43_200
    assert settings.retention.imports_s == 604_800
    assert settings.retention.collections == {"trial": 5400, "kept": None}
    assert settings.sources.read_timeout_s == 0.5


def test_a_section_left_empty_is_a_section_of_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, "redis:\ncameras:\nretention:\n  collections:\n") == load(tmp_path)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=settings_trees())
def test_what_is_shown_reads_back_as_the_same_settings(tmp_path: Path, tree: Any) -> None:
    first = Settings(**tree)
    shown = dump_settings(first, show_secrets=True)
    assert load(tmp_path, shown) == first


@pytest.mark.parametrize(
    "name", ["\x85", "a\u2028b", "\ufeff", "tab\tand\nline", "ü – ✓", "yes", "3"]
)
def test_a_name_of_odd_letters_is_shown_as_it_is(tmp_path: Path, name: str) -> None:
    first = Settings(cameras={"hall": {"url": "rtsp://h/1", "friendly_name": name}})
    assert load(tmp_path, dump_settings(first)) == first


def test_secrets_are_masked_unless_asked_for(tmp_path: Path) -> None:
    text = f"cameras: {{lobby: {{url: rtsp://h/1, username: guard, password: {PASSWORD}}}}}"
    settings = load(tmp_path, text, {"DESCRY_REDIS__PASSWORD": "battery staple"})
    shown = dump_settings(settings)
    assert yaml.safe_load(shown)["cameras"]["lobby"]["password"] == "***"
    assert PASSWORD not in shown + repr(settings) + str(settings)
    assert "battery" not in shown + repr(settings) + str(settings)
    assert PASSWORD in dump_settings(settings, show_secrets=True)
    assert sorted(settings.secrets()) == ["battery staple", PASSWORD]


def test_a_masked_secret_is_not_taken_for_a_password(tmp_path: Path) -> None:
    text = dump_settings(load(tmp_path, "redis: {url: redis://h, password: pw}"))
    assert "redis.password is the mask ***" in refusal(tmp_path, text)


def test_every_mistake_is_named_and_five_at_most(tmp_path: Path) -> None:
    text = "search: {limit: 0, best_of: 99, typo: 1}\nshots: {keep: 0, long_side_px: x}\nz: 1"
    message = refusal(tmp_path, text, {"DESCRY_SEARCH__LIMITT": "1"})
    assert message.count(" is no setting") + message.count(" must be ") == 5
    assert message.endswith("and 2 more")


def test_a_file_cannot_reach_the_arguments_of_the_library(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("DESCRY_LOG_LEVEL=debug")
    message = refusal(tmp_path, f"_env_file: {tmp_path}/env\n_build_sources: [[], {{}}]")
    assert "_env_file is no setting" in message
    assert "_build_sources is no setting" in message


def test_the_schema_knows_every_section_and_refuses_the_rest() -> None:
    schema = settings_schema()
    assert set(schema["properties"]) == set(Settings.model_fields)
    assert not schema["additionalProperties"]
    assert all(not section["additionalProperties"] for section in schema["$defs"].values())


def test_the_schema_takes_spans_as_numbers_and_as_text_within_bounds() -> None:
    retention = settings_schema()["$defs"]["Retention"]["properties"]
    for name in ("live_s", "imports_s"):
        kinds = {kind["type"]: kind for kind in retention[name]["anyOf"]}
        assert kinds["number"]["minimum"] == 1
        assert "pattern" in kinds["string"]
