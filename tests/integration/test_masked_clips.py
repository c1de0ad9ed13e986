"""What a mask hides is in no clip that leaves: whether it was drawn before the import or since."""

import json
from pathlib import Path

import av
import numpy as np
import pytest

from detectors.types import TrackKey
from pipeline.added_cameras import AddedCameras
from pipeline.config import load_settings
from pipeline.sources.video_file import digest_file
from pipeline.store.runs import RunRecord
from pipeline.wiring.exporting import build_export_desk
from pipeline.wiring.stores import open_stores
from tests.drawn_secret import MASK, SECRET, draw_film

pytestmark = [
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

START = 1_790_000_000.0
TRACK = TrackKey("door", "f1", 1)
CAMERA = {"url": "rtsp://10.0.0.1/1"}


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    return draw_film(tmp_path_factory.mktemp("film") / "film.mp4", 4)


@pytest.fixture
def site(private_redis, tmp_path, film, monkeypatch):
    """Settings that name no camera, and a film that was read for one, with or without a mask."""
    file = tmp_path / "descry.yaml"
    redis = {"url": f"unix://{private_redis.socket}", "namespace": private_redis.keys.namespace}
    file.write_text(json.dumps({"data_dir": str(tmp_path / "data"), "redis": redis}))
    monkeypatch.setenv("DESCRY_CONFIG", str(file))
    settings = load_settings(file, {})
    stores = open_stores(settings)

    def read(*masks):
        stores.runs.begin(
            RunRecord(
                camera_id="door", run_id="f1", kind="file", source=film.name, path=str(film),
                file_bytes=film.stat().st_size, digest=digest_file(film), started_at=START,
                collection="imports", imported_at=START, masks=masks,
            )
        )  # fmt: skip
        stores.tracks.open(
            TRACK, collection="imports", is_live=False, first_seen_at=START + 1, imported_at=START
        )
        stores.tracks.end({TRACK: START + 2})
        return settings, stores, build_export_desk(settings, stores)

    return read


def secrets_in(desk, out: Path) -> int:
    """How many pictures of the clip show the secret; all of them, or none."""
    answer = desk.cut(str(TRACK), before_s=0.0, after_s=0.0, out=out)
    with av.open(str(out)) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    far = [np.abs(picture.astype(int) - SECRET).sum(axis=2).min() for picture in pictures]
    shown = sum(int(each) < 60 for each in far)
    assert shown in (0, len(pictures))
    assert answer.copied is (shown > 0)
    return shown


def test_without_masks_it_is_the_film_itself(site, tmp_path):
    _, _, desk = site()
    assert secrets_in(desk, tmp_path / "clip.mp4") > 0


def test_what_was_masked_when_it_was_read_is_masked_though_nobody_knows_the_camera(site, tmp_path):
    _, stores, desk = site(MASK)
    run = stores.runs.get("door", "f1")
    assert run.masks == (tuple((float(x), float(y)) for x, y in MASK),)
    assert secrets_in(desk, tmp_path / "clip.mp4") == 0


def test_a_mask_that_is_drawn_while_the_worker_runs_counts_at_once(site, tmp_path):
    settings, _, desk = site()
    assert secrets_in(desk, tmp_path / "before.mp4") > 0
    cameras = AddedCameras(settings.data_dir)
    cameras.put("door", CAMERA | {"masks": {"window": MASK}})
    assert secrets_in(desk, tmp_path / "masked.mp4") == 0
    cameras.put("door", CAMERA)
    assert secrets_in(desk, tmp_path / "after.mp4") > 0


def test_what_is_held_keeps_its_masks(site, tmp_path):
    _, stores, desk = site(MASK)
    stores.holding.hold(str(TRACK))
    stores.retention.remove_collection("imports")
    assert stores.runs.get("door", "f1") is None
    assert secrets_in(desk, tmp_path / "clip.mp4") == 0
