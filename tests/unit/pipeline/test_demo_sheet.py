"""The demo's contact sheet: always a picture, the frames in the colour of the truth."""

import numpy as np
import pytest
from PIL import Image as Pillow

from pipeline.cli.demo_sheet import HITS_A_ROW, Row, Shown, draw_demo_sheet
from pipeline.cli.sheet_parts import ACCENT, GREEN, RED
from pipeline.errors import ConfigError
from pipeline.workers.cautions import ROUGH, SYNTHETIC, UNTRAINED


def row(*expected, is_right=None, text="a woman in a red coat"):
    picture = np.full((90, 30, 3), 128, np.uint8)
    hits = [Shown(picture, "93 % likely", "lobby 10:00:07", is_so) for is_so in expected]
    return Row(text, "lobby 10:00:07", ["truth:", "lobby 10:00:00-00:09"], is_right, hits)


def sheet_of(rows, tmp_path, notes=()):
    out = tmp_path / "sheet.png"
    draw_demo_sheet(rows, title="demo", notes=notes, out=out)
    with Pillow.open(out) as sheet:
        assert sheet.format == "PNG"
        return np.asarray(sheet.convert("RGB"))


def area(sheet, colour):
    return int((sheet == colour).all(axis=2).sum())


def test_a_hit_that_fits_has_a_green_frame_and_another_a_red_one(tmp_path):
    good, bad = sheet_of([row(True)], tmp_path), sheet_of([row(False)], tmp_path)
    assert area(good, GREEN) > 1000
    assert area(good, RED) == 0
    assert area(bad, RED) == area(good, GREEN)
    assert area(bad, GREEN) == 0


def test_where_nobody_knows_no_frame_says_anything(tmp_path):
    sheet = sheet_of([row(None, None)], tmp_path)
    assert area(sheet, GREEN) == area(sheet, RED) == 0


def test_no_more_hits_are_drawn_than_there_is_room_for(tmp_path):
    full = sheet_of([row(*[True] * HITS_A_ROW)], tmp_path)
    more = sheet_of([row(*[True] * (HITS_A_ROW + 3))], tmp_path)
    assert (full == more).all()


def test_each_description_has_a_row(tmp_path):
    one, three = sheet_of([row(True)], tmp_path), sheet_of([row(True)] * 3, tmp_path)
    assert three.shape[1] == one.shape[1]
    assert area(three, GREEN) == 3 * area(one, GREEN)


@pytest.mark.parametrize("text", ["", "x" * 500, "red coat " * 80, "红色外套 \n\t"])
def test_any_text_keeps_the_size_of_the_sheet(tmp_path, text):
    usual = sheet_of([row(True, is_right=False)], tmp_path, ["synthetic weights"])
    odd = sheet_of([row(True, text=text, is_right=False)], tmp_path, ["synthetic weights"])
    assert odd.shape == usual.shape


def test_each_note_makes_room_for_itself_above_the_rows(tmp_path):
    notes = [UNTRAINED, SYNTHETIC, ROUGH]
    heights = [sheet_of([row(True)], tmp_path, notes[:count]).shape[0] for count in range(4)]
    assert heights[0] <= heights[1] < heights[2] < heights[3]
    said = [
        np.argwhere((sheet_of([], tmp_path, some) == ACCENT).all(axis=2))
        for some in (notes[:1], notes)
    ]
    assert said[1][:, 0].max() > said[0][:, 0].max()  # the last line, too


def test_without_pictures_or_hits_there_is_still_a_sheet(tmp_path):
    lost = Row("a", "nobody", [], None, [Shown(None, "", "", None)])
    assert sheet_of([lost, row()], tmp_path).shape[0] > 400
    assert sheet_of([], tmp_path).shape[0] > 60


def test_a_sheet_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(ConfigError, match="nowhere"):
        draw_demo_sheet([], title="", notes=[], out=tmp_path / "nowhere" / "sheet.png")
