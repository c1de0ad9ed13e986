import json
import os
import pickle
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from retrieval.errors import WeightsUnusable
from retrieval.gadms.checkpoint import read_checkpoint, write_checkpoint
from retrieval.gadms.configuration import PRESETS, GadmsConfig
from retrieval.gadms.state_layout import resize_positional
from retrieval.gadms.towers import draw_weights

CONFIG = GadmsConfig(
    vision_width=64, vision_layers=1, text_width=64, text_heads=1, text_layers=2, embed_dim=16,
    cross_heads=1,
)  # fmt: skip
HALF = ("weight", "bias", "proj", "projection", "in_proj_weight", "in_proj_bias")

State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def towers() -> State:
    """Tower weights of which some are half precision, as the reference stores them."""
    drawn = draw_weights(CONFIG, 1)
    return {
        name: value.half() if "attn" in name or "mlp" in name or "proj" in name else value
        for name, value in drawn.items()
    }


def wrapped(towers: State, heads: dict[str, tuple[int, ...]], prefix: str = "") -> State:
    state = {f"{prefix}base_model.{name}": value for name, value in towers.items()}
    return state | {f"{prefix}{name}": torch.zeros(shape) for name, shape in heads.items()}


MASKED_WORD_HEADS = {
    "cross_attn.in_proj_weight": (48, 16),
    "cross_modal_transformer.resblocks.0.ln_1.weight": (16,),
    "ln_post.weight": (16,),
    "mlm_head.fc.bias": (40,),
}


