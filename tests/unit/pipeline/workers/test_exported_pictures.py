"""Pictures that are passed on show nobody else, where the settings hide others."""

from types import SimpleNamespace

import pytest

from detectors.shots import PICTURE_MARGIN
from detectors.types import Box, TrackKey
from pipeline.errors import NotFound
from pipeline.workers.exported_pictures import ExportedPictures

KEY = "lobby/2026-11-23/09/r-7-2.jpg"
OTHER = KEY.replace("-2.jpg", "-3.jpg")
BOX = Box(100.0, 100.0, 200.0, 300.0)


class Redacting:
    def __init__(self):
        self.asked = []

    def picture(self, jpeg, *, person, blur):
        self.asked.append((jpeg, person, blur))
        return b"blurred"


def pictures(usual, redactor, kept=(KEY, OTHER)):
    shot = SimpleNamespace(picture=KEY, box=BOX, frame_width=640, frame_height=480)
    known = TrackKey("lobby", "r", 7)
    clips = SimpleNamespace(
        tracks=SimpleNamespace(get_many=lambda keys: {key: "it" for key in keys if key == known}),
        shots=lambda record: [shot] if record == "it" else [],
    )
    exports = SimpleNamespace(clips=clips, redactor=redactor, usual=usual)
    return ExportedPictures(exports, lambda key: b"jpeg" if key in kept else None)


def test_others_are_hidden_round_the_person_of_the_shot():
    redactor = Redacting()
    assert pictures("heads", redactor).picture(KEY) == b"blurred"
    ((jpeg, person, blur),) = redactor.asked
    assert (jpeg, blur) == (b"jpeg", "heads")
    assert 0 < person.x1 < person.x2 < 1
    assert PICTURE_MARGIN > 0
    assert person.x1 == pytest.approx(1 - person.x2), "the picture is cut round them evenly"


def test_a_picture_leaves_as_it_is_where_nobody_is_to_be_hidden():
    redactor = Redacting()
    assert pictures("none", redactor).picture(KEY) == b"jpeg"
    assert redactor.asked == []


def test_a_picture_of_nobody_who_is_known_does_not_leave():
    redactor = Redacting()
    for key in (OTHER, "lobby/2026-11-23/09/r-8-1.jpg", "lobby/day/1.jpg", "lobby/gone.jpg"):
        with pytest.raises(NotFound):
            pictures("figures", redactor, (KEY, OTHER, "lobby/day/1.jpg")).picture(key)
    assert redactor.asked == []
