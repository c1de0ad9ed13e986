"""pipeline.street.scenery.shapes: boxes, posts, walls and floors gathered into one mesh."""

import numpy as np
import pytest

from pipeline.street.mesh import Material
from pipeline.street.scenery.shapes import Shapes

RED, BLUE = Material((0.5, 0.0, 0.0)), Material((0.0, 0.0, 0.5))


def outwards(mesh, middle):
    """Whether each face, by the order of its corners, looks away from `middle`."""
    a, b, c = (mesh.vertices[mesh.faces[:, n]] for n in range(3))
    return np.einsum("fk,fk->f", np.cross(b - a, c - a), (a + b + c) / 3 - middle) > 0


@pytest.mark.parametrize("turn", [0.0, 0.7, 2.5])
def test_a_box_is_seen_from_outside(turn):
    shapes = Shapes()
    shapes.boxes([1, 2, 3], [2, 4, 6], RED, turn=turn)

    mesh = shapes.mesh()

    assert outwards(mesh, [1, 2, 3]).all()
    assert len(mesh.faces) == 12
    lows, highs = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    assert (lows[2], highs[2]) == pytest.approx((0, 6))


def test_a_post_and_a_blob_are_seen_from_outside():
    post, blob = Shapes(), Shapes()
    post.posts([0, 0, 0], 0.5, 2.0, RED)
    blob.blob(np.random.default_rng(0), [0, 0, 0], [1, 1, 1], RED, rough=0.0)

    areas = [np.linalg.norm(face_normals(shapes.mesh()), axis=1) > 1e-6 for shapes in (post, blob)]

    assert outwards(post.mesh(), [0, 0, 1])[areas[0]].all()
    assert outwards(blob.mesh(), [0, 0, 0])[areas[1]].all()


def face_normals(mesh):
    a, b, c = (mesh.vertices[mesh.faces[:, n]] for n in range(3))
    return np.cross(b - a, c - a)


def test_a_wall_faces_to_the_left_of_its_way():
    shapes = Shapes()
    shapes.wall((0, 0), (4, 0), 3, RED)

    mesh = shapes.mesh()

    assert np.allclose(mesh.normals, [0, 1, 0])
    assert np.allclose(face_normals(mesh)[:, 1] > 0, True)


def test_pattern_coordinates_are_metres_along_a_wall():
    shapes = Shapes()
    shapes.wall((0, 0), (4, 0), 3, RED)

    across, up = shapes.mesh().across_up.T

    assert np.ptp(across) == pytest.approx(4)
    assert (up.min(), up.max()) == (0, 3)


def test_the_same_material_is_kept_once():
    shapes = Shapes()
    shapes.boxes([[0, 0, 0], [3, 0, 0], [6, 0, 0]], [1, 1, 1], [RED, BLUE, RED])

    mesh = shapes.mesh()

    assert mesh.materials == (RED, BLUE)
    assert sorted(np.unique(mesh.material, return_counts=True)[1]) == [24, 48]


def test_a_floor_is_flat_and_looks_up():
    shapes = Shapes()
    shapes.ground(np.random.default_rng(0), (-3, -2), (3, 2), RED)

    mesh = shapes.mesh()

    assert np.allclose(mesh.normals, [0, 0, 1])
    assert (mesh.vertices[:, 2] == 0).all()
    assert mesh.tint.std() > 0
