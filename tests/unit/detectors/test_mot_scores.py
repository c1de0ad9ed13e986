import pytest

from detectors.types import Box
from pipeline.street.footage.mot import MotRow
from tests.benchmarks.mot_scores import read_scaled, score_mot


def walk(number, frames, x=0.0):
    return [MotRow(frame, number, Box(x + frame, 0, x + frame + 10, 30)) for frame in frames]


TRUTH = walk(1, range(1, 11)) + walk(2, range(1, 11), x=100)


def test_the_truth_itself_scores_full_marks():
    assert score_mot(TRUTH, TRUTH) == {
        "mota": 1.0,
        "idf1": 1.0,
        "id_switches": 0.0,
        "precision": 1.0,
        "recall": 1.0,
    }


def test_nothing_found_recalls_nothing():
    score = score_mot([], TRUTH)
    assert (score["mota"], score["recall"]) == (0.0, 0.0)


def test_a_person_missed_costs_recall_and_not_precision():
    score = score_mot(walk(7, range(1, 11)), TRUTH)
    assert (score["recall"], score["precision"], score["mota"]) == (0.5, 1.0, 0.5)


def test_a_box_too_far_off_is_missed_and_false():
    score = score_mot(walk(7, range(1, 11), x=8) + walk(8, range(1, 11), x=100), TRUTH)
    assert (score["recall"], score["precision"], score["mota"]) == (0.5, 0.5, 0.0)


def test_two_numbers_for_one_person_are_a_switch():
    score = score_mot(walk(7, range(1, 6)) + walk(8, range(6, 11)), walk(1, range(1, 11)))
    assert score["id_switches"] == 1
    assert score["mota"] == pytest.approx(0.9)
    assert score["idf1"] == pytest.approx(0.5)


def test_rows_are_read_and_scaled(tmp_path):
    path = tmp_path / "gt.txt"
    path.write_text("1,9,100,200,10,20,1,-4.1,-7.3,0\n\n2,9,102,200,10,20,0,-1,-1,-1\n")
    rows = read_scaled(path, scale_x=0.5, scale_y=0.25)
    assert rows[0] == MotRow(1, 9, Box(50, 50, 55, 55))
    assert [row.frame for row in rows] == [1, 2]
