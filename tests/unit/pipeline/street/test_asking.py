"""pipeline.street.recipe.asking: what an encoder scores where a sentence may fit several."""

import numpy as np
import pytest

from pipeline.street.recipe.asking import Asked


def asked(scores, relevant) -> Asked:
    nothing = np.zeros((len(scores), 1), np.float32)
    return Asked(nothing, np.array(scores, np.float64), np.array(relevant, np.bool_))


def test_everybody_whom_a_sentence_fits_is_expected():
    figures = asked([[0.9, 0.5, 0.1], [0.1, 0.9, 0.5]], [[1, 0, 1], [0, 0, 1]]).figures()
    assert figures["r1"] == 50
    assert figures["r5"] == figures["r10"] == 100
    assert figures["map"] == pytest.approx(100 * ((1 + 2 / 3) / 2 + 1 / 2) / 2, abs=0.01)
    assert figures["minp"] == pytest.approx(100 * (2 / 3 + 1 / 2) / 2, abs=0.01)
    assert figures["chance_r1"] == 50
