"""pipeline.workers.redacting: real clips in which others lose their heads, and nothing slips by."""

from io import BytesIO

import av
import cv2
import numpy as np
import pytest
from PIL import Image as PictureFile

from detectors.areas import Area
from detectors.errors import DetectorError
from detectors.fakes import ScriptedDetector
from detectors.masks import Blackout
from detectors.types import Box, Detection
from pipeline.errors import DescryError
from pipeline.workers.finding_people import PeopleFinder
from pipeline.workers.likely_person import Sight, Sought
from pipeline.workers.redacting import Redactor
from tests.drawn_clips import draw_clip

SIZE = WIDTH, HEIGHT = 320, 240
TIMES = [n * 0.1 for n in range(12)]
HER, HIM = Box(40, 40, 100, 220), Box(200, 40, 260, 220)
HER_HEAD, HIS_HEAD = Box(42, 42, 98, 84), Box(202, 42, 258, 84)
BEGIN = 1_795_000_000.0
SEEN = [Sight(BEGIN, Box(HER.x1 / WIDTH, HER.y1 / HEIGHT, HER.x2 / WIDTH, HER.y2 / HEIGHT))]


def noisy(number: int, size) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 255, (size[1], size[0], 3), np.uint8)


def detail(image: np.ndarray, box: Box) -> float:
    window = image[int(box.y1) : int(box.y2), int(box.x1) : int(box.x2)]
    return float(cv2.Laplacian(cv2.cvtColor(window, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())


def frames_of(path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def detector(
    *, without_him: tuple[int, ...] = (), without_her: tuple[int, ...] = (), room: int = 0
):
    """Finds both; `room` pixels further down and right, as in a picture with room around it."""
    her, him = (Box(*(side + room for side in box)) for box in (HER, HIM))
    people = {
        n: [Detection(her, 0.9)] * (n not in without_her)
        + [Detection(him, 0.9)] * (n not in without_him)
        for n in range(1, 13)
    }
    return ScriptedDetector({"*": people})


class Failing:
    """Fails on some frames; hands over one at a time."""

    batch, fingerprint = 1, "failing"

    def __init__(self, *numbers: int) -> None:
        self.numbers = numbers

    def detect(self, frames, parts=None):
        if frames[0].number in self.numbers:
            raise DetectorError("out of memory")
        return detector().detect(frames)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    return draw_clip(path, TIMES, size=SIZE, picture=noisy)


@pytest.fixture
def redact(clip, tmp_path):
    def redact(finds=None, *, blur="heads", sights=SEEN, masks=(), told=None):
        out = tmp_path / "out.mp4"
        out.touch()
        redactor = Redactor(PeopleFinder(lambda: finds or detector()))
        heard = [] if told is None else told
        done = redactor.clip(
            clip, out, camera_id="lobby", begin_at=BEGIN, blur=blur,
            blackout=Blackout(masks),
            sought=Sought(tuple(sights), BEGIN, BEGIN + TIMES[-1]),
            progress=lambda *step: heard.append(step),
        )  # fmt: skip
        return done, frames_of(out), out

    return redact


def test_his_head_is_hidden_in_every_frame_and_hers_in_none(redact, clip):
    told = []
    done, after, _ = redact(told=told)
    before = frames_of(clip)
    assert (done.frames, done.hidden, done.shown, done.unseen) == (12, 12, 12, 0)
    assert told[-1] == (24, 24)
    for was, now in zip(before, after, strict=True):
        assert detail(now, HIS_HEAD) < detail(was, HIS_HEAD) / 50
        assert detail(now, HER_HEAD) > detail(was, HER_HEAD) / 2
        assert detail(now, Box(202, 120, 258, 218)) > detail(was, Box(202, 120, 258, 218)) / 2


def test_figures_are_hidden_from_head_to_foot(redact, clip):
    _, after, _ = redact(blur="figures")
    for was, now in zip(frames_of(clip), after, strict=True):
        assert detail(now, HIM) < detail(was, HIM) / 50
        assert detail(now, HER) > detail(was, HER) / 2


def test_without_a_shot_to_know_her_by_she_is_hidden_too(redact, clip):
    done, after, _ = redact(sights=[])
    assert done.shown == 0
    for was, now in zip(frames_of(clip), after, strict=True):
        assert detail(now, HER_HEAD) < detail(was, HER_HEAD) / 50


BEHIND, BEHIND_HEAD = Box(70, 44, 106, 220), Box(72, 46, 104, 80)
AT_HER_ARM = Box(80, 44, 101, 150)


def with_her(*others: tuple[Box, float], room: int = 0) -> ScriptedDetector:
    """Finds her, and others less surely; `room` as for `detector`."""
    people = [(HER, 0.9), *others]
    return ScriptedDetector(
        {
            "*": {
                n: [Detection(Box(*(side + room for side in box)), sure) for box, sure in people]
                for n in range(1, 13)
            }
        }
    )


def test_who_is_half_behind_her_is_no_part_of_her(redact, clip):
    _, after, _ = redact(with_her((BEHIND, 0.55)))
    for was, now in zip(frames_of(clip), after, strict=True):
        assert detail(now, BEHIND_HEAD) < detail(was, BEHIND_HEAD) / 50
    done, after, _ = redact(with_her((AT_HER_ARM, 0.55)))
    assert done.shown == 12
    his_head, her_legs = Box(82, 46, 99, 66), Box(42, 150, 98, 218)
    for was, now in zip(frames_of(clip), after, strict=True):
        assert detail(now, his_head) < detail(was, his_head) / 50
        assert detail(now, her_legs) > detail(was, her_legs) / 2


def test_who_is_hardly_found_is_hidden_and_a_faint_part_of_her_is_not(redact, clip):
    chest = Box(42, 44, 98, 110)
    done, after, _ = redact(with_her((HIM, 0.06), (chest, 0.06)))
    assert done.shown == 12
    for was, now in zip(frames_of(clip), after, strict=True):
        assert detail(now, HIS_HEAD) < detail(was, HIS_HEAD) / 50
        assert detail(now, HER_HEAD) > detail(was, HER_HEAD) / 2


def test_a_picture_hides_who_is_half_behind_her():
    was, now = picture(with_her((BEHIND, 0.55), room=WIDTH))
    assert detail(now, BEHIND_HEAD) < detail(was, BEHIND_HEAD) / 50
    beside = Box(42, 50, 60, 84)
    assert detail(now, beside) > detail(was, beside) / 2


def test_a_frame_in_which_he_was_missed_hides_him_as_its_neighbours_do(redact, clip):
    _, after, _ = redact(detector(without_him=(5, 6)))
    for was, now in zip(frames_of(clip), after, strict=True):
        assert detail(now, HIS_HEAD) < detail(was, HIS_HEAD) / 50


def test_a_frame_that_could_not_be_searched_is_hidden_as_a_whole(redact, clip):
    done, after, _ = redact(Failing(4))
    assert done.unseen == 1
    whole = Box(0, 0, WIDTH, HEIGHT)
    before = frames_of(clip)
    assert detail(after[3], whole) < detail(before[3], whole) / 50
    assert detail(after[4], HER_HEAD) > detail(before[4], HER_HEAD) / 2


def test_masks_are_black_whatever_is_hidden(redact):
    corner = Area.of("window", [(0, 0), (0.2, 0), (0.2, 0.2), (0, 0.2)])
    for blur in ("none", "heads"):
        _, after, _ = redact(blur=blur, masks=[corner])
        assert all(frame[4:40, 4:56].max() < 24 for frame in after)
        assert all(detail(frame, HER_HEAD) > 1000 for frame in after)


def test_what_leaves_is_h264_with_the_same_times_and_no_sound(redact, clip):
    _, _, out = redact()
    with av.open(str(out)) as container:
        assert [stream.type for stream in container.streams] == ["video"]
        assert container.streams.video[0].codec_context.name == "h264"
        times = [frame.time for frame in container.decode(video=0)]
    np.testing.assert_allclose(times, TIMES, atol=0.002)


def test_without_a_detector_nothing_leaves(clip, tmp_path):
    def none():
        raise DescryError("no weights")

    out = tmp_path / "out.mp4"
    out.touch()
    with pytest.raises(DescryError, match="no weights"):
        Redactor(PeopleFinder(none)).clip(
            clip,
            out,
            camera_id="lobby",
            begin_at=BEGIN,
            blur="heads",
            sought=Sought(),
            blackout=Blackout(()),
        )
    assert out.stat().st_size == 0


def jpeg(image: np.ndarray) -> bytes:
    out = BytesIO()
    PictureFile.fromarray(image).save(out, "jpeg", quality=95)
    return out.getvalue()


def picture(finds, *, blur="heads", person=SEEN[0].box) -> tuple[np.ndarray, np.ndarray]:
    data = jpeg(noisy(1, SIZE))
    redactor = Redactor(PeopleFinder(lambda: finds))
    after = redactor.picture(data, person=person, blur=blur)
    return tuple(np.asarray(PictureFile.open(BytesIO(each))) for each in (data, after))  # type: ignore[return-value]


def test_a_picture_shows_her_and_not_him():
    was, now = picture(detector(room=WIDTH))
    assert detail(now, HIS_HEAD) < detail(was, HIS_HEAD) / 50
    assert detail(now, HER_HEAD) > detail(was, HER_HEAD) / 2
    was, now = picture(detector(), blur="none")
    assert np.array_equal(was, now)


def test_a_picture_in_which_she_is_not_found_shows_nothing_round_her():
    was, now = picture(detector(without_her=(1,), without_him=(1,)))
    assert detail(now, HIM) < detail(was, HIM) / 50
    assert detail(now, HER_HEAD) > detail(was, HER_HEAD) / 2


def test_a_picture_that_cannot_be_searched_shows_nobody():
    was, now = picture(Failing(1))
    whole = Box(0, 0, WIDTH, HEIGHT)
    assert detail(now, whole) < detail(was, whole) / 50
    with pytest.raises(DescryError, match="damaged"):
        Redactor(PeopleFinder(detector)).picture(b"x", person=HER, blur="heads")
