"""Masks and zones in the settings: one line says what is wrong with which."""

import pytest

from pipeline.config import load_settings
from pipeline.errors import ConfigError
from pipeline.wiring.places import build_gate, place_of

CAMERA = "cameras: {lobby: {url: 'rtsp://h/1', %s}}"


def read(tmp_path, text: str, **environ: str):
    file = tmp_path / "descry.yaml"
    file.write_text(text)
    return load_settings(file, environ)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("masks: {desk: [[0, 0], [1, 1]]}", "cameras.lobby.masks.desk has 2 corners"),
        ("masks: {desk: [[0, 0], [1, 0], [1, 3]]}", "cameras.lobby.masks.desk has a corner at"),
        ("zones: {a: [[0, 0], [1, 1], [1, 0], [0, 1]]}", "cameras.lobby.zones.a crosses itself"),
        ("zones: {a: [[0, 0], [1, 0], [1]]}", "cameras.lobby.zones.a must be a list of corners"),
        ("zones: {a: [[0, 0], [1, 0], [1, yes]]}", "zones.a must be a list of corners"),
        ("zones: {a: 5}", "cameras.lobby.zones.a must be a list of corners"),
        ("zones: {'a b': [[0, 0], [1, 0], [1, 1]]}", "'a b' cannot name a zone or mask"),
        ("motion: often", "cameras.lobby.motion must be"),
    ],
)
def test_what_is_no_area_is_refused_in_one_line_that_names_it(tmp_path, written, said):
    with pytest.raises(ConfigError) as refusal:
        read(tmp_path, CAMERA % written)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_variable_may_hold_an_area_as_json(tmp_path):
    written = "[[0, 0], [0.5, 0], [0.5, 1]]"
    settings = read(tmp_path, CAMERA % "fps: 5", DESCRY_CAMERAS__LOBBY__MASKS__DESK=written)
    assert settings.cameras["lobby"].masks == {"desk": ((0, 0), (0.5, 0), (0.5, 1))}


@pytest.mark.parametrize(
    ("general", "own", "waits"),
    [("true", "null", True), ("false", "null", False), ("true", "false", False),
     ("false", "true", True)],
)  # fmt: skip
def test_a_cameras_own_word_on_motion_wins(tmp_path, general, own, waits):
    text = CAMERA % f"motion: {own}" + f"\nmotion: {{enabled: {general}, look_every_s: 5s}}"
    settings = read(tmp_path, text)
    assert (build_gate(place_of(settings, "lobby")) is not None) == waits
    assert build_gate(place_of(settings, "lobby", every_frame=True)) is None


def test_a_file_of_a_camera_that_is_not_in_the_settings_has_no_masks(tmp_path):
    place = place_of(read(tmp_path, "log_level: info"), "tapes")
    assert (place.masks, place.zones) == ((), ())
    assert place.waiting is not None
