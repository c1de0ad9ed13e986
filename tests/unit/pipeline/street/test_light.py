"""pipeline.street.rendering.light: what lights a place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.street.rendering.light import LIGHTS, draw_light

LAMPS = ((0.0, 0.0, 5.0), (4.0, 0.0, 5.0))


@given(seed=st.integers(0, 2**32 - 1), kind=st.sampled_from(sorted(LIGHTS)))
@settings(max_examples=40, deadline=None)
def test_every_light_is_sound_and_the_same_again(seed, kind):
    light = draw_light(np.random.default_rng(seed), kind, LAMPS)

    assert light == draw_light(np.random.default_rng(seed), kind, LAMPS)
    assert light.kind == kind
    assert np.linalg.norm(light.to_sun) == pytest.approx(1)
    assert light.to_sun[2] > 0
    assert light.exposure > 0
    for colour in (light.sun, light.sky, light.ground, light.fog, light.background):
        assert min(colour) >= 0


@pytest.mark.parametrize("kind", ["night", "infrared"])
def test_there_is_no_sun_in_the_dark(kind):
    assert max(draw_light(np.random.default_rng(0), kind, LAMPS).sun) == 0


def test_street_lamps_are_lit_at_night_only():
    night, sunny = (draw_light(np.random.default_rng(0), k, LAMPS) for k in ("night", "sunny"))

    assert [lamp.at for lamp in night.lamps] == list(LAMPS)
    assert sunny.lamps == ()


def test_a_place_without_lamps_has_one_at_night():
    assert len(draw_light(np.random.default_rng(0), "night").lamps) == 1


def test_sodium_lamps_hide_colours_at_night_alone():
    drawn = [draw_light(np.random.default_rng(seed), "night", LAMPS) for seed in range(60)]
    hiding = [light for light in drawn if light.hides_colours]
    assert 0 < len(hiding) < len(drawn)
    for light in drawn:
        red, _, blue = light.lamps[0].colour
        assert light.hides_colours == (blue < 0.4 * red)
    dusks = [draw_light(np.random.default_rng(seed), "dusk", LAMPS) for seed in range(60)]
    assert not any(light.hides_colours for light in dusks)
