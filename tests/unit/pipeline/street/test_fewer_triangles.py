"""pipeline.street.rendering.coarse, packing and pattern_tiles: what goes to the graphics card."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.street.mesh import Material, Mesh, Pattern
from pipeline.street.rendering.coarse import coarser
from pipeline.street.rendering.packing import CORNER, Part, pack
from pipeline.street.rendering.pattern_tiles import REPEATS, TILE_PX, draw_tiles


@pytest.fixture(scope="module")
def tiles():
    return draw_tiles()


def sheet(size=21, materials=1):
    """A square metre of `size` x `size` corners, in strips of materials that share no corner."""
    at = np.linspace(0, 1, size, dtype=np.float32)
    x, y = np.meshgrid(at, at)
    corners = np.stack([x, y, np.zeros_like(x)], axis=-1).reshape(-1, 3)
    number = np.arange(size * size).reshape(size, size)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
    faces = np.concatenate([np.stack(f, -1).reshape(-1, 3) for f in ((a, b, c), (a, c, d))])
    kind = (corners[faces][:, :, 0].mean(axis=1) * materials).astype(np.int32)
    corners = corners[faces].reshape(-1, 3)
    up = np.tile(np.array([0, 0, 1], np.float32), (len(corners), 1))
    return Mesh(
        corners, up, corners[:, :2].copy(), np.ones_like(corners), np.repeat(kind, 3),
        np.arange(len(corners), dtype=np.int32).reshape(-1, 3),
        tuple(Material((0.1 * n, 0.2, 0.3)) for n in range(materials)),
    )  # fmt: skip


@given(cell_m=st.floats(0.01, 0.4), materials=st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_coarser_faces_are_sound_and_of_one_material(cell_m, materials):
    mesh = sheet(materials=materials)

    faces = coarser(mesh, cell_m)

    assert len(faces) <= len(mesh.faces)
    assert faces.dtype == np.int32
    assert all(len(set(face)) == 3 for face in faces.tolist())
    assert (mesh.material[faces] == mesh.material[faces[:, :1]]).all()


def test_corners_move_by_less_than_a_cell():
    mesh = sheet()

    moved = mesh.vertices[coarser(mesh, 0.12)]

    assert 0.6 < np.linalg.norm(
        np.cross(moved[:, 1] - moved[:, 0], moved[:, 2] - moved[:, 0]), axis=1
    ).sum() / 2 < 1.01  # fmt: skip


def test_a_cell_of_nothing_keeps_the_faces():
    mesh = sheet()

    assert coarser(mesh, 0.0) is mesh.faces


def test_a_larger_cell_leaves_fewer_faces():
    mesh = sheet(41)

    assert len(coarser(mesh, 0.2)) < len(coarser(mesh, 0.05)) < len(mesh.faces)


def test_parts_are_packed_one_after_the_other():
    mesh = sheet(3, materials=2)
    part = Part(7, mesh, mesh.faces, mesh.faces[:1])

    packed = pack([Part(1, mesh, mesh.faces, mesh.faces[:1]), part])

    count = len(mesh.vertices)
    assert packed.corners.dtype == CORNER
    assert CORNER.itemsize == 32
    assert packed.corners["owner"].tolist() == [1] * count + [7] * count
    assert np.array_equal(packed.faces[len(mesh.faces) :], mesh.faces + count)
    assert packed.shading.tolist() == [
        mesh.faces[0].tolist(), (mesh.faces[0] + count).tolist()
    ]  # fmt: skip
    assert packed.materials.shape == (4, 3, 4)
    assert packed.corners["material"][count:].min() == 2


@pytest.mark.parametrize("pattern", list(Pattern))
def test_every_pattern_has_a_tile(pattern, tiles):
    assert tiles.shape[1:] == (TILE_PX, TILE_PX, 2)
    assert 118 < tiles[pattern, ..., 1].mean() < 150
    assert REPEATS[pattern] >= 1


def test_tiles_are_the_same_every_time(tiles):
    assert np.array_equal(tiles, draw_tiles())
