"""The towers against a recording of the reference implementation."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from retrieval.encoder import load_encoder
from retrieval.gadms.checkpoint import read_checkpoint
from retrieval.gadms.configuration import PRESETS
from retrieval.gadms.state_layout import resize_positional
from retrieval.gadms.towers import DualEncoder, towers_from
from retrieval.preprocess import prepare_pictures
from retrieval.tokenizer import END_ID, MASK_ID, START_ID, tokenize
from tests.conftest import missing

pytestmark = pytest.mark.media

Arrays = Mapping[str, NDArray[np.float32]]


@pytest.fixture(scope="module")
def parity(media_dir: Path) -> Path:
    folder = media_dir / "parity"
    if not (folder / "outputs.npz").is_file():
        missing(f"no recorded reference run in {folder}", "media")
    return folder


@pytest.fixture(scope="module")
def recorded(parity: Path) -> Arrays:
    with np.load(parity / "outputs.npz", allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


@pytest.fixture(scope="module")
def towers(parity: Path) -> DualEncoder:
    checkpoint = read_checkpoint(parity / "ckpt.pth", text_heads=3)
    return towers_from(checkpoint.config, checkpoint.tensors)


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


def largest_difference(ours: torch.Tensor | NDArray[np.float32], theirs: NDArray) -> float:
    return float(np.abs(np.asarray(ours, np.float64) - theirs.astype(np.float64)).max())


def test_the_shape_of_the_recorded_checkpoint_is_seen_in_its_tensors(parity: Path):
    checkpoint = read_checkpoint(parity / "ckpt.pth", text_heads=3)
    assert checkpoint.config == PRESETS["parity"]
    assert checkpoint.family == "ga-dms"
    assert len(checkpoint.tensors) == 205
    assert set(checkpoint.dropped) == {
        "cross_attn", "cross_modal_transformer", "ln_post", "ln_pre_i", "ln_pre_t", "mlm_head",
    }  # fmt: skip


def test_upcasting_changes_no_value_of_the_recorded_checkpoint(parity: Path):
    stored = torch.load(parity / "ckpt.pth", weights_only=True, map_location="cpu")["model"]
    ours = read_checkpoint(parity / "ckpt.pth", text_heads=3).tensors
    for name, tensor in ours.items():
        theirs = stored[f"module.base_model.{name}"]
        assert tensor.dtype == theirs.dtype
        assert torch.equal(tensor, theirs)


def test_image_tokens_match(towers: DualEncoder, recorded: Arrays):
    tokens = towers.image_tokens(torch.from_numpy(recorded["images"]))
    assert largest_difference(tokens, recorded["image_tokens"]) <= 2e-5


def test_text_tokens_match(towers: DualEncoder, recorded: Arrays):
    tokens = towers.text_tokens(torch.from_numpy(recorded["caption_ids_ori"]))
    assert largest_difference(tokens, recorded["text_tokens"]) <= 2e-5


def test_features_match(towers: DualEncoder, recorded: Arrays):
    image = towers.encode_image(torch.from_numpy(recorded["images"]))
    text = towers.encode_text(torch.from_numpy(recorded["caption_ids_ori"]))
    assert largest_difference(image, recorded["image_features"]) <= 2e-5
    assert largest_difference(text, recorded["text_features"]) <= 2e-5


def test_the_hidden_state_after_four_text_blocks_matches(towers: DualEncoder, recorded: Arrays):
    hidden = towers.text_hidden(torch.from_numpy(recorded["caption_ids_ori"]), blocks=4)
    assert largest_difference(hidden.transpose(0, 1), recorded["mid_text"]) <= 2e-5


def test_the_resized_positional_embedding_matches(recorded: Arrays):
    resized = resize_positional(torch.from_numpy(recorded["posemb_224"]), (24, 8))
    assert largest_difference(resized, recorded["posemb_384x128"]) <= 1e-6


def test_the_prepared_picture_matches(recorded: Arrays):
    prepared = prepare_pictures([recorded["pre_image_u8"]])
    assert largest_difference(prepared[0], recorded["pre_tensor"]) <= 1e-5


def test_captions_become_the_recorded_ids(recorded: Arrays):
    assert (tokenize(list(recorded["texts"])) == recorded["caption_ids_ori"]).all()
    assert list(recorded["special_ids"]) == [MASK_ID, START_ID, END_ID]


def test_every_tokeniser_case_but_a_spelt_out_mask_gives_the_recorded_ids(recorded: Arrays):
    texts = [str(text) for text in recorded["tok_texts"]]
    same = (tokenize(texts) == recorded["tok_ids"]).all(axis=1)
    assert [text for text, is_same in zip(texts, same, strict=True) if not is_same] == [
        text for text in texts if "<|mask|>" in text
    ]


def test_the_encoder_gives_the_recorded_similarities(parity: Path, recorded: Arrays):
    encoder = load_encoder(parity / "ckpt.pth", name="parity", device="cpu", text_heads=3)
    texts = encoder.encode_texts([str(text) for text in recorded["texts"]])
    images = encoder.encode_prepared(recorded["images"])
    assert largest_difference(texts @ images.T, recorded["similarity_t2i"]) <= 2e-6