def save(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


def assert_same_towers(path: Path, towers: State) -> None:
    tensors = read_checkpoint(path).tensors
    assert tensors.keys() == towers.keys()
    for name, value in towers.items():
        assert tensors[name].dtype == value.dtype
        assert torch.equal(tensors[name], value)


def test_a_pretrained_checkpoint_loads(tmp_path: Path, towers: State):
    state = wrapped(towers, MASKED_WORD_HEADS, "module.")
    path = save(tmp_path / "best0.pth", {"model": state, "optimizer": {"state": {}}, "epoch": 3})
    checkpoint = read_checkpoint(path)
    assert checkpoint.family == "ga-dms"
    assert checkpoint.config == CONFIG
    assert checkpoint.dropped == ("cross_attn", "cross_modal_transformer", "ln_post", "mlm_head")
    assert_same_towers(path, towers)


@pytest.mark.parametrize("classes", [11, 11003, 68126])
def test_a_fine_tuned_checkpoint_loads_whatever_its_classes(
    tmp_path: Path, towers: State, classes: int
):
    heads = {**MASKED_WORD_HEADS, "classifier.weight": (classes, 16), "classifier.bias": (classes,)}
    path = save(tmp_path / "best.pth", {"model": wrapped(towers, heads), "num_epoch": 60})
    assert read_checkpoint(path).family == "irra"
    assert_same_towers(path, towers)


def test_an_rde_checkpoint_loads_without_its_token_selection(tmp_path: Path, towers: State):
    heads = {
        "visul_emb_layer.linear.weight": (32, 16),
        "visul_emb_layer.mlp.bns.0.running_mean": (16,),
        "texual_emb_layer.mlp.layers.0.weight": (16, 16),
    }
    path = save(tmp_path / "best.pth", {"model": wrapped(towers, heads)})
    checkpoint = read_checkpoint(path)
    assert checkpoint.family == "rde"
    assert checkpoint.dropped == ("texual_emb_layer", "visul_emb_layer")
    assert_same_towers(path, towers)


def openai_layout(towers: State) -> State:
    """As OpenAI writes it: square pictures, and scalars beside the towers."""
    square = torch.randn(14 * 14 + 1, 64, generator=torch.Generator().manual_seed(2))
    return {
        **towers,
        "visual.positional_embedding": square,
        "logit_scale": torch.tensor(4.6),
        "input_resolution": torch.tensor(224),
        "context_length": torch.tensor(77),
        "vocab_size": torch.tensor(49408),
    }


@pytest.mark.parametrize("under", [None, "model", "state_dict"])
def test_an_openai_state_dict_is_stretched_to_tall_pictures(
    tmp_path: Path, towers: State, under: str | None
):
    state = openai_layout(towers)
    path = save(tmp_path / "clip.pt", {under: state} if under else state)
    checkpoint = read_checkpoint(path)
    assert checkpoint.family == "clip"
    assert checkpoint.dropped == ()
    position = checkpoint.tensors["visual.positional_embedding"]
    assert position.shape == (193, 64)
    assert torch.equal(position[0], state["visual.positional_embedding"][0])
    assert "logit_scale" not in checkpoint.tensors


def test_safetensors_of_others_load(tmp_path: Path, towers: State):
    path = tmp_path / "open_clip_model.safetensors"
    save_file(openai_layout(towers), path, {"format": "pt"})
    assert read_checkpoint(path).family == "clip"


@pytest.mark.parametrize("side", [1, 7, 14, 24])
def test_any_square_grid_is_stretched(side: int):
    embedding = torch.randn(side * side + 1, 8)
    resized = resize_positional(embedding, (24, 8))
    assert resized.shape == (193, 8)
    assert torch.equal(resized[0], embedding[0])


def test_a_constant_embedding_stays_so_when_stretched():
    embedding = torch.full((197, 8), 0.5)
    torch.testing.assert_close(resize_positional(embedding, (24, 8)), torch.full((193, 8), 0.5))


def test_overlapping_patches_are_refused(tmp_path: Path, towers: State):
    state = {**towers, "visual.positional_embedding": torch.zeros(31 * 10 + 1, 64)}
    with pytest.raises(WeightsUnusable, match=r"overlap\.pth: .*310 patches"):
        read_checkpoint(save(tmp_path / "overlap.pth", state))


def test_what_is_written_reads_back_the_same(tmp_path: Path, towers: State):
    source = save(tmp_path / "a.pth", {"model": wrapped(towers, MASKED_WORD_HEADS)})
    read = read_checkpoint(source)
    write_checkpoint(read, tmp_path / "b.safetensors")
    again = read_checkpoint(tmp_path / "b.safetensors")
    assert (again.config, again.family) == (read.config, "ga-dms")
    assert_same_towers(tmp_path / "b.safetensors", towers)


def test_writing_twice_gives_the_same_bytes(tmp_path: Path, towers: State):
    read = read_checkpoint(save(tmp_path / "a.pth", towers))
    for name in ("b", "c"):
        write_checkpoint(read, tmp_path / name)
    assert (tmp_path / "b").read_bytes() == (tmp_path / "c").read_bytes()


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, towers: State):
    read = read_checkpoint(save(tmp_path / "a.pth", towers))
    with pytest.raises(OSError, match="cannot write"):
        write_checkpoint(read, tmp_path / "missing" / "b.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["a.pth"]


def test_head_counts_written_into_our_files_are_kept(tmp_path: Path):
    config = PRESETS["tiny"]
    path = save(
        tmp_path / "a.pth",
        {"model": draw_weights(config, 1), "configuration": config.to_mapping()},
    )
    write_checkpoint(read_checkpoint(path), tmp_path / "b.safetensors")
    assert read_checkpoint(tmp_path / "b.safetensors").config == config


def test_head_counts_that_shapes_do_not_show_are_asked_for(tmp_path: Path):
    config = GadmsConfig.from_mapping({**CONFIG.to_mapping(), "text_width": 48, "text_heads": 3})
    path = save(tmp_path / "a.pth", draw_weights(config, 1))
    with pytest.raises(WeightsUnusable, match="--text-heads"):
        read_checkpoint(path)
    assert read_checkpoint(path, text_heads=3).config == config
    path.with_suffix(".json").write_text(json.dumps({"text_heads": 3}))
    assert read_checkpoint(path).config == config


def test_a_damaged_file_beside_it_is_named(tmp_path: Path, towers: State):
    path = save(tmp_path / "a.pth", towers)
    path.with_suffix(".json").write_text("{")
    with pytest.raises(WeightsUnusable, match=r"a\.json"):
        read_checkpoint(path)


class Bomb:
    """Unpickled, it would run a command."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("wrap", ["zip", "legacy", "plain"])
def test_code_in_a_checkpoint_never_runs(tmp_path: Path, towers: State, wrap: str):
    marker, path = tmp_path / "ran", tmp_path / "hostile.pth"
    content = {"model": {**towers, "extra": Bomb(marker)}}
    if wrap == "plain":
        path.write_bytes(pickle.dumps(Bomb(marker)))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=wrap == "zip")
    with pytest.raises(WeightsUnusable, match=r"hostile\.pth: carries code"):
        read_checkpoint(path)
    assert not marker.exists()


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.999])
def test_a_truncated_file_is_refused_in_one_line(
    tmp_path: Path, towers: State, suffix: str, share: float
):
    path = tmp_path / f"cut.{suffix}"
    save(path, towers) if suffix == "pth" else save_file(towers, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(WeightsUnusable, match=f"cut.{suffix}: ") as caught:
        read_checkpoint(path)
    assert "\n" not in str(caught.value)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    places=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=8),
    byte=st.integers(0, 255),
    legacy=st.booleans(),
)
def test_flipped_bytes_are_refused_or_read_but_never_crash(
    tmp_path: Path, places: list[float], byte: int, legacy: bool
):
    path = tmp_path / "flipped.pth"
    torch.save(
        {"model": {"a.b": torch.ones(3), "c": torch.zeros(2, 2).half()}},
        path,
        _use_new_zipfile_serialization=not legacy,
    )
    content = bytearray(path.read_bytes())
    for place in places:
        content[int(place * len(content))] = byte
    path.write_bytes(content)
    with pytest.raises(WeightsUnusable, match="flipped"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"visual.proj": torch.zeros(63, 16)}, r"visual\.proj has shape \(63, 16\)"),
        ({"text_projection": torch.zeros(64, 8)}, "text_projection has shape"),
        ({"ln_final.weight": torch.full((64,), float("nan"))}, "no numbers"),
        ({"ln_final.weight": torch.ones(64, dtype=torch.long)}, "floating-point"),
        ({"token_embedding.weight": torch.zeros(100, 64)}, "vocabulary of 100"),
        ({"visual.conv1.weight": torch.zeros(64, 3)}, "has shape"),
        ({"visual.proj": None}, "no tensor visual.proj"),
        ({"transformer.resblocks.0.attn.in_proj_bias": None}, "1 of .* missing"),
    ],
)
def test_a_wrong_tensor_is_named(
    tmp_path: Path, towers: State, change: dict[str, torch.Tensor | None], reason: str
):
    state = {name: value for name, value in {**towers, **change}.items() if value is not None}
    with pytest.raises(WeightsUnusable, match=f"a.pth: .*{reason}"):
        read_checkpoint(save(tmp_path / "a.pth", state))


def test_what_is_no_checkpoint_is_refused(tmp_path: Path):
    text = tmp_path / "words.pth"
    text.write_text("these are not the weights you are looking for")
    with pytest.raises(WeightsUnusable, match="not a checkpoint"):
        read_checkpoint(text)
    with pytest.raises(WeightsUnusable, match="no such file"):
        read_checkpoint(tmp_path / "nowhere.pth")
    for content in (torch.ones(3), [1, 2], {"epoch": 3}, {"model": {}}):
        with pytest.raises(WeightsUnusable, match="holds no weights by name"):
            read_checkpoint(save(tmp_path / "a.pth", content))


def test_another_model_is_refused(tmp_path: Path):
    path = save(tmp_path / "resnet.pth", {"layer1.0.conv1.weight": torch.zeros(8, 8, 3, 3)})
    with pytest.raises(WeightsUnusable, match="not a CLIP-like model"):
        read_checkpoint(path)
