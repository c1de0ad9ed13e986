"""The operations that the encoder's benchmark counts are those that torch counts."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from retrieval.gadms.configuration import PRESETS, GadmsConfig
from retrieval.gadms.towers import draw_weights, towers_from
from tests.benchmarks.encoder import flops_of_a_crop, matrix_peak, measure_on_gpu


@pytest.fixture
def no_fast_path():
    """Torch counts nothing of what its fused transformer block does."""
    was = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    yield
    torch.backends.mha.set_fastpath_enabled(was)


@pytest.mark.parametrize("name", ["tiny", "parity"])
def test_the_formula_counts_what_torch_counts(name, no_fast_path):
    config = PRESETS[name]
    towers = towers_from(config, draw_weights(config, 0))
    with torch.no_grad(), FlopCounterMode(display=False) as counted:
        towers.encode_image(torch.zeros(1, 3, config.image_height, config.image_width))
    assert flops_of_a_crop(config) == counted.get_total_flops()


def test_a_crop_of_the_full_model_takes_32_gflop():
    """34.4, were the last block computed for all 193 tokens and not for one."""
    assert flops_of_a_crop(GadmsConfig()) == pytest.approx(32.0e9, rel=1e-3)


def test_the_matrix_peak_is_a_rate():
    assert matrix_peak(torch.device("cpu"), side=32, times=2) > 0


def test_what_is_measured_on_a_gpu_can_be_rehearsed_without_one():
    figures = measure_on_gpu(
        "tiny", rounds=2, batch=2, device=torch.device("cpu"), is_rehearsal=True
    )
    assert figures["device"] == "cpu, rehearsal"
    assert figures["largest_cosine_distance"] < 1e-2
    assert figures["ratio_min"] <= figures["ratio"] <= figures["ratio_max"]
    assert figures["share_of_peak"] > 0
