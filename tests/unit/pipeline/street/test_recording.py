"""footage.recording: which pieces a story has, how much room they take, when it is done."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.street.casting import cast
from pipeline.street.footage.recording import bytes_needed, finished, pieces_of
from pipeline.street.footage.story import Request
from pipeline.street.footage.truth import CameraTruth, write_truth

SMALL = Request(1, people=2, cameras=2, seconds=12.0, fps=5, width=96, height=64)
CAMERA = CameraTruth("lobby-1", "lobby", 4, "day", "indoors", 96, 64, 5, 60, 1000.0)


@given(st.integers(1, 3), st.integers(1, 60), st.floats(0.1, 90.0))
def test_pieces_hold_every_frame_once(tmp_path_factory, cameras, fps, seconds):
    request = Request(1, cameras=cameras, fps=fps, seconds=seconds)
    pieces = pieces_of(tmp_path_factory.getbasetemp(), request, None)

    for camera in range(cameras):
        mine = [piece for piece in pieces if piece.camera == camera]
        assert mine[0].first == 0
        assert all(one.first + one.frames == after.first for one, after in pairwise(mine))
        assert mine[-1].first + mine[-1].frames == request.frames
        assert min(piece.frames for piece in mine) >= 1


def test_a_piece_that_is_there_needs_room_once_more_for_its_film(tmp_path):
    pieces = pieces_of(tmp_path, SMALL, None)
    whole = bytes_needed(pieces)
    first = pieces[0]
    first.film.parent.mkdir()
    first.film.write_bytes(bytes(1000))
    first.rows.write_text("[]")

    assert first.is_done
    assert bytes_needed(pieces) == bytes_needed(pieces[1:]) + 1000 < whole
    assert bytes_needed(pieces[:1]) == 1000


def test_a_limit_of_the_rate_needs_less_room(tmp_path):
    free, limited = (bytes_needed(pieces_of(tmp_path, SMALL, limit)) for limit in (None, 20))

    assert limited < free
    assert bytes_needed(pieces_of(tmp_path, SMALL, 100_000)) == free


def test_a_story_is_finished_with_its_truth_and_all_its_films(tmp_path):
    people = [cast(np.random.default_rng(1), "p1", "test")]
    assert finished(tmp_path) is None

    written = write_truth(tmp_path, 1, people, [CAMERA], {"lobby-1": []})
    assert finished(tmp_path) is None

    written.film("lobby-1").write_bytes(b"film")
    assert finished(tmp_path) == written

    (tmp_path / "truth.json").write_text("{")
    assert finished(tmp_path) is None
