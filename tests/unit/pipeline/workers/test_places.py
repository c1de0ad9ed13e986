"""What travels of a camera's place, and that nothing reads frames past its masks."""

import json
import re
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.areas import Area
from pipeline.errors import ConfigError
from pipeline.workers.jobs import ReplayJob
from pipeline.workers.places import Place, Waiting
from tests.conftest import ROOT
from tests.strategies import polygons

named = st.builds(Area, st.sampled_from(["till", "door"]), polygons().map(lambda a: a.corners))
areas = st.lists(named, max_size=2).map(tuple)
waits = st.none() | st.builds(Waiting, st.floats(0, 10), st.floats(0.1, 60))
JOB = ReplayJob(
    path="film.mp4", camera_id="door", collection="imports", run_id="f1", digest="d",
    started_at=1.5, time_source="flag", fps=None, realtime=False, keep_boxes=True,
    detector="said", encoder="m", place=Place(),
)  # fmt: skip


@given(st.builds(Place, areas, areas, waits))
def test_a_place_travels_whole(place):
    assert Place.of(json.loads(json.dumps(asdict(place)))) == place


def test_a_job_is_read_as_it_was_written(tmp_path):
    zone = Area.of("till", [[0, 0], [1, 0], [1, 1]])
    job = replace(JOB, place=Place(zones=(zone,), waiting=Waiting(1.0, 2.0)))
    job.write(tmp_path / "job.json")
    assert ReplayJob.read(tmp_path / "job.json") == job


@pytest.mark.parametrize("place", ["missing", {"masks": [], "zones": [], "waiting": 3}])
def test_a_job_without_a_place_is_none(tmp_path, place):
    written = asdict(JOB) | {"place": place}
    if place == "missing":
        del written["place"]
    (tmp_path / "job.json").write_text(json.dumps(written))
    with pytest.raises(ConfigError, match="is no replay job"):
        ReplayJob.read(tmp_path / "job.json")


def test_a_place_of_which_nothing_is_said_adds_nothing_to_the_name_of_a_run():
    assert Place().words() == []


def test_no_source_is_built_for_a_worker_without_its_masks():
    """A second place that reads frames must not forget them."""
    makers = re.compile(r"\b(VideoFile|RtspCamera)\(")
    places = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "pipeline").rglob("*.py")
        if makers.search(re.sub(r"class \w+\(?", "", path.read_text()))
    }
    assert places <= {"pipeline/wiring/cameras.py", "pipeline/wiring/workers.py"}
