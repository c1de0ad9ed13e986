"""Cuts through surfaces: nothing lost, nothing over the line, vertices that are mixes."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.conftest import needs_street

needs_street("scipy")
# ruff: noqa: E402 - what follows cannot be imported without

from pipeline.street.people import cutting

SIDE = 6


def _sheet():
    """A flat square of SIDE x SIDE points, in two triangles a cell."""
    x, y = np.meshgrid(np.linspace(0, 1, SIDE), np.linspace(0, 1, SIDE))
    points = np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], 1)
    cell = (np.arange(SIDE - 1)[:, None] * SIDE + np.arange(SIDE - 1)).ravel()
    faces = [
        np.stack([cell, cell + 1, cell + SIDE], 1),
        np.stack([cell + 1, cell + SIDE + 1, cell + SIDE], 1),
    ]
    return points, np.vstack(faces)


def _area(points, faces):
    corners = points[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return across[:, 2].sum() / 2  # signed: a turned triangle would count against it


lines = st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-0.8, 0.8))


def _values(points, line):
    return points[:, 0] * line[0] + points[:, 1] * line[1] + line[2]


@given(line=lines)
def test_a_split_keeps_the_whole_surface_and_its_turn(line):
    points, faces = _sheet()
    new_faces, values, mixes = cutting.split(faces, _values(points, line))
    moved = mixes @ points
    assert _area(moved, new_faces) == pytest.approx(1.0, abs=1e-4)
    assert np.allclose(_values(moved, line), values, atol=1e-5)


@given(line=lines)
def test_no_triangle_of_a_split_reaches_over_the_line(line):
    points, faces = _sheet()
    new_faces, values, _ = cutting.split(faces, _values(points, line))
    sides = values[new_faces]
    assert not ((sides.min(1) < 0) & (sides.max(1) > 0)).any()


@given(line=lines)
def test_the_two_sides_of_a_line_are_the_whole(line):
    points, faces = _sheet()
    values = _values(points, line)
    assume(np.abs(values).max() > 0.01)  # else the whole surface is the line
    areas = [
        _area(mixes @ points, kept) if len(kept) else 0.0
        for kept, mixes in (cutting.clip(faces, values), cutting.clip(faces, -values))
    ]
    assert sum(areas) == pytest.approx(1.0, abs=1e-3)


def test_a_clip_ends_on_the_line_and_keeps_no_loose_vertex():
    points, faces = _sheet()
    kept, mixes = cutting.clip(faces, 0.37 - points[:, 0])
    moved = mixes @ points
    assert moved[:, 0].max() == pytest.approx(0.37)
    assert sorted(set(kept.ravel())) == list(range(len(moved)))


def test_a_clip_with_nothing_inside_is_empty():
    points, faces = _sheet()
    kept, mixes = cutting.clip(faces, np.full(len(points), -1.0))
    assert kept.shape == (0, 3)
    assert mixes.shape == (0, len(points))


def test_new_vertices_are_mixes_of_two_ends():
    points, faces = _sheet()
    _, _, mixes = cutting.split(faces, points[:, 0] - 0.5)
    shares = mixes.toarray()
    assert np.allclose(shares.sum(1), 1.0)
    assert (shares >= 0).all()
    assert ((shares > 0).sum(1) <= 2).all()


def test_a_finer_surface_has_four_triangles_for_one_and_the_same_size():
    points, faces = _sheet()
    finer, mixes = cutting.refine(faces, len(points))
    assert len(finer) == 4 * len(faces)
    assert _area(mixes @ points, finer) == pytest.approx(1.0)
