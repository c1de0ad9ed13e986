"""People as meshes: upright, dressed as their look says, the same each time."""

import numpy as np
import pytest

from tests.conftest import needs_street

needs_street("scipy", "anny")
# ruff: noqa: E402 - what follows cannot be imported without

import sys
from dataclasses import replace

import anny.paths

from pipeline.errors import ConfigError
from pipeline.street.colours import cloth_rgb, second_rgb
from pipeline.street.look import Body, Garment, Hair, Look, Pose, prints_behind
from pipeline.street.people.bodies import Bodies
from pipeline.street.people.figures import Figures

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

BODY = Body("woman", "adult", "average", "average", "light", 4)
LOOK = Look(
    "p1",
    BODY,
    Hair("long", "brown", "loose"),
    top=Garment("t-shirt", "red"),
    bottom=Garment("jeans", "blue"),
    shoes=Garment("trainers", "white"),
)


@pytest.fixture(scope="module")
def figures():
    return Figures()


def _of(mesh, colour):
    """Vertices of the material of that colour."""
    rows = [row for row, material in enumerate(mesh.materials) if material.colour == colour]
    return mesh.vertices[np.isin(mesh.material, rows)]


def test_a_missing_body_model_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "anny", None)

    with pytest.raises(ConfigError, match=r"without anny: pip install 'descry\[street\]'"):
        Figures()


def test_a_cache_that_cannot_be_used_is_told_with_the_remedy(tmp_path):
    kept = anny.paths.get_anny_cache_path()
    (tmp_path / "file").write_text("")
    try:
        with pytest.raises(ConfigError, match=r"cannot be kept in .*file .*ANNY_CACHE_DIR"):
            Bodies(tmp_path / "file")
    finally:
        anny.paths.set_anny_cache_path(kept)


def test_a_person_stands_at_the_origin_as_tall_as_said(figures):
    (mesh,) = figures.pose(LOOK, [Pose("standing", 0.0, 0.0)])
    assert mesh.vertices[:, 2].min() == pytest.approx(0.0, abs=0.005)
    assert 1.60 < mesh.vertices[:, 2].max() < 1.80
    assert abs(mesh.vertices[:, :2].mean(0)).max() < 0.15


def test_they_face_along_x(figures):
    (mesh,) = figures.pose(LOOK, [Pose("standing", 0.0, 0.0)])
    shoes = _of(mesh, cloth_rgb(LOOK.shoes))
    assert np.ptp(shoes[:, 0]) > 0.2
    assert shoes[:, 0].max() > -shoes[:, 0].min()  # toes in front


def test_a_mesh_is_what_the_renderer_expects(figures):
    (mesh,) = figures.pose(LOOK, [Pose()])
    count = len(mesh.vertices)
    assert count < 30_000
    for values, width in ((mesh.normals, 3), (mesh.tint, 3), (mesh.across_up, 2)):
        assert values.shape == (count, width)
        assert values.dtype == np.float32
        assert np.isfinite(values).all()
    assert np.allclose(np.linalg.norm(mesh.normals, axis=1), 1.0, atol=1e-4)
    assert mesh.faces.min() >= 0
    assert mesh.faces.max() < count
    corners = mesh.material[mesh.faces]
    assert (corners[:, 0] == corners[:, 1]).all()
    assert (corners[:, 0] == corners[:, 2]).all()
    assert mesh.material.max() < len(mesh.materials)


def test_the_same_look_and_pose_are_the_same_bytes(figures):
    pose = Pose("walking", 0.37, 0.8, 0.2)
    (first,) = figures.pose(LOOK, [pose])
    figures.pose(replace(LOOK, body=replace(BODY, seed=5)), [pose])
    _, again = figures.pose(LOOK, [Pose(), pose])
    assert first.vertices.tobytes() == again.vertices.tobytes()
    assert first.normals.tobytes() == again.normals.tobytes()


def test_feet_do_not_slide(figures):
    stride = figures.stride_m(LOOK)
    assert 0.9 < stride < 1.7
    assert figures.stride_m(LOOK, 0.5) < stride


