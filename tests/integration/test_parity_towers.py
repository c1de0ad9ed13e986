"""The towers and what is fed to them against a recording of the reference implementation."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch.nn.functional import normalize

from retrieval.encoder import load_encoder
from retrieval.gadms.checkpoint import read_checkpoint
from retrieval.gadms.configuration import PRESETS
from retrieval.gadms.state_layout import resize_positional
from retrieval.gadms.towers import DualEncoder, towers_from
from retrieval.pictures import open_picture
from retrieval.preprocess import prepare_pictures
from tests.recording import TEXT_HEADS, Recording, recorded_checkpoint

pytestmark = pytest.mark.media


@pytest.fixture(scope="module")
def towers(parity_dir: Path) -> DualEncoder:
    checkpoint = recorded_checkpoint(parity_dir)
    return towers_from(checkpoint.config, checkpoint.tensors)


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


def test_the_shape_of_the_recorded_checkpoint_is_seen_in_its_tensors(parity_dir: Path):
    checkpoint = read_checkpoint(parity_dir / "ckpt.pth", text_heads=TEXT_HEADS)
    seen = checkpoint.config.to_mapping()
    # Shapes do not show the heads of the cross-modal blocks either; only training asks for them.
    assert seen | {"cross_heads": 4} == PRESETS["parity"].to_mapping()
    assert checkpoint.family == "ga-dms"
    assert len(checkpoint.tensors) == 205
    assert not checkpoint.heads
    assert set(checkpoint.dropped) == {
        "cross_attn", "cross_modal_transformer", "ln_post", "ln_pre_i", "ln_pre_t", "mlm_head",
    }  # fmt: skip


def test_upcasting_changes_no_value_of_the_recorded_checkpoint(parity_dir: Path):
    stored = torch.load(parity_dir / "ckpt.pth", weights_only=True, map_location="cpu")["model"]
    ours = recorded_checkpoint(parity_dir).tensors
    for name, tensor in ours.items():
        theirs = stored[f"module.base_model.{name}"]
        assert tensor.dtype == theirs.dtype
        assert torch.equal(tensor, theirs)


def test_image_tokens_match(towers: DualEncoder, recorded: Recording):
    recorded.compare("image_tokens", towers.image_tokens(recorded.tensor("images")), within=2e-5)


def test_text_tokens_match(towers: DualEncoder, recorded: Recording):
    tokens = towers.text_tokens(recorded.tensor("caption_ids_ori"))
    recorded.compare("text_tokens", tokens, within=2e-5)


def test_features_and_their_cosine_match(towers: DualEncoder, recorded: Recording):
    image = towers.encode_image(recorded.tensor("images"))
    text = towers.encode_text(recorded.tensor("caption_ids_ori"))
    recorded.compare("image_features", image, within=2e-5)
    recorded.compare("text_features", text, within=2e-5)
    cosine = normalize(text, dim=-1) @ normalize(image, dim=-1).T
    recorded.compare("similarity_t2i", cosine, within=2e-6)


def test_the_hidden_state_after_four_text_blocks_matches(towers: DualEncoder, recorded: Recording):
    hidden = towers.text_hidden(recorded.tensor("caption_ids_ori"), blocks=4)
    recorded.compare("mid_text", hidden.transpose(0, 1), within=2e-5)


def test_the_resized_positional_embedding_matches(recorded: Recording):
    resized = resize_positional(recorded.tensor("posemb_224"), (24, 8))
    recorded.compare("posemb_384x128", resized, within=1e-6)


def test_the_prepared_picture_matches(recorded: Recording, tmp_path: Path):
    path = tmp_path / "person.png"
    Image.fromarray(recorded["pre_image_u8"]).save(path)
    picture = open_picture(path)
    recorded.compare_exactly("pre_image_u8", picture)
    prepared = prepare_pictures([recorded["pre_image_u8"]])
    recorded.compare("pre_tensor", prepared[0], within=1e-5)


def test_the_encoder_gives_the_recorded_similarities(parity_dir: Path, recorded: Recording):
    path = parity_dir / "ckpt.pth"
    encoder = load_encoder(path, name="parity", device="cpu", text_heads=TEXT_HEADS)
    texts = encoder.encode_texts([str(text) for text in recorded["texts"]])
    images = encoder.encode_prepared(recorded["images"])
    recorded.compare("similarity_t2i", texts @ images.T, within=2e-6)
