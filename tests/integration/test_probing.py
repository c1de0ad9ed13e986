"""`descry cameras probe` with a camera whose settings cannot be used among good ones."""

import json

import pytest
from typer.testing import CliRunner

from pipeline.cli.cameras import app
from pipeline.errors import SourceUnreachable
from tests.drawn_clips import draw_clip, even
from tests.rtsp_server import RtspServer

pytestmark = pytest.mark.rtsp


@pytest.fixture
def settings(tmp_path):
    """Makes a settings file whose first camera has a file of certificates that is none."""

    def make(url):
        authority = tmp_path / "ca.pem"
        authority.write_text("no certificate")
        yard = {
            "url": "rtsps://127.0.0.1:1/live",
            "ca_file": str(authority),
            "streams": {"small": {"url": "rtsps://127.0.0.1:1/small", "roles": ["detect"]}},
        }
        path = tmp_path / "descry.yaml"
        cameras = {"yard": yard, "door": {"url": url}}
        path.write_text(json.dumps({"data_dir": str(tmp_path / "data"), "cameras": cameras}))
        return path

    return make


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_camera_that_cannot_be_built_is_one_line_and_the_others_are_probed(
    settings, tmp_path, form
):
    clip = draw_clip(tmp_path / "clip.mp4", even(32), options={"g": "16"})
    with RtspServer(clip) as server:
        path = str(settings(server.url))
        result = CliRunner().invoke(app, ["probe", "--config", path, *form])
    yard, door = result.stdout.splitlines()
    if form:
        yard, door = (json.loads(line) for line in (yard, door))
        assert (yard["camera"], yard["ok"], door["camera"], door["ok"]) == (
            "yard", False, "door", True,
        )  # fmt: skip
        yard = yard["detail"]
    else:
        assert yard.startswith("yard  FAILED  ")
        assert door.startswith("door  ok  ")
    assert "cameras.yard.ca_file" in yard
    assert "give a PEM file" in yard
    assert isinstance(result.exception, SourceUnreachable)
    assert str(result.exception) == "no picture from: yard"
