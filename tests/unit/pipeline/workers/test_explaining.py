"""pipeline.workers.explaining: why a shot matches, and what is said where that cannot be told."""

from base64 import b64decode
from io import BytesIO
from threading import Event, Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.cli.why import BAR, lines_of
from pipeline.clock import ManualClock
from pipeline.errors import Busy, ConfigError, NotFound, StoreUnavailable
from pipeline.workers import cautions
from pipeline.workers.cautions import Trust
from pipeline.workers.explaining import LEAST_HEIGHT_PX, Explaining, overlay_png
from retrieval.errors import QueryRefused, WeightsUnusable
from retrieval.types import Relevance, Where, WordRelevance
from tests.data.search_services import CALIBRATION, Trained, service
from tests.unit.pipeline.workers.test_service import Parts

SHOT, TEXT = "lobby/r1/1/1", "a red coat, no hat"


def jpeg(width=20, height=50):
    file = BytesIO()
    Image.new("RGB", (width, height), "red").save(file, "JPEG")
    return file.getvalue()


class Explained(Trained):
    """Says that the last word matters, and the upper half of the picture."""

    seen = ()

    def explain(self, pictures, texts):
        self.seen = pictures, texts
        words = texts[0].split()
        heat = np.array([[1.0], [0.0]], np.float32)
        told = [WordRelevance(word, float(word == words[-1])) for word in words]
        return [Relevance(tuple(told), heat)]


def explaining(encoder=None, *, picture=lambda key: jpeg(), parts=None, trust=None):
    serving = service(encoder=encoder or Explained(), parts=parts, trust=trust)
    return Explaining(lambda: serving.engine, picture, ManualClock())


def test_words_and_map_are_told_of_the_picture_and_what_is_looked_for():
    encoder = Explained()
    told = explaining(encoder).why(SHOT, TEXT)
    assert (told.shot, told.query) == (SHOT, "a red coat")
    assert [(word.text, word.relevance) for word in told.words] == [
        ("a", 0.0), ("red", 0.0), ("coat", 1.0)
    ]  # fmt: skip
    assert told.heat == [[1.0], [0.0]]
    (picture,), texts = encoder.seen
    assert picture.shape == (50, 20, 3)
    assert texts == ["a red coat"]
    assert told.model == encoder.model_id
    assert told.notes == ["what should not be seen is not looked for, and has no word here"]
    found = service().engine.index.search(encoder.encode_texts([told.query])[0], k=60,
        where=Where(now=0.0))  # fmt: skip
    assert told.score == pytest.approx(
        next(one.score for one in found if one.sighting.shot.track.number == 1), abs=1e-4
    )


def test_nobody_is_explained_by_origin_and_weights_of_rendered_people_are_said():
    encoder = Explained()
    told = explaining(encoder, trust=Trust(CALIBRATION, frozenset({"fake"}))).why(
        SHOT, "an asian man in a coat"
    )
    assert encoder.seen[1] == ["a man in a coat"]
    assert told.notes[0] == cautions.SYNTHETIC
    assert any("'asian' is left out" in note for note in told.notes)


class Opaque(Explained):
    """Runs what cannot be looked into."""

    def explain(self, pictures, texts):
        raise WeightsUnusable("no towers")


@pytest.mark.parametrize(
    ("given", "name", "error", "said"),
    [
        ({}, "lobby/r1/99/1", NotFound, "no shot of track lobby/r1/99 is in the index: it was era"),
        ({}, "lobby/r1/1/9", NotFound, "track lobby/r1/1 has no shot 9 in the index; it has 1"),
        ({}, "lobby/r1/1", ConfigError, "names a track: name one shot of it, lobby/r1/1/1 say"),
        ({}, "lobby", ConfigError, "'lobby' names no track or shot"),
        ({"picture": lambda key: None}, SHOT, NotFound, "picture of shot lobby/r1/1/1 is gone"),
        ({"picture": lambda key: b"x"}, SHOT, NotFound, "not readable as a picture"),
        ({"encoder": Trained()}, SHOT, ConfigError, "gives no reasons for its scores"),
        ({"encoder": Opaque()}, SHOT, ConfigError, "gives no reasons for its scores"),
        (
            {"parts": Parts("shard 2")}, "lobby/r1/99/1", StoreUnavailable,
            "shard 2 of the index does not answer in full",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_explained_is_said_in_a_line(given, name, error, said):
    with pytest.raises(error) as refused:
        explaining(**given).why(name, TEXT)
    assert said in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_what_cannot_be_searched_is_refused():
    with pytest.raises(QueryRefused):
        explaining().why(SHOT, " ")


def test_one_at_a_time_and_a_failure_frees_the_place():
    entered, go_on = Event(), Event()

    class Slow(Explained):
        def explain(self, pictures, texts):
            entered.set()
            assert go_on.wait(30)
            return super().explain(pictures, texts)

    explains = explaining(Slow())
    first = Thread(target=explains.why, args=(SHOT, TEXT))
    first.start()
    assert entered.wait(30)
    with pytest.raises(Busy, match="another shot is being explained"):
        explains.why(SHOT, TEXT)
    go_on.set()
    first.join(30)
    assert explains.why(SHOT, TEXT).shot == SHOT
    opaque = explaining(Opaque())
    for _ in range(2):
        with pytest.raises(ConfigError):
            opaque.why(SHOT, TEXT)


def test_the_map_is_red_where_it_is_hot_and_as_wide_as_the_picture():
    told = explaining().why(SHOT, TEXT)
    with Image.open(BytesIO(b64decode(told.overlay))) as overlay:
        assert overlay.format == "PNG"
        assert overlay.size == (round(20 * LEAST_HEIGHT_PX / 50), LEAST_HEIGHT_PX)
        top, bottom = overlay.getpixel((50, 5)), overlay.getpixel((50, LEAST_HEIGHT_PX - 5))
    assert top[0] > top[1] + 50
    assert max(bottom) - min(bottom) <= 1


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 6), st.integers(1, 6))
def test_any_picture_has_an_overlay_of_its_shape(height, width, rows, columns):
    heat = np.linspace(0, 1, rows * columns, dtype=np.float32).reshape(rows, columns)
    data = overlay_png(np.full((height, width, 3), 9, np.uint8), heat)
    with Image.open(BytesIO(data)) as overlay:
        scale = LEAST_HEIGHT_PX / height
        assert overlay.size == (max(round(width * scale), 1), LEAST_HEIGHT_PX)


def test_words_have_bars_as_long_as_they_matter():
    note, head, *bars = lines_of(explaining().why(SHOT, TEXT))
    assert note.startswith("! what should not be seen")
    assert head.startswith(f"{SHOT}: score ")
    assert bars == ["a     0.00", "red   0.00", f"coat  1.00  {'█' * BAR}"]
