"""pipeline.wiring.workers: what the camera worker is told of its detector."""

from types import SimpleNamespace

import pytest

from pipeline.config import Settings
from pipeline.shutdown import Stop
from pipeline.store.ring import RingFolder
from pipeline.wiring import workers


@pytest.mark.parametrize(
    ("model", "noted"), [("auto", "street-yolo"), ("street-yolo", "street-yolo")]
)
def test_the_camera_worker_notes_the_detector_that_auto_means(tmp_path, monkeypatch, model, noted):
    given = []
    monkeypatch.setattr(workers, "open_stores", lambda settings: SimpleNamespace(
        crops=None, runs=None, ring=RingFolder(tmp_path / "ring"),
        tracks=SimpleNamespace(end_all_of_runs=None),
        cameras=SimpleNamespace(paused=frozenset),
        client=SimpleNamespace(register_script=lambda text: text),
    ))  # fmt: skip
    monkeypatch.setattr(workers, "build_detector", lambda settings: SimpleNamespace(batch=1))
    monkeypatch.setattr(
        "pipeline.workers.camera.CameraWorker",
        lambda parts: SimpleNamespace(run=lambda stop: given.append(parts)),
    )
    settings = Settings(
        data_dir=tmp_path,
        detector={"model": model},
        cameras={"door": {"url": "rtsp://10.0.0.1/live"}},
    )
    workers.work_camera(settings, [], Stop())
    (parts,) = given
    assert parts.detector_name == noted
