"""pipeline.street.footage.mot: boxes as MOTChallenge lays them out."""

import pytest

from detectors.types import Box
from pipeline.street.footage.mot import MotRow, TruthRow, by_frame, mot_line, read_boxes, read_mot

BOX, SHOWN = Box(10, 20, 40, 80), Box(10, 20, 40, 50)


def test_rows_not_to_be_considered_are_left_out():
    text = "1,7,10,20,30,60,0,1,0.9\n\n2,7,10,20,30,60,0.4,-1,-1,-1\n"
    assert read_mot(text) == [MotRow(2, 7, Box(10, 20, 40, 80))]


@pytest.mark.parametrize("text", ["1,7,10,20,30,60", "1,7,x,20,30,60,1"])
def test_a_row_that_is_none_is_refused(text):
    with pytest.raises(ValueError):
        read_mot(text)


def test_rows_not_to_be_considered_are_read_for_who_asks_for_them():
    text = "1,7,10,20,30,60,0,1,0.9\n"
    assert read_mot(text, with_ignored=True) == [MotRow(1, 7, BOX)]


def test_rows_are_told_apart_by_frame():
    rows = [MotRow(2, 1, BOX), MotRow(1, 1, BOX), MotRow(2, 2, BOX)]
    assert by_frame(rows) == {1: [rows[1]], 2: [rows[0], rows[2]]}


def test_what_is_written_is_read(tmp_path):
    rows = [TruthRow(1, 7, BOX, SHOWN, 0.5, 60.0), TruthRow(2, 8, BOX, None, 0.0, 60.0)]
    whole, shown = tmp_path / "whole.txt", tmp_path / "shown.txt"
    whole.write_text("".join(map(mot_line, rows)))
    shown.write_text("".join(mot_line(row, only_visible=True) for row in rows))
    boxes = read_boxes(whole, shown)
    assert (boxes.frame.tolist(), boxes.number.tolist()) == ([1, 2], [7, 8])
    assert boxes.box.tolist() == [list(BOX)] * 2
    assert boxes.visible_box.tolist() == [list(SHOWN), [0.0] * 4]
    assert boxes.visible.tolist() == [0.5, 0.0]
    assert read_mot(whole.read_text()) == [MotRow(1, 7, BOX), MotRow(2, 8, BOX)]


def test_rows_that_are_all_too_short_are_refused(tmp_path):
    path = tmp_path / "gt.txt"
    path.write_text("1,7,10,20,30,60,1,1\n" * 9)  # 72 fields, as 8 whole rows have
    with pytest.raises(ValueError, match="8 fields, not 9"):
        read_boxes(path, path)
