import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.encoder import GadmsEncoder, load_encoder, load_encoder_named, untrained_encoder
from retrieval.errors import WeightsUnknown, WeightsUnusable
from retrieval.gadms.configuration import PRESETS, GadmsConfig
from retrieval.gadms.towers import draw_weights
from retrieval.ports import Encoder
from retrieval.weights.library import ModelLibrary
from retrieval.weights.manifest import digest_of

TINY = PRESETS["tiny"]
SENTENCES = ["a woman in a red coat", "a man with a rucksack", "", "日本語 🙂"]


@pytest.fixture(scope="module")
def encoder() -> GadmsEncoder:
    return untrained_encoder("tiny", device="cpu")


def pictures(*sizes: tuple[int, int]) -> list[np.ndarray]:
    rng = np.random.default_rng(7)
    return [rng.integers(0, 256, (height, width, 3), np.uint8) for height, width in sizes]


def encoder_of(model: object, **options: object) -> GadmsEncoder:
    return GadmsEncoder(model, name="made-up", digest="0" * 64, is_trained=True, **options)  # type: ignore[arg-type]


class MeanColour:
    """Towers whose feature of a picture is its mean colour, and that fit few into memory."""

    config = GadmsConfig.from_mapping({**TINY.to_mapping(), "embed_dim": 3, "cross_heads": 1})

    def __init__(self, fits: int = 1000) -> None:
        self.fits = fits
        self.batches: list[int] = []

    def encode_image(self, images: torch.Tensor) -> torch.Tensor:
        self.batches.append(len(images))
        if len(images) > self.fits:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return images.mean(dim=(2, 3))

    def encode_text(self, ids: torch.Tensor) -> torch.Tensor:
        return torch.full((len(ids), 3), float("nan"))


def test_it_is_an_encoder(encoder: GadmsEncoder):
    port: Encoder = encoder
    assert port.dimension == 32


@settings(deadline=None, max_examples=20)
@given(sizes=st.lists(st.tuples(st.integers(1, 300), st.integers(1, 200)), min_size=1, max_size=5))
def test_vectors_are_float32_of_length_one(encoder: GadmsEncoder, sizes: list[tuple[int, int]]):
    vectors = encoder.encode_images(pictures(*sizes))
    assert vectors.shape == (len(sizes), 32)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_sentences_become_vectors_of_length_one(encoder: GadmsEncoder):
    vectors = encoder.encode_texts(SENTENCES)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert not np.allclose(vectors[0], vectors[1])


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_the_batch_changes_speed_not_vectors(encoder: GadmsEncoder, batch: int):
    small = untrained_encoder("tiny", device="cpu", batch=batch)
    crops = pictures((40, 20), (200, 90), (384, 128), (7, 9), (50, 50))
    np.testing.assert_allclose(small.encode_images(crops), encoder.encode_images(crops), atol=1e-5)
    np.testing.assert_allclose(
        small.encode_texts(SENTENCES), encoder.encode_texts(SENTENCES), atol=1e-5
    )


def test_nothing_becomes_no_vectors(encoder: GadmsEncoder):
    assert encoder.encode_images([]).shape == (0, 32)
    assert encoder.encode_texts([]).shape == (0, 32)


def test_an_empty_picture_is_refused(encoder: GadmsEncoder):
    with pytest.raises(ValueError, match="no pixels"):
        encoder.encode_images(pictures((0, 10)))


def test_an_untrained_encoder_is_the_same_every_time_and_says_what_it_is():
    first, again = (untrained_encoder("tiny", 3, device="cpu") for _ in range(2))
    assert first.model_id == again.model_id
    assert first.model_id.startswith("untrained-tiny@")
    assert not first.is_trained
    np.testing.assert_array_equal(first.encode_texts(SENTENCES), again.encode_texts(SENTENCES))
    assert untrained_encoder("tiny", 4, device="cpu").model_id != first.model_id


def test_an_unknown_configuration_is_named():
    with pytest.raises(WeightsUnknown, match="'huge'"):
        untrained_encoder("huge")


