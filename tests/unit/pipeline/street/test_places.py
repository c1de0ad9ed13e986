"""pipeline.street.scenery.places: scenery, cameras and walks out of a seed."""

import numpy as np
import pytest

from pipeline.street.mesh import Material
from pipeline.street.scenery import surfaces
from pipeline.street.scenery.clearance import Clearance, along
from pipeline.street.scenery.place import PERSON_M, hang
from pipeline.street.scenery.places import PLACES, is_for_tests
from pipeline.street.scenery.shapes import Shapes

SEEDS = (0, 1, 4, 7)
EVERY = [(name, seed) for name in PLACES for seed in SEEDS]


def in_view(camera, points):
    """Of (N, 2) points, those where a person's middle is within the picture."""
    middles = np.c_[points, np.full(len(points), PERSON_M / 2)].astype(np.float32)
    x, y, depth = camera.project(middles).T
    return (depth > 0) & (x > 0) & (x < camera.width) & (y > 0) & (y < camera.height)


@pytest.mark.parametrize("name", PLACES)
def test_a_seed_builds_the_same_place_again(name):
    first, second = PLACES[name](12), PLACES[name](12)

    assert first.cameras == second.cameras
    assert first.walks == second.walks
    assert first.stands == second.stands
    assert first.mesh.materials == second.mesh.materials
    assert np.array_equal(first.mesh.vertices, second.mesh.vertices)


@pytest.mark.parametrize("name", PLACES)
def test_another_seed_builds_another_place(name):
    first, second = PLACES[name](12), PLACES[name](13)

    assert first.cameras != second.cameras
    assert first.mesh.materials != second.mesh.materials


@pytest.mark.parametrize(("name", "seed"), EVERY)
def test_scenery_is_a_sound_mesh(name, seed):
    mesh = PLACES[name](seed).mesh

    assert np.isfinite(mesh.vertices).all()
    assert mesh.faces.min() == 0
    assert mesh.faces.max() == len(mesh.vertices) - 1
    assert (mesh.material[mesh.faces] == mesh.material[mesh.faces[:, :1]]).all()
    assert mesh.material.max() < len(mesh.materials)
    assert np.allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-3)
    assert (mesh.tint >= 0).all()
    assert {array.dtype for array in (mesh.vertices, mesh.normals, mesh.tint, mesh.across_up)} == {
        np.dtype(np.float32)
    }


@pytest.mark.parametrize(("name", "seed"), EVERY)
def test_three_cameras_hang_above_heads_and_see_people_walk(name, seed):
    place = PLACES[name](seed)
    points = np.concatenate([along(walk) for walk in place.walks])

    assert [camera.camera_id for camera in place.cameras] == [f"{name}-{n}" for n in (1, 2, 3)]
    for camera in place.cameras:
        assert 2.4 <= camera.eye[2] <= 7.1
        assert 26 <= camera.field_of_view <= 75
        assert in_view(camera, points).mean() > 0.02


@pytest.mark.parametrize(("name", "seed"), EVERY)
def test_every_walk_is_seen_by_some_camera(name, seed):
    place = PLACES[name](seed)

    for walk in place.walks:
        assert any(in_view(camera, along(walk)).any() for camera in place.cameras), walk


@pytest.mark.parametrize(("name", "seed"), EVERY)
def test_nothing_stands_where_people_walk(name, seed):
    place = PLACES[name](seed)
    mesh = place.mesh
    at_the_waist = (mesh.vertices[:, 2] > 0.3) & (mesh.vertices[:, 2] < 1.6)
    obstacles = mesh.vertices[at_the_waist, :2]

    assert len(place.walks) >= 6
    assert len(place.stands) >= 4
    for walk in place.walks:
        apart = np.linalg.norm(along(walk)[:, None] - obstacles[None], axis=2)
        assert apart.min() > 0.2, walk


def test_a_walk_through_the_middle_of_a_large_box_is_not_open():
    shapes = Shapes()
    shapes.boxes([0, 0, 0.7], [8, 8, 1.4], Material((0.5, 0.5, 0.5)))
    room = Clearance(shapes.mesh())
    seen_by = PLACES["street"](0).cameras

    assert room.walks([((-9.0, 0.0), (9.0, 0.0))], seen_by) == ()
    assert room.walks([((-9.0, -6.0), (-9.0, 0.0))], []) == ()
    assert room.stands([(0.0, 0.0, 1.0), (6.0, 0.0, 1.0)]) == ((6.0, 0.0, 1.0),)


def test_what_lies_on_the_ground_or_hangs_overhead_is_not_in_the_way():
    shapes = Shapes()
    shapes.boxes([0, 0, 0.05], [1, 1, 0.1], Material((0.5, 0.5, 0.5)))
    shapes.boxes([0, 0, 2.5], [1, 1, 0.4], Material((0.5, 0.5, 0.5)))

    assert Clearance(shapes.mesh()).stands([(0.0, 0.0, 0.0)]) == ((0.0, 0.0, 0.0),)


def test_floors_of_test_places_are_seen_nowhere_else():
    rng = np.random.default_rng(0)
    of_tests = {surfaces.floor(rng, test=True).pattern for _ in range(60)}
    of_training = {surfaces.floor(rng, test=False).pattern for _ in range(60)}

    assert not of_tests & of_training


def test_one_seed_in_five_is_for_tests():
    assert [seed for seed in range(12) if is_for_tests(seed)] == [4, 9]


def test_a_place_offers_kinds_of_light_that_fit():
    assert PLACES["lobby"](0).light_kinds == ("indoors", "infrared")
    assert "sunny" in PLACES["street"](0).light_kinds


def test_zoom_makes_people_as_tall_as_asked_for():
    rng = np.random.default_rng(3)

    camera = hang(rng, "a", (0, 0), (9, 0), heights=(3, 3), person_px=(120, 120))

    feet_and_head = np.array([[9, 0, 0], [9, 0, PERSON_M]], np.float32)
    (_, bottom, _), (_, top, _) = camera.project(feet_and_head)
    assert bottom - top == pytest.approx(120, rel=0.2)
