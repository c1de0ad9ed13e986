"""pipeline.street.rendering.renderer: meshes to pictures, and who is seen at each pixel."""

import builtins
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from pipeline.errors import ConfigError
from pipeline.street.camera import Camera
from pipeline.street.mesh import Material, Pattern
from pipeline.street.rendering.drawable import Drawable
from pipeline.street.rendering.graphics import open_context
from pipeline.street.rendering.light import Lamp, Light
from pipeline.street.rendering.packing import Part
from pipeline.street.rendering.renderer import Renderer
from pipeline.street.scenery.shapes import Shapes

CAMERA = Camera("a", (0, -8, 3), (0, 0, 0.8), 40, 320, 180)
GREY = Material((0.3, 0.3, 0.3))
FLAT = Light(sun=(0, 0, 0), sky=(0.8, 0.8, 0.8), ground=(0.8, 0.8, 0.8), fog_density=0.0)


@pytest.fixture(scope="module")
def renderer(drawing):
    return Renderer()


def somebody(at=(0.0, 0.0), colour=(0.5, 0.05, 0.05), tall=1.7):
    """Six boxes one above the other, so that there are corners all the way up."""
    shapes = Shapes()
    levels = np.linspace(0, tall, 41)
    for low, high in pairwise(levels):
        for x in (-0.15, -0.05, 0.05, 0.15):
            shapes.boxes(
                [at[0] + x, at[1], (low + high) / 2], [0.1, 0.3, high - low], Material(colour)
            )
    return shapes.mesh()


def floor(material=GREY):
    shapes = Shapes()
    shapes.ground(np.random.default_rng(0), (-20, -20), (20, 20), material, uneven=0.0)
    return shapes.mesh()


def middle_of(camera, x, y, z=0.8):
    column, row, _ = camera.project(np.array([[x, y, z]], np.float32))[0]
    return round(row), round(column)


def test_owners_stand_where_the_camera_says(renderer):
    people = [(41, somebody((-1.5, 0))), (300, somebody((1.5, 1)))]

    picture = renderer.render(CAMERA, [(0, floor()), *people], FLAT)

    assert picture.rgb.shape == (180, 320, 3)
    assert picture.owners.dtype == np.uint16
    assert set(np.unique(picture.owners)) == {0, 41, 300}
    assert picture.owners[middle_of(CAMERA, -1.5, 0)] == 41
    assert picture.owners[middle_of(CAMERA, 1.5, 1)] == 300


def test_the_head_is_above_the_feet(renderer):
    picture = renderer.render(CAMERA, [(1, somebody())], FLAT)

    rows = np.flatnonzero((picture.owners == 1).any(axis=1))
    top, bottom = (middle_of(CAMERA, 0, 0, z)[0] for z in (1.7, 0.0))
    assert rows[0] == pytest.approx(top, abs=4)
    assert rows[-1] == pytest.approx(bottom, abs=4)


def test_colours_are_those_of_the_material(renderer):
    picture = renderer.render(CAMERA, [(0, floor()), (1, somebody())], FLAT)

    red, green, blue = picture.rgb[picture.owners == 1].astype(int).mean(axis=0)
    assert red > 2 * green
    assert abs(green - blue) < 3


def test_somebody_in_plain_view_is_wholly_visible(renderer):
    picture = renderer.render(CAMERA, [(0, floor()), (1, somebody())], FLAT)

    assert picture.visible(1) == pytest.approx(1, abs=0.03)


def test_somebody_behind_another_or_a_wall_is_partly_visible(renderer):
    wall = Shapes()
    wall.boxes([2.0, -0.6, 0.5], [1.2, 0.1, 1.0], GREY)
    people = [(1, somebody()), (2, somebody((0.2, 1.0))), (3, somebody((2.0, 0.0)))]

    picture = renderer.render(CAMERA, [(0, floor()), (0, wall.mesh()), *people], FLAT)

    assert picture.visible(1) == pytest.approx(1, abs=0.03)
    assert 0.2 < picture.visible(2) < 0.8
    assert 0.3 < picture.visible(3) < 0.8


def test_somebody_out_of_the_picture_is_not_visible(renderer):
    picture = renderer.render(CAMERA, [(0, floor()), (1, somebody((40.0, 0.0)))], FLAT)

    assert picture.alone == {1: 0}
    assert picture.visible(1) == 0
    assert picture.visible(99) == 0


def test_two_meshes_of_one_owner_are_one_person(renderer):
    halves = [(5, somebody((-0.5, 0))), (5, somebody((0.5, 0)))]

    picture = renderer.render(CAMERA, halves, FLAT)

    assert picture.visible(5) == pytest.approx(1, abs=0.03)


