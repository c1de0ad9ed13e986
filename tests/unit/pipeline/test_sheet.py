"""The contact sheet: always a picture, whatever is in it."""

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from pipeline.cli.sheet import Card, draw_sheet
from pipeline.cli.sheet_parts import BACKDROP, FAINT, font, note_lines
from pipeline.errors import ConfigError
from pipeline.workers.cautions import ROUGH, STILL_READING, SYNTHETIC, UNJUDGED, UNTRAINED

RED = (220, 20, 20)


def card(rank=1, picture=None, **changed):
    values = {"score": 0.4, "camera": "lobby", "at": "2026-11-23 08:10:04 UTC", "live": False}
    return Card(picture=picture, rank=rank, **{**values, **changed})


def sheet_of(cards, tmp_path, title="a red coat", notes=()):
    out = tmp_path / "sheet.png"
    draw_sheet(cards, title=title, notes=notes, out=out)
    with Pillow.open(out) as sheet:
        assert sheet.format == "PNG"
        return np.asarray(sheet.convert("RGB"))


def red_area(sheet):
    return (sheet == RED).all(axis=2)


def picture(height, width):
    return np.full((height, width, 3), RED, np.uint8)


@pytest.mark.parametrize(
    ("height", "width"), [(300, 100), (100, 300), (120, 120), (1, 1), (4000, 8)]
)
def test_a_picture_is_shown_whole_and_keeps_its_shape(tmp_path, height, width):
    rows, columns = np.nonzero(red_area(sheet_of([card(picture=picture(height, width))], tmp_path)))
    shown_height = rows.max() - rows.min() + 1
    shown_width = columns.max() - columns.min() + 1
    assert shown_width == pytest.approx(shown_height * width / height, abs=2)


def test_nine_hits_wrap_to_two_rows(tmp_path):
    one_row = sheet_of([card(n, picture(90, 30)) for n in range(1, 6)], tmp_path)
    two_rows = sheet_of([card(n, picture(90, 30)) for n in range(1, 10)], tmp_path)
    assert two_rows.shape[1] == one_row.shape[1]
    assert two_rows.shape[0] > one_row.shape[0] + 300


def test_without_hits_the_sheet_says_so(tmp_path):
    sheet = sheet_of([], tmp_path)
    assert sheet.shape[0] > 200
    assert (sheet[150:] != BACKDROP).any()


def test_a_missing_or_empty_picture_leaves_a_placeholder(tmp_path):
    empty = np.zeros((0, 0, 3), np.uint8)
    missing, none = sheet_of([card()], tmp_path), sheet_of([card(picture=empty)], tmp_path)
    assert (missing == none).all()
    assert not red_area(missing).any()


def test_a_live_track_is_marked(tmp_path):
    assert (sheet_of([card(live=True)], tmp_path) != sheet_of([card()], tmp_path)).any()


@pytest.mark.parametrize(
    "title", ["red " * 300, "빨간 코트", "👩‍🦰\x00\n\t\u202e", "", "x" * 5000, "\ud800 lone"]
)
def test_any_title_is_drawn_on_one_line(tmp_path, title):
    plain = sheet_of([card()], tmp_path)
    assert sheet_of([card(camera=title[:64], at=title)], tmp_path, title).shape == plain.shape


@pytest.mark.parametrize("room", [400, 684, 1000])
def test_every_note_is_said_whole_however_narrow_the_sheet(room):
    notes = [UNTRAINED, SYNTHETIC, ROUGH, UNJUDGED, STILL_READING]
    lines = note_lines(notes, 15, room)
    assert " ".join(lines) == " ".join(" ".join(note.split()) for note in notes)
    ruler = ImageDraw.Draw(Pillow.new("RGB", (1, 1)))
    assert max(ruler.textlength(line, font(15)) for line in lines) <= room


def test_a_sheet_grows_by_each_line_of_its_notes_and_draws_them(tmp_path):
    plain = sheet_of([card()], tmp_path)
    one, two = (sheet_of([card()], tmp_path, notes=["said"] * count) for count in (1, 2))
    grown = two.shape[0] - one.shape[0]
    assert one.shape[0] > plain.shape[0]
    assert grown > 0
    faint = [np.argwhere((sheet == FAINT).all(axis=2))[:, 0] for sheet in (one, two)]
    first = faint[0].min()
    assert faint[1].min() == first
    assert (faint[1] < first + 2 * grown).sum() == 2 * (faint[0] < first + grown).sum()


@pytest.mark.parametrize("score", [-1.0, 0.0, 1.0, 1.0001])
def test_any_cosine_has_a_bar_within_its_card(tmp_path, score):
    assert sheet_of([card(score=score)], tmp_path).size


def test_a_sheet_that_cannot_be_written_is_an_error_of_one_line_and_leaves_nothing(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot write the sheet .*nowhere.*No such file") as no:
        draw_sheet([], title="", notes=[], out=tmp_path / "nowhere" / "sheet.png")
    assert "\n" not in str(no.value)
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError, match="cannot write the sheet"):
        draw_sheet([], title="", notes=[], out=tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_new_sheet_replaces_the_old_one(tmp_path):
    small = sheet_of([card()], tmp_path)
    assert sheet_of([card(n) for n in range(1, 8)], tmp_path).shape != small.shape
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.png"]
