"""Masks, zones and the motion gate through the command line: one film, read thrice."""

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.drawn_secret import LEFT, MASK, RIGHT, draw_film, secret_pixels
from tests.e2e.conftest import Descry

START = ("--start", "2026-03-01T10:00:00Z")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_film(tmp_path_factory.mktemp("film") / "film.mp4", 16)


@pytest.fixture
def site(descry: Descry) -> Descry:
    """A camera with a mask and two zones."""
    camera = {
        "url": "rtsp://10.0.0.1/1",
        "masks": {"window": MASK},
        "zones": {"left": LEFT, "right": RIGHT},
    }
    file = descry.folder / "descry.yaml"
    file.write_text(json.dumps({"cameras": {"street": camera}}))
    descry.environment["DESCRY_CONFIG"] = str(file)
    return descry


def read(site: Descry, film: Path, *more: str) -> dict[str, Any]:
    script = str(film.with_suffix(".boxes.json"))
    said = site.run(
        "replay", str(film), "--camera", "street", "--detector", script, "--json", *START, *more,
        timeout_s=600,
    )  # fmt: skip
    (told,) = said.files()
    return told


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_film_is_masked_its_zones_are_found_and_its_stillness_is_skipped(site, film):
    said = read(site, film)
    assert said["frames_skipped"] > 0
    assert said["frames_looked_at"] + said["frames_skipped"] == 16 * 5
    pictures = list((site.data / "media").rglob("*.jpg"))
    assert pictures
    assert [secret_pixels(path.read_bytes()) for path in pictures] == [0] * len(pictures)
    assert [track["zones"] for track in site.tracks()] == [["left"], ["right"]]
    (track,) = site.run("tracks", "list", "--zone", "left", "--json").lines()
    found = site.run("search", "somebody in green", "--zone", "left", "--json").json()
    assert [(hit["track"], hit["zones"]) for hit in found["hits"]] == [(track["track"], ["left"])]
    assert {zone for s in found["hits"][0]["best_shots"] for zone in s["zones"]} == {"left"}
    refused = site.run("search", "somebody in green", "--zone", "lefft", code=2).err
    assert "no zone 'lefft'" in refused
    assert "known: left, right" in refused
    assert read(site, film)["known"] is True
    # A clip hides what was masked then, though nobody knows the camera any more.
    (site.folder / "descry.yaml").rename(site.folder / "with-camera.yaml")
    (site.folder / "descry.yaml").write_text("{}")
    clip = site.folder / "clip.mp4"
    assert site.run("clip", track["track"], "--out", str(clip), "--json").json()["copied"] is False
    with av.open(str(clip)) as container:
        shown = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert np.abs(shown[10:230, 170:250].astype(int)).max() < 60
    (site.folder / "with-camera.yaml").replace(site.folder / "descry.yaml")
    whole = read(site, film, "--no-motion-gate")
    assert (whole["frames_skipped"], whole["tracks"]) == (0, said["tracks"])
    assert whole["run"] != said["run"]
