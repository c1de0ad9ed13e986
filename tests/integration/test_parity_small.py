"""A very small run against what it gave when the whole recording was reproduced.

It needs nothing but the repository: whoever changes a number of the model learns it here.
"""

import numpy as np
import pytest

from tests.conftest import ROOT
from tests.recording import Recording
from tests.small_run import run_small

#: Farther off than rounding on other processors, nearer than any mistake: see the mutations.
WITHIN = {"gradients": 1e-6, "importance": 1e-6, "maps": 1e-6, "attention": 1e-6, "weights": 1e-5}


@pytest.fixture(scope="module")
def small() -> Recording:
    return Recording.read("small run", ROOT / "tests" / "data" / "small_run.npz")


@pytest.fixture(scope="module")
def ours() -> dict[str, np.ndarray]:
    return run_small()


def test_every_array_of_the_small_run_is_what_it_was(small: Recording, ours):
    assert set(ours) == set(small.arrays)
    for name in small.arrays:
        if name == "gradient_norms":
            small.compare(name, ours[name], within=1e-4, relative=True)
        elif name.startswith("score_"):
            small.compare(name, ours[name], within=1e-4)
        else:
            small.compare(name, ours[name], within=WITHIN.get(name, 2e-5))


def test_no_denominator_of_the_small_run_is_near_zero(small: Recording):
    """Where one is, the score is ill-conditioned and would say nothing of mistakes."""
    assert np.abs(small["denominators"]).min() > 0.02
