"""rendering.coverage and shadows: how much of a person shows, and where shadows fall."""

import numpy as np
import pytest

from pipeline.street.camera import Camera
from pipeline.street.rendering.coverage import count_alone
from pipeline.street.rendering.light import Light
from pipeline.street.rendering.shadows import shadow_matrix

CAMERA = Camera("a", (0, -8, 1), (0, 0, 1), 40)
BOARD = np.stack(
    [m.ravel() for m in np.meshgrid(np.linspace(-0.3, 0.3, 90), [0.0], np.linspace(0, 1.8, 200))],
    axis=1,
).astype(np.float32)


def board_pixels():
    """Where the board shows in the picture, with nothing before it."""
    left, bottom, _ = CAMERA.project(np.array([[-0.3, 0, 0]], np.float32))[0]
    right, top, _ = CAMERA.project(np.array([[0.3, 0, 1.8]], np.float32))[0]
    seen = np.zeros((360, 640), bool)
    seen[round(top) : round(bottom), round(left) : round(right)] = True
    return seen


def test_somebody_in_plain_view_covers_what_is_seen_of_them():
    seen = board_pixels()

    assert count_alone(CAMERA, BOARD, seen) == seen.sum()


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_somebody_behind_a_wall_is_seen_by_a_share(share):
    seen = board_pixels()
    rows = np.flatnonzero(seen.any(axis=1))
    seen[rows[round(len(rows) * share) :]] = False

    assert seen.sum() / count_alone(CAMERA, BOARD, seen) == pytest.approx(share, abs=0.04)


def test_somebody_quite_hidden_covers_about_what_would_be_seen():
    hidden = np.zeros((360, 640), bool)

    assert count_alone(CAMERA, BOARD, hidden) == pytest.approx(board_pixels().sum(), rel=0.15)


@pytest.mark.parametrize("shift", [(50.0, 0.0, 0.0), (0.0, -20.0, 0.0)])
def test_somebody_out_of_the_picture_or_behind_the_lens_covers_nothing(shift):
    away = BOARD + np.array(shift, np.float32)

    assert count_alone(CAMERA, away, np.zeros((360, 640), bool)) == 0


def test_only_the_part_within_the_picture_counts():
    left = BOARD - np.array([6.0, 0, 0], np.float32) + 0
    edge = CAMERA.project(np.array([[-6.0, 0, 1]], np.float32))[0, 0]

    assert edge < 0
    assert count_alone(CAMERA, left, np.zeros((360, 640), bool)) == 0


def test_shadows_are_worked_out_around_what_the_camera_looks_at():
    light = Light(to_sun=(0.6, 0.0, 0.8))
    matrix = shadow_matrix(Camera("a", (3, -8, 4), (3, 2, 1), 40), light)

    middle = matrix @ [3, 2, 0, 1]
    above = matrix @ [3 + 0.6, 2, 0.8, 1]

    assert middle[:2] == pytest.approx([0, 0], abs=1e-9)
    assert above[:2] == pytest.approx([0, 0], abs=1e-9)
    assert -1 < above[2] < middle[2] < 1


@pytest.mark.parametrize(("indoors", "is_counted"), [(True, False), (False, True)])
def test_a_ceiling_throws_no_shadow(indoors, is_counted):
    matrix = shadow_matrix(CAMERA, Light(to_sun=(0.0, 0.0, 1.0), indoors=indoors))

    assert ((matrix @ [0, 0, 3.0, 1])[2] > -1) == is_counted
