"""footage.recording: which pieces a story has, how much room they take, when it is done."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.street.casting import cast
from pipeline.street.footage.film import Coding, count_frames, write_piece
from pipeline.street.footage.recording import bytes_needed, finished, is_whole, pieces_of
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

    for name in ("lobby-1.mp4", "lobby-1.gt.txt", "lobby-1.visible.txt"):
        file = tmp_path / name
        content = file.read_bytes()
        file.unlink()
        assert finished(tmp_path) is None
        file.write_bytes(content)
    assert finished(tmp_path) == written

    (tmp_path / "truth.json").write_text("{")
    assert finished(tmp_path) is None


ROW = [1, 1, [0.0, 0.0, 10.0, 20.0], None, 0.5, 20.0]


@pytest.fixture
def piece(tmp_path):
    """A piece as it was drawn: five frames, and somebody in the first."""
    piece = replace(pieces_of(tmp_path, SMALL, None)[0], frames=5)
    piece.film.parent.mkdir()
    grey = np.full((64, 96, 3), 128, np.uint8)
    write_piece(piece.film, [grey] * 5, Coding(5, 96, 64))
    piece.rows.write_text(json.dumps([ROW]))
    return piece


def test_a_piece_as_it_was_drawn_is_kept(piece):
    assert count_frames(piece.film) == 5
    assert is_whole(piece)
    assert is_whole(piece)
    piece.film.unlink()
    assert not is_whole(piece)


@pytest.mark.parametrize(
    "content",
    [b"", b"[[1", b"\xff", b"{}x", b"3", b"[3]", b"[[1, 2, 3]]", b"[" * 100_000,
     json.dumps([[1, 1, ["a", 0, 1, 1], None, 0.5, 2.0]]).encode(),
     json.dumps([[*ROW[:4], "much", 2.0]]).encode(), json.dumps([[6, *ROW[1:]]]).encode(),
     json.dumps([[1, SMALL.people + 1, *ROW[2:]]]).encode()],
)  # fmt: skip
def test_a_piece_with_damaged_boxes_is_drawn_anew(piece, content):
    piece.rows.write_bytes(content)
    assert not is_whole(piece)
    assert not piece.is_done


@pytest.mark.parametrize("kept", [0, 40, 0.5, None])
def test_a_piece_with_a_damaged_film_is_drawn_anew(piece, kept):
    content = piece.film.read_bytes()
    length = round(kept * len(content)) if isinstance(kept, float) else kept
    piece.film.write_bytes(b"garbage" * 99 if length is None else content[:length])
    assert not is_whole(piece)
    assert not piece.is_done


def test_a_piece_with_fewer_frames_than_it_should_have_is_drawn_anew(piece):
    assert not is_whole(replace(piece, frames=6))