def test_a_top_under_a_closed_coat_is_hardly_left(figures):
    coat = replace(LOOK, outer=Garment("coat", "navy"))
    (bare,), (closed,) = figures.pose(LOOK, [Pose()]), figures.pose(coat, [Pose()])
    red = cloth_rgb(LOOK.top)
    assert len(_of(closed, red)) < 0.25 * len(_of(bare, red))


def test_an_open_coat_shows_the_top_in_front_only(figures):
    coat = replace(LOOK, outer=Garment("coat", "navy"), outer_open=True)
    (mesh,) = figures.pose(coat, [Pose("standing", 0.0, 0.0)])
    red = _of(mesh, cloth_rgb(LOOK.top))
    chest = red[(red[:, 2] > 0.9) & (red[:, 2] < 1.25) & (np.abs(red[:, 1]) < 0.1)]
    assert len(chest) > 50
    assert (chest[:, 0] > 0).all()


@pytest.mark.parametrize("seed", [4, 5])
def test_a_print_is_on_one_side_of_the_trunk(figures, seed):
    top, body = Garment("t-shirt", "white", "print", "red"), replace(BODY, seed=seed)
    (mesh,) = figures.pose(replace(LOOK, top=top, body=body), [Pose("standing", 0.0, 0.0)])
    ink = _of(mesh, second_rgb(top))
    assert len(ink) > 20
    assert ((ink[:, 0] < 0) == prints_behind(body)).all()
    assert 1.0 < ink[:, 2].mean() < 1.4


@pytest.mark.parametrize(
    "kind", ["rucksack", "shoulder bag", "handbag", "shopping bag", "suitcase", "umbrella"]
)
def test_what_is_carried_is_there_in_its_colour_and_above_the_ground(figures, kind):
    thing = Garment(kind, "orange")
    (mesh,) = figures.pose(replace(LOOK, carried=(thing,)), [Pose()])
    points = _of(mesh, cloth_rgb(thing))
    assert len(points) > 50
    assert points[:, 2].min() > -0.01
    if kind == "rucksack":
        assert points[:, 0].mean() < 0
    if kind == "umbrella":
        assert points[:, 2].max() > LOOK_HEIGHT_M


LOOK_HEIGHT_M = 1.75


@pytest.mark.parametrize("kind", ["cap", "beanie", "hat", "helmet", "hood"])
def test_a_hat_is_on_the_head(figures, kind):
    hat = Garment(kind, "yellow")
    look = replace(LOOK, hat=hat, outer=Garment("hoodie", "grey"), glasses="sunglasses")
    (mesh,) = figures.pose(look, [Pose("standing", 0.0, 0.0)])
    points = _of(mesh, cloth_rgb(hat))
    assert points[:, 2].max() == pytest.approx(mesh.vertices[:, 2].max(), abs=0.01)


def test_a_phone_appears_only_while_somebody_phones(figures):
    poses = [Pose("standing", 0.0, 0.0), Pose("phoning", 0.0, 0.0)]
    standing, phoning = figures.pose(LOOK, poses)
    sizes = [np.ptp(_of(mesh, (0.02, 0.02, 0.025)), axis=0).max() for mesh in (standing, phoning)]
    assert sizes[0] < 0.001
    assert sizes[1] > 0.1


@pytest.mark.parametrize(
    ("body", "low_m", "high_m"),
    [
        (Body("boy", "child", "slim", "short", "dark", 1), 1.0, 1.25),
        (Body("man", "elderly", "heavy", "tall", "olive", 2), 1.8, 2.0),
    ],
)
def test_bodies_are_as_tall_as_their_words(figures, body, low_m, high_m):
    look = replace(LOOK, body=body, hair=Hair("bald", "black", "straight"))
    (mesh,) = figures.pose(look, [Pose("standing", 0.0, 0.0)])
    assert low_m < mesh.vertices[:, 2].max() < high_m


def test_two_seeds_have_two_faces(figures):
    other = replace(LOOK, body=replace(BODY, seed=77))
    (one,), (two,) = figures.pose(LOOK, [Pose()]), figures.pose(other, [Pose()])
    assert one.vertices.shape != two.vertices.shape or not np.allclose(one.vertices, two.vertices)