def test_a_batch_that_does_not_fit_is_halved_for_good(caplog: pytest.LogCaptureFixture):
    towers = MeanColour(fits=3)
    encoder = encoder_of(towers, batch=8)
    crops = pictures(*[(20, 10)] * 10)
    with caplog.at_level(logging.WARNING):
        vectors = encoder.encode_images(crops)
    np.testing.assert_allclose(vectors, encoder_of(MeanColour()).encode_images(crops))
    assert towers.batches == [8, 4, 2, 2, 2, 2, 2]
    assert encoder.batch == 2
    assert "batches of 2" in caplog.text


def test_one_picture_that_does_not_fit_is_an_error():
    with pytest.raises(torch.OutOfMemoryError):
        encoder_of(MeanColour(fits=0)).encode_images(pictures((20, 10)))


def test_values_that_are_no_numbers_never_leave_it():
    with pytest.raises(WeightsUnusable, match="no numbers"):
        encoder_of(MeanColour()).encode_texts(["red"])


def test_a_batch_of_none_is_refused():
    with pytest.raises(ValueError, match="batch is 0"):
        encoder_of(MeanColour(), batch=0)


def test_half_precision_stays_near(encoder: GadmsEncoder):
    half = untrained_encoder("tiny", device="cpu", precision="bf16")
    crops = pictures((60, 30), (100, 40))
    assert (half.encode_images(crops) * encoder.encode_images(crops)).sum(axis=1).min() > 0.99
    assert (half.encode_texts(SENTENCES) * encoder.encode_texts(SENTENCES)).sum(axis=1).min() > 0.99


def saved_tiny(folder: Path) -> Path:
    path = folder / "tiny.pth"
    weights = draw_weights(TINY, 1)
    torch.save({"model": weights, "configuration": TINY.to_mapping()}, path)
    return path


def test_the_digest_of_the_file_names_the_model(tmp_path: Path):
    path = saved_tiny(tmp_path)
    encoder = load_encoder(path, name="mine", device="cpu")
    assert encoder.model_id == f"mine@{digest_of(path)[:12]}"
    assert encoder.is_trained
    assert load_encoder(path, name="mine", device="cpu", digest="ab" * 32).model_id == (
        "mine@abababababab"
    )


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(WeightsUnusable, match=r"'cuda:1'.*no CUDA device"):
        load_encoder(saved_tiny(tmp_path), name="mine", device="cuda:1")
    assert load_encoder(saved_tiny(tmp_path), name="mine", device="auto").dimension == 32


def test_an_imported_encoder_is_loaded_by_name(tmp_path: Path):
    library = ModelLibrary(tmp_path / "models")
    entry = library.import_file(saved_tiny(tmp_path), "mine")
    encoder = load_encoder_named(library, "mine", device="cpu")
    assert entry.sha256 is not None
    assert encoder.model_id == f"mine@{entry.sha256[:12]}"
    direct = load_encoder(saved_tiny(tmp_path), name="mine", device="cpu")
    np.testing.assert_array_equal(encoder.encode_texts(SENTENCES), direct.encode_texts(SENTENCES))


def test_an_untrained_encoder_is_loaded_by_name_alone(tmp_path: Path):
    library = ModelLibrary(tmp_path / "models")
    assert not load_encoder_named(library, "untrained-tiny", device="cpu").is_trained
    assert not library.folder.exists()


def test_a_detector_is_no_encoder(tmp_path: Path):
    with pytest.raises(WeightsUnusable, match="'yolo11n' is a detector"):
        load_encoder_named(ModelLibrary(tmp_path), "yolo11n")


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["auto", "fp32", "fp16", "bf16"])
def test_a_gpu_agrees_with_the_cpu(precision: str):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    cpu = untrained_encoder("tiny", device="cpu")
    gpu = untrained_encoder("tiny", device="cuda", precision=precision)  # type: ignore[arg-type]
    crops = pictures((60, 30), (100, 40))
    assert (gpu.encode_images(crops) * cpu.encode_images(crops)).sum(axis=1).min() > 0.99
