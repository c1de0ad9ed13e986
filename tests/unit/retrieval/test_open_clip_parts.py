"""retrieval.open_clip_parts, gadms.unfilled: an encoder starts without what it has no use for."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from retrieval.gadms.configuration import GadmsConfig
from retrieval.gadms.towers import DualEncoder
from retrieval.gadms.unfilled import Unfilled
from tests.conftest import ROOT

#: Each of them takes about as long to import as torch itself.
HEAVY = ("torch._dynamo", "torchvision", "timm", "transformers", "sympy")

USE = """
import sys
from pathlib import Path
import numpy as np
from retrieval.encoder import load_encoder
encoder = load_encoder(Path(sys.argv[1]), name="street-gadms", device="cpu")
encoder.encode_texts(["a man in a red coat"])
encoder.encode_images([np.zeros((96, 32, 3), np.uint8)])
print([name for name in sys.argv[2:] if name in sys.modules])
"""


def said_by(code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_an_encoder_reads_and_sees_without_what_it_has_no_use_for():
    weights = ROOT / "retrieval" / "weights" / "bundled" / "street-gadms.safetensors"
    assert said_by(USE, str(weights), *HEAVY).strip() == "[]"


@pytest.mark.slow
def test_who_imports_open_clip_later_gets_all_of_it():
    code = """
import retrieval.open_clip_parts as parts
import sys
assert not {"open_clip", "torchvision", "timm"} & sys.modules.keys()
import open_clip, torchvision.ops, timm
assert open_clip.CLIP is parts.CLIP and open_clip.SimpleTokenizer is parts.SimpleTokenizer
from open_clip import hf_model, timm_model, utils
from torchvision.ops.misc import FrozenBatchNorm2d
assert utils.FrozenBatchNorm2d is FrozenBatchNorm2d and timm_model.timm is timm
print("all of it")
"""
    assert said_by(code) == "all of it\n"


def test_what_is_made_unfilled_has_the_shapes_of_what_is_drawn():
    config = GadmsConfig(vision_layers=1, text_layers=1)
    drawn = DualEncoder(config)
    with Unfilled():
        unfilled = DualEncoder(config)
    shapes = {name: value.shape for name, value in drawn.state_dict().items()}
    assert {name: value.shape for name, value in unfilled.state_dict().items()} == shapes
    unfilled.load_state_dict(drawn.state_dict())
    assert all(p.device.type == "cpu" for p in unfilled.parameters())


def test_nothing_is_drawn_for_what_is_overwritten():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    with Unfilled():
        nn.MultiheadAttention(8, 2)
        DualEncoder(GadmsConfig(vision_layers=1, text_layers=1))
    assert torch.equal(torch.get_rng_state(), before)
    nn.Linear(8, 8)
    assert not torch.equal(torch.get_rng_state(), before)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc on this system")
def test_what_nobody_touches_takes_no_memory():
    code = """
import re
from retrieval.gadms.configuration import GadmsConfig
from retrieval.gadms.towers import expected_shapes
held = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
before = held()
shapes = expected_shapes(GadmsConfig())
print(sum(shape.numel() for shape in shapes.values()) * 4 / 1024, held() - before)
"""
    whole_kib, taken_kib = map(float, said_by(code).split())
    assert taken_kib < whole_kib / 20
