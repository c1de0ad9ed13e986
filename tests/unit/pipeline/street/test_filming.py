"""pipeline.street.footage.filming: bodies as they are filmed."""

from types import SimpleNamespace

import numpy as np

from tests.conftest import needs_street

needs_street("scipy", "anny")
# ruff: noqa: E402 - what follows cannot be imported without

from pipeline.street.casting import cast
from pipeline.street.footage.filming import Gaits
from pipeline.street.footage.walking import Stance
from pipeline.street.people.figures import Figures


def test_who_turns_about_looks_ahead_on_the_way_round_and_takes_steps():
    gaits, look = (
        Gaits(SimpleNamespace(figures=Figures())),
        cast(np.random.default_rng(1), "p1", "train"),
    )

    def body(activity, heading, turn):
        stance = Stance(0.0, 0.0, heading, 5.0, activity, False, turn)
        return gaits.body(look, stance).moved(at=(0.0, 0.0), heading=-heading).vertices

    left, right = body("turning", 0.0, 0.3), body("turning", 0.0, -0.3)
    head = left[:, 2] > 0.93 * left[:, 2].max()

    assert np.abs(left[head] - right[head]).max() > 0.05
    assert np.abs(left - body("turning", 0.5, 0.3)).max() > 0.01  # another step
    assert np.allclose(body("standing", 0.0, 0.3), body("standing", 0.5, 0.3), atol=1e-5)
