"""A packed encoder: small, near enough to what it was, and refused where it is damaged."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file

from retrieval.encoder import GadmsEncoder, load_encoder
from retrieval.errors import WeightsUnusable
from retrieval.gadms.checkpoint import Checkpoint, read_checkpoint
from retrieval.gadms.configuration import PRESETS
from retrieval.gadms.description import METADATA_KEY
from retrieval.gadms.packing import write_packed
from retrieval.gadms.token_table import CODES, ROWS, SCALES, TABLE, packed_table, with_whole_table
from retrieval.gadms.towers import draw_weights, towers_from
from retrieval.tokenizer import END_ID, MASK_ID, START_ID, known_tokens

THUMBNAIL = PRESETS["thumbnail"]
SENTENCES = ["a man in a red coat", "a woman with a blue bag", "grey trousers"]
VOCABULARY = 49408


@pytest.fixture(scope="module")
def whole() -> Checkpoint:
    return Checkpoint(THUMBNAIL, "ga-dms", draw_weights(THUMBNAIL, 3))


@pytest.fixture
def packed(whole: Checkpoint, tmp_path: Path) -> Path:
    path = tmp_path / "small.safetensors"
    write_packed(whole, known_tokens(SENTENCES), path)
    return path


def changed(path: Path, **changes: torch.Tensor | None) -> Path:
    """The same file with tensors replaced or gone; `_` stands for the dot of a name."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        said = file.metadata()[METADATA_KEY]
    for name, tensor in changes.items():
        tensors.pop(f"token_table.{name}", None)
        if tensor is not None:
            tensors[f"token_table.{name}"] = tensor
    save_file(tensors, path, {METADATA_KEY: said})
    return path


def test_vectors_of_a_packed_model_are_nearly_those_it_had(whole: Checkpoint, packed: Path):
    before = GadmsEncoder(
        towers_from(THUMBNAIL, whole.tensors), name="w", digest="0" * 64, is_trained=True
    )
    after = load_encoder(packed, name="p", device="cpu")
    picture = np.random.default_rng(0).integers(0, 256, (60, 25, 3), np.uint8)
    for one, other in (
        (before.encode_texts(SENTENCES), after.encode_texts(SENTENCES)),
        (before.encode_images([picture]), after.encode_images([picture])),
    ):
        assert (one * other).sum(axis=1).min() > 0.999  # cosine


def test_a_packed_model_keeps_its_shape_and_its_picture_size(packed: Path):
    assert read_checkpoint(packed).config == THUMBNAIL


def test_unknown_words_say_nothing(packed: Path):
    table = read_checkpoint(packed).tensors[TABLE]
    known = sorted(known_tokens(SENTENCES))
    assert table[known].abs().amax(dim=1).min() > 0
    unknown = torch.ones(VOCABULARY, dtype=torch.bool)
    unknown[known] = False
    assert not table[unknown].any()


def test_a_packed_model_packs_again_to_the_same_bytes(packed: Path, tmp_path: Path):
    again = tmp_path / "again.safetensors"
    write_packed(read_checkpoint(packed), known_tokens(SENTENCES), again)
    assert again.read_bytes() == packed.read_bytes()


def test_it_is_a_fraction_of_what_it_was(packed: Path):
    whole_bytes = VOCABULARY * THUMBNAIL.text_width * 4
    assert packed.stat().st_size < whole_bytes / 5


rows = st.lists(
    st.lists(st.floats(-4, 4, width=32), min_size=3, max_size=3), min_size=1, max_size=6
)


@settings(deadline=None)
@given(rows)
def test_no_value_moves_by_more_than_half_a_step_of_its_row(values):
    table = torch.zeros(VOCABULARY, 3)
    table[: len(values)] = torch.tensor(values)
    known = range(len(values))
    back = with_whole_table(packed_table(table, known))[TABLE]
    largest = table[: len(values)].abs().amax(dim=1, keepdim=True)
    allowed = largest * (0.51 / 127 + 1e-3) + 1e-4
    assert ((back - table)[: len(values)].abs() <= allowed).all()


def test_known_tokens_hold_start_end_mask_and_the_words():
    assert {START_ID, END_ID, MASK_ID} < known_tokens(["coat"])
    assert known_tokens(["coat"]) < known_tokens(["a coat"])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"scales": None}, "not of 8-bit rows"),
        ({"codes": torch.zeros(3, 64)}, "not of 8-bit rows"),
        ({"rows": torch.arange(2, dtype=torch.int32)}, "not one id and one scale"),
        ({"rows": torch.full((14,), 5, dtype=torch.int32)}, "one twice"),
        ({"rows": torch.arange(-1, 13, dtype=torch.int32)}, "there are none of"),
        ({"rows": torch.arange(VOCABULARY - 13, VOCABULARY + 1, dtype=torch.int32)}, "none of"),
        ({"scales": torch.full((14,), float("nan"), dtype=torch.float16)}, "no numbers"),
        ({"codes": torch.zeros(14, 5000, dtype=torch.int8)}, "5000 wide"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_in_one_line(packed: Path, changes, reason: str):
    assert len(known_tokens(SENTENCES)) == 14
    with pytest.raises(WeightsUnusable, match=reason) as refusal:
        read_checkpoint(changed(packed, **changes))
    assert "\n" not in str(refusal.value)
    assert str(packed) in str(refusal.value)


def test_a_file_with_two_tables_is_refused(packed: Path, whole: Checkpoint):
    parts = packed_table(whole.tensors[TABLE], [1, 2])
    assert set(parts) == {ROWS, CODES, SCALES}
    with pytest.raises(ValueError, match="twice"):
        with_whole_table({**parts, TABLE: whole.tensors[TABLE]})


def test_a_row_that_holds_no_number_is_not_packed(whole: Checkpoint, tmp_path: Path):
    table = whole.tensors[TABLE].clone()
    table[7, 0] = float("nan")
    broken = Checkpoint(THUMBNAIL, "ga-dms", {**whole.tensors, TABLE: table})
    with pytest.raises(WeightsUnusable, match=r"token_table\.scales"):
        write_packed(broken, [7], tmp_path / "a.safetensors")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("said", ["[" * 100_000, "3", "[]", '{"configuration": 1}'])
def test_a_description_that_is_none_is_refused_in_one_line(packed: Path, said: str):
    with safe_open(packed, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    save_file(tensors, packed, {METADATA_KEY: said})
    with pytest.raises(WeightsUnusable, match="its description is damaged") as refusal:
        read_checkpoint(packed)
    assert "\n" not in str(refusal.value)


def test_a_picture_of_any_size_is_refused_before_room_is_made_for_it(packed: Path):
    with safe_open(packed, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        said = json.loads(file.metadata()[METADATA_KEY])
    said["configuration"]["image_height"] = THUMBNAIL.patch_size * 10**6
    save_file(tensors, packed, {METADATA_KEY: json.dumps(said)})
    with pytest.raises(WeightsUnusable, match="its image_height is 8000000, more than"):
        read_checkpoint(packed)


def test_what_half_precision_cannot_hold_is_not_packed(whole: Checkpoint, tmp_path: Path):
    name = "visual.proj"
    large = {**whole.tensors, name: whole.tensors[name] + 1e6}
    with pytest.raises(WeightsUnusable, match=r"visual\.proj has values too large"):
        write_packed(Checkpoint(THUMBNAIL, "ga-dms", large), [1], tmp_path / "a.safetensors")
    assert list(tmp_path.iterdir()) == []
