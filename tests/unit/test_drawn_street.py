"""The drawn clip: real H.264, the same every time, and true to what it says about itself."""

import json
from itertools import groupby

import av
import numpy as np
import pytest

from detectors.fakes import ScriptedDetector
from detectors.types import Frame
from tests.drawn_street.clip import MIN_VISIBLE, draw_clip
from tests.drawn_street.figures import draw_person
from tests.drawn_street.looks import Look, Thing

SMALL = {"seconds": 6, "fps": 5, "width": 320, "height": 180}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "street.mp4"
    return path, draw_clip(path, **SMALL)


def frames_of(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]


def boxes_of(path):
    return json.loads(path.with_suffix(".boxes.json").read_text())["frames"]


def test_it_is_h264_of_the_size_and_length_asked_for(drawn):
    path, truth = drawn
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height, stream.average_rate) == (320, 180, 5)
    assert len(frames_of(path)) == truth.frames == 30


def test_the_index_stands_before_the_pictures(drawn):
    content = drawn[0].read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_nothing_unfinished_stays_behind(drawn):
    names = sorted(path.name for path in drawn[0].parent.iterdir())
    assert names == ["street.boxes.json", "street.mp4", "street.truth.json"]


def test_the_same_seed_draws_the_same_and_another_does_not(drawn, tmp_path):
    path, truth = drawn
    again, other = tmp_path / "again.mp4", tmp_path / "other.mp4"
    assert draw_clip(again, **SMALL) == truth
    assert boxes_of(again) == boxes_of(path)
    assert again.read_bytes() == path.read_bytes()
    assert draw_clip(other, seed=8, **SMALL) != truth


def test_everyone_is_different_and_comes_and_goes(drawn):
    _, truth = drawn
    descriptions = [person.description for person in truth.people]
    assert len(set(descriptions)) == len(descriptions) == 7
    assert all(
        1 <= person.first_frame < person.last_frame <= truth.frames for person in truth.people
    )


def test_people_overlap_in_time_and_at_times_nobody_is_there(drawn):
    path, truth = drawn
    crowd = [len(boxes_of(path).get(str(n), [])) for n in range(1, truth.frames + 1)]
    assert max(crowd) >= 2
    groups = [is_someone for is_someone, _ in groupby(crowd, key=bool)]
    assert groups.count(True) == 3
    assert 0 in crowd[1:-1]


def test_the_script_is_one_that_the_scripted_detector_takes(drawn):
    path, truth = drawn
    detector = ScriptedDetector.from_json(path.with_suffix(".boxes.json"))
    first = min(person.first_frame for person in truth.people)
    frame = Frame("demo", "r1", first, 0.0, np.zeros((180, 320, 3), np.uint8))
    (people,) = detector.detect([frame])
    assert len(people) == 1


def test_every_box_lies_in_the_frame_and_holds_a_person(drawn):
    path, _ = drawn
    frames = frames_of(path)
    scene = np.median(np.stack(frames).astype(float), axis=0)  # nobody stands still
    for number, rows in boxes_of(path).items():
        changed = np.abs(frames[int(number) - 1] - scene).max(axis=2) > 40
        for x1, y1, x2, y2, confidence in rows:
            assert 0 <= x1 < x2 <= 320
            assert 0 <= y1 < y2 <= 180
            assert 0.5 + 0.45 * MIN_VISIBLE - 0.001 <= confidence <= 0.95
            inside = changed[int(y1) : int(y2) + 1, int(x1) : int(x2) + 1]
            assert inside.mean() > 0.15, f"frame {number}"


def test_the_truth_beside_the_clip_is_the_truth_returned(drawn):
    path, truth = drawn
    told = json.loads(path.with_suffix(".truth.json").read_text())
    assert told["frames"] == truth.frames
    assert [person["description"] for person in told["people"]] == [
        person.description for person in truth.people
    ]


def test_progress_counts_up_to_the_last_frame(tmp_path):
    told = []
    draw_clip(
        tmp_path / "c.mp4", seconds=0.4, fps=5, width=64, height=36,
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert told == [(1, 2), (2, 2)]


def test_a_clip_that_was_interrupted_leaves_no_file(tmp_path):
    def stop(done, total):
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw_clip(tmp_path / "c.mp4", seconds=8, fps=10, width=64, height=36, progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("look", "sentence"),
    [
        (
            Look("man", Thing("orange", "hoodie"), Thing("grey", "trousers"),
                 hat=Thing("blue", "beanie")),
            "a man in an orange hoodie and grey trousers with a blue beanie",
        ),
        (
            Look("woman", Thing("purple", "jumper"), Thing("black", "skirt")),
            "a woman in a purple jumper and a black skirt",
        ),
    ],
)  # fmt: skip
def test_a_look_is_described_as_a_searcher_would(look, sentence):
    assert look.describe() == sentence


@pytest.mark.parametrize("facing", [1, -1])
@pytest.mark.parametrize("phase", np.linspace(0, 6, 7))
def test_a_person_stands_on_the_ground_and_is_as_tall_as_asked(phase, facing):
    look = Look("woman", Thing("red", "coat"), Thing("grey", "trousers"))
    sprite = draw_person(look, height_px=180, phase=float(phase), facing=facing)
    rows = np.nonzero(sprite.alpha.max(axis=1) > 0.5)[0]
    assert rows.max() == pytest.approx(sprite.foot_y, abs=10)
    assert rows.max() - rows.min() == pytest.approx(180, abs=14)
    assert not sprite.alpha[:, [0, -1]].any()
