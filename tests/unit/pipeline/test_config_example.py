"""The example file: every setting, at its default, as the models have it."""

from pathlib import Path

import yaml

from pipeline.config import SETTINGS, Settings, load_settings
from pipeline.config_example import example_yaml
from tests.conftest import ROOT

EXAMPLE = ROOT / "deploy" / "descry.example.yaml"


def test_the_example_in_deploy_is_the_one_that_the_models_make() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert text == example_yaml(), "run: descry config example > deploy/descry.example.yaml"


def test_the_example_reads_as_the_defaults() -> None:
    assert load_settings(EXAMPLE, {}, {}) == Settings()


def test_the_example_names_every_setting() -> None:
    tree = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    for setting in SETTINGS:
        if "*" in setting.key:
            continue
        branch = tree
        for part in setting.key:
            assert part in branch, setting.key
            branch = branch[part]


def test_the_camera_in_the_comment_is_a_camera(tmp_path: Path) -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    start = lines.index("# cameras:")
    end = next(n for n in range(start, len(lines)) if not lines[n].startswith("#"))
    file = tmp_path / "descry.yaml"
    file.write_text("\n".join(line.removeprefix("# ") for line in lines[start:end]))
    camera = load_settings(file, {}, {}).cameras["lobby"]
    assert camera.transport == "tcp"
    assert camera.model_fields_set == set(type(camera).model_fields)


def test_every_setting_has_a_sentence_and_every_line_fits() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    assert max(len(line) for line in lines) <= 100
    assert "# None" not in "\n".join(lines)
