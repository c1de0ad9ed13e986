"""Clips with the truth about them, and the footage that the demo brings."""

import json
import math

import av
import pytest

from detectors.types import Box
from pipeline.demo.footage import LEAST_VISIBLE, clips_of, read_footage, read_queries, read_street
from pipeline.errors import NotFound
from pipeline.sources.video_file import inspect_video
from pipeline.street.footage.mot import MotRow, TruthRow
from pipeline.street.footage.truth import CameraTruth, write_truth
from pipeline.street.look import Body, Garment, Hair, Look
from pipeline.street.words.claims import Claim
from pipeline.street.words.fits import Relevance
from retrieval.errors import DatasetUnusable

WHOLE, SHOWN = Box(10, 20, 40, 100), Box(10, 20, 25, 100)
BYTES_AT_MOST = 8_000_000


def look(person):
    body = Body("woman", "adult", "average", "average", "light", 1)
    return Look(
        person, body, Hair("long", "brown", "loose"), Garment("t-shirt", "red"),
        Garment("jeans", "blue"), Garment("trainers", "white"),
    )  # fmt: skip


def camera(name, starts_at):
    return CameraTruth(
        camera_id=name, place="street", place_seed=1, kind="day", light="day", width=640,
        height=360, fps=10, frames=100, starts_at=starts_at,
    )  # fmt: skip


def row(frame, number, visible=1.0, shown=WHOLE):
    return TruthRow(frame, number, WHOLE, shown, visible, 80.0)


@pytest.fixture
def folder(tmp_path):
    cameras = [camera("late", 2000.0), camera("early", 1000.0)]
    rows = {
        "late": [row(1, 2), row(2, 2, 0.5, SHOWN), row(3, 2, LEAST_VISIBLE / 2, SHOWN)],
        "early": [row(5, 2), row(6, 1)],
    }
    write_truth(tmp_path, 1, [look("p1"), look("p2"), look("p3")], cameras, rows)
    ask(tmp_path, [{"text": "a red shirt", "people": ["p2"]}, {"text": "a hat", "people": []}])
    return tmp_path


def ask(folder, queries):
    (folder / "queries.json").write_text(json.dumps({"queries": queries}))


def test_who_appears_when_is_told_in_order_of_time(folder):
    street = read_street(folder)
    assert street.people == {"p1", "p2"}
    assert [one.camera_id for one in street.seen("p2")] == ["early", "late"]
    assert street.seen("p3") == []


def test_a_person_has_the_box_of_the_whole_body_and_of_what_shows(folder):
    late = next(clip for clip in clips_of(read_street(folder).truth) if clip.camera == "late")
    assert {row for row in late.rows() if row.frame == 2} == {
        MotRow(2, 2, WHOLE), MotRow(2, 2, SHOWN),
    }  # fmt: skip
    assert late.person(2) == "p2"
    assert late.video == folder / "late.mp4"


def test_whoever_is_as_good_as_hidden_has_no_box(folder):
    late = next(clip for clip in clips_of(read_street(folder).truth) if clip.camera == "late")
    assert {row.frame for row in late.rows()} == {1, 2}


def test_true_boxes_that_are_lost_or_damaged_are_named(folder):
    late, early = clips_of(read_street(folder).truth)
    (folder / "late.gt.txt").write_text("1,2,x")
    (folder / "early.gt.txt").unlink()
    for clip in (late, early):
        with pytest.raises(DatasetUnusable, match=clip.camera):
            clip.rows()


def test_true_boxes_that_do_not_agree_are_named(folder):
    late, early = clips_of(read_street(folder).truth)
    (folder / "late.visible.txt").write_text("1,2,0,0,9,9,1,1,1\n")
    (folder / "early.gt.txt").write_text("5,4,0,0,9,9,1,1,1\n")
    (folder / "early.visible.txt").write_text("5,4,0,0,9,9,1,1,1\n")
    with pytest.raises(DatasetUnusable, match=r"late.* cannot be read"):
        late.rows()
    with pytest.raises(DatasetUnusable, match="nobody has the number 4"):
        early.rows()


def test_a_description_of_somebody_who_never_appears_must_expect_nobody(folder):
    ask(folder, [{"text": "a red shirt", "people": ["p3"]}])
    with pytest.raises(DatasetUnusable, match="p3"):
        read_street(folder)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"queries": [{"text": "x"}]}',
        '{"queries": 1}',
        '{"queries": [{"text": 1, "people": []}]}',
        '{"queries": [{"text": "x", "people": "p1"}]}',
        '{"queries": [{"text": "x", "people": [["p1"]]}]}',
        "[" * 100_000,
    ],
)
def test_descriptions_of_another_layout_are_refused(tmp_path, text):
    (tmp_path / "queries.json").write_text(text)
    with pytest.raises(DatasetUnusable, match=r"queries\.json"):
        read_queries(tmp_path / "queries.json")


@pytest.mark.parametrize("text", ["", " ", "red coat " * 200, "man \udc9b31m", "穿红色外套的女人"])
def test_a_description_that_cannot_be_searched_is_refused_with_its_number(folder, text):
    ask(folder, [{"text": "a hat", "people": []}, {"text": text, "people": ["p2"]}])
    with pytest.raises(DatasetUnusable, match=r"queries\.json: description 2: the query") as no:
        read_street(folder)
    assert "\n" not in str(no.value)


def test_a_folder_without_truth_or_descriptions_is_refused(folder, tmp_path):
    with pytest.raises(NotFound), read_footage(tmp_path / "nothing"):
        pass
    (folder / "queries.json").unlink()
    with pytest.raises(DatasetUnusable, match=r"queries\.json"), read_footage(folder):
        pass


# What follows is about the footage that is committed.


@pytest.fixture(scope="module")
def own():
    with read_footage() as footage:
        yield footage


def test_the_demo_brings_three_cameras_of_about_a_minute_in_few_bytes(own):
    assert len(own.clips) == 3
    files = [path for path in own.truth.folder.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= BYTES_AT_MOST
    for clip in own.clips:
        info = inspect_video(clip.video)
        assert (info.codec, info.width, info.height) == ("h264", 640, 360)
        assert info.fps == pytest.approx(10, abs=0.01)
        assert 50 <= info.duration_s <= 70
        assert info.frame_count == clip.about.frames


def test_every_frame_of_the_demo_can_be_decoded(own):
    for clip in own.clips:
        with av.open(str(clip.video)) as container:
            frames = sum(1 for _ in container.decode(container.streams.video[0]))
        assert frames == clip.about.frames


def test_true_boxes_of_the_demo_lie_in_its_frames(own):
    for clip in own.clips:
        rows = clip.rows()
        assert rows
        for frame, number, box in rows:
            assert 1 <= frame <= clip.about.frames
            assert 1 <= number <= len(own.truth.people)
            assert 0 <= box.x1 < box.x2 <= clip.about.width
            assert 0 <= box.y1 < box.y2 <= clip.about.height
            assert all(map(math.isfinite, box))


def test_each_description_of_the_demo_fits_just_whom_its_claims_fit(own):
    asked = json.loads((own.truth.folder / "queries.json").read_text("utf-8"))["queries"]
    everyone = Relevance([one for one in own.truth.people if one.person in own.people])
    for query in asked:
        claims = [Claim(**claim) for claim in query["claims"]]
        assert everyone.of(claims) == frozenset(query["people"]), query["text"]
    assert sorted(bool(query["people"]) for query in asked) == [False, *[True] * 5]