def test_sun_throws_shadows_and_clouds_do_not(renderer):
    sunny = Light(to_sun=(0.8, 0.0, 0.6), sun=(1.5, 1.5, 1.5), sky=(0.2, 0.2, 0.2), fog_density=0.0)
    spot, other = middle_of(CAMERA, -0.9, 0, 0), middle_of(CAMERA, 0.9, 0, 0)
    meshes = [(0, floor()), (1, somebody())]

    lit = renderer.render(CAMERA, meshes, sunny).rgb.astype(int)
    flat = renderer.render(CAMERA, meshes, FLAT).rgb.astype(int)

    assert lit[spot].mean() < lit[other].mean() - 30
    assert abs(flat[spot].mean() - flat[other].mean()) < 6


def test_infrared_is_grey_and_darker_far_away(renderer):
    light = Light(sun=(0, 0, 0), sky=(0.02,) * 3, ground=(0.02,) * 3, infrared=True, fog_density=0)

    rgb = renderer.render(CAMERA, [(0, floor()), (1, somebody())], light).rgb.astype(int)

    assert np.abs(rgb - rgb[..., :1]).max() <= 1
    assert rgb[170, 160].mean() > rgb[middle_of(CAMERA, 0, 15, 0)].mean() + 20


def test_lamps_light_what_is_near_them(renderer):
    lamp = Lamp((-2.0, 0.0, 3.0), (1.0, 0.8, 0.5), 2.0)
    night = Light(sun=(0, 0, 0), sky=(0.02,) * 3, ground=(0.01,) * 3, lamps=(lamp,), fog_density=0)

    rgb = renderer.render(CAMERA, [(0, floor())], night).rgb.astype(int)

    near, far = rgb[middle_of(CAMERA, -2, 0, 0)], rgb[middle_of(CAMERA, 3, 0, 0)]
    assert near.sum() > 1.7 * far.sum()
    assert near[0] > near[2]


def test_a_pattern_shows_both_of_its_colours(renderer):
    striped = Material((0.02, 0.02, 0.02), (0.8, 0.8, 0.8), Pattern.STRIPES_DOWN, 0.5)

    rgb = renderer.render(CAMERA, [(0, floor(striped))], FLAT).rgb

    row = rgb[140, :, 0].astype(int)
    assert row.min() < 70
    assert row.max() > 180


def test_the_same_scene_gives_the_same_bytes(renderer):
    meshes = [(0, floor()), (1, somebody())]

    first, second = (renderer.render(CAMERA, meshes, FLAT) for _ in range(2))

    assert np.array_equal(first.rgb, second.rgb)
    assert np.array_equal(first.owners, second.owners)


@pytest.mark.parametrize("supersample", [1.0, 1.25, 2.0])
def test_supersampling_leaves_the_size_alone(renderer, supersample):
    picture = renderer.render(CAMERA, [(1, somebody())], FLAT, supersample=supersample)

    assert picture.rgb.shape == (180, 320, 3)
    assert picture.owners.shape == (180, 320)


def test_an_empty_street_is_drawn(renderer):
    picture = renderer.render(CAMERA, [], FLAT)

    assert picture.alone == {}
    assert (picture.owners == 0).all()


def test_more_scenery_than_is_kept_is_still_drawn(renderer):
    for _ in range(12):
        picture = renderer.render(CAMERA, [(0, floor()), (1, somebody())], FLAT)

    assert picture.visible(1) == pytest.approx(1, abs=0.03)


def test_scenery_that_is_let_go_gives_all_its_memory_back(renderer):
    drawable = Drawable(renderer._context, renderer._colour, renderer._places)
    drawable.load([Part(0, floor(), floor().faces, floor().faces)])
    held = [drawable._materials, *drawable._buffers, *drawable._arrays]

    drawable.release()

    assert [type(one.mglo).__name__ for one in held] == ["InvalidObject"] * len(held)


def test_what_torch_brings_can_be_loaded_after_the_renderer(drawing):
    pytest.importorskip("triton", reason="torch came without triton")
    code = (
        "from pipeline.street.rendering.graphics import open_context\n"
        "context = open_context()\n"
        "import triton._C.libtriton\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 0, ended


def test_too_many_people_are_refused(renderer):
    one = somebody()

    with pytest.raises(ConfigError, match="256 people in one picture"):
        renderer.render(CAMERA, [(number, one) for number in range(1, 257)], FLAT)


def test_a_missing_moderngl_is_named_with_the_remedy(monkeypatch):
    found = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "moderngl":
            raise ImportError(name)
        return found(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)

    with pytest.raises(ConfigError, match=r"descry\[street\].*libegl1 libgl1-mesa-dri"):
        open_context()
