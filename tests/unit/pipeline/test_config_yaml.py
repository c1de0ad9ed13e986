"""Settings files that cannot be read: one line, the line number, and never a secret."""

from pathlib import Path

import pytest

from pipeline.config_yaml import read_yaml
from pipeline.errors import ConfigError


def refusal(tmp_path: Path, content: str | bytes) -> str:
    file = tmp_path / "descry.yaml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ConfigError) as caught:
        read_yaml(file)
    message = str(caught.value)
    assert "\n" not in message
    assert str(file) in message
    return message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("redis:\n  url: a\n  url: b\n", "line 3: 'url' is there twice"),
        ("cameras:\n  lobby: {}\n  lobby: {}\n", "line 3: 'lobby' is there twice"),
        ("a: 1\nb: [2\n", "line 3: not valid YAML"),
        ("a: 1\n\tb: 2\n", "line 2: not valid YAML"),
        ("- a\n- b\n", "must hold `name: value` lines"),
        ("yes: 1\n", "line 1: a key must be text"),
        ("cameras:\n  1: {}\n", "line 2: a key must be text"),
        ("a: &a {b: *a}\n", "recursive"),
        ("a: &a [*a]\n", "recursive"),
        ("a: " + "[" * 3000 + "\n", "not valid YAML"),
        ("a: 2001-99-99\n", "not valid YAML"),
        (b"\xff\xfe\x00", "not a text file"),
        (b"x" * (5 << 20), "larger than 4 MiB"),
    ],
)
def test_what_is_no_settings_file_is_named_with_its_line(
    tmp_path: Path, content: str | bytes, reason: str
) -> None:
    assert reason in refusal(tmp_path, content)


def test_yaml_runs_nothing(tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    refusal(tmp_path, f"a: !!python/object/apply:os.mkdir ['{witness}']\n")
    assert not witness.exists()


@pytest.mark.parametrize(
    "value", ["*hunter22", "!hunter22", "@hunter22", "%hunter22", "&a &hunter22"]
)
def test_an_unquoted_password_that_breaks_the_file_is_not_repeated(
    tmp_path: Path, value: str
) -> None:
    message = refusal(tmp_path, f"redis:\n  password: {value}\n")
    assert "hunter22" not in message
    assert "line 2" in message


def test_a_missing_file_and_a_folder_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such settings file"):
        read_yaml(tmp_path / "gone.yaml")
    with pytest.raises(ConfigError, match="cannot read the settings file"):
        read_yaml(tmp_path)


def test_an_empty_file_and_shared_values_are_fine(tmp_path: Path) -> None:
    file = tmp_path / "descry.yaml"
    file.write_text("# nothing yet\n")
    assert read_yaml(file) == {}
    file.write_text("a: &low {fps: 2}\nb: {<<: *low, x: 1}\n")
    assert read_yaml(file)["b"] == {"fps": 2, "x": 1}
