"""Why a picture and a sentence match: words in order, a map over the picture, pair by pair."""

import re
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch.nn.functional import cosine_similarity

from retrieval.encoder import GadmsEncoder, untrained_encoder
from retrieval.errors import WeightsUnusable
from retrieval.gadms.surrogate import surrogate_image
from retrieval.gadms.towers import DualEncoder
from retrieval.relevance import Relevance, heat_maps, relevance_of
from retrieval.tokenizer import tokenize, words_of
from tests.small_run import CONFIG, small_model, small_views

SENTENCES = [
    "a woman in a red coat", "", "man, grey hoodie!", "x", "naïve 日本語 🙂", "a\x00b\x00 c",
    "word " * 200,
]  # fmt: skip
SIZES = [(1, 1), (40, 20), (384, 128), (7, 300), (200, 90), (1, 64), (50, 50)]


@pytest.fixture(scope="module")
def towers() -> DualEncoder:
    return small_model().base_model.requires_grad_(False)


def picture(height: int, width: int, seed: int = 7) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def block_at(row: int, column: int) -> np.ndarray:
    """Grey, but for one patch of noise, in the size that the encoder takes."""
    side = CONFIG.patch_size
    grey = np.full((CONFIG.image_height, CONFIG.image_width, 3), 120, np.uint8)
    grey[row * side : (row + 1) * side, column * side : (column + 1) * side] = picture(side, side)
    return grey


def assert_alike(found: Relevance, expected: Relevance) -> None:
    assert [word.text for word in found.words] == [word.text for word in expected.words]
    np.testing.assert_allclose(found.heat, expected.heat, atol=1e-3)
    np.testing.assert_allclose(
        [word.relevance for word in found.words],
        [word.relevance for word in expected.words],
        atol=1e-3,
    )


@pytest.fixture(scope="module")
def found(towers: DualEncoder) -> list[Relevance]:
    pictures = [picture(*size, seed) for seed, size in enumerate(SIZES)]
    return relevance_of(towers, pictures, SENTENCES)


def test_every_pair_has_shares_for_its_words_and_its_patches(found: list[Relevance]):
    assert len(found) == len(SENTENCES)
    for one in found:
        assert one.heat.shape == CONFIG.grid
        assert one.heat.dtype == np.float32
        assert 0 <= one.heat.min() <= one.heat.max() <= 1
        assert all(0 <= word.relevance <= 1 for word in one.words)
        assert not one.words or max(word.relevance for word in one.words) in (0, 1)


def test_words_come_in_the_order_of_the_sentence(found: list[Relevance]):
    told = [[word.text for word in one.words] for one in found]
    assert told[0] == ["a", "woman", "in", "a", "red", "coat"]
    assert told[1] == []
    assert told[2] == ["man", ",", "grey", "hoodie", "!"]
    assert told[3] == ["x"]
    assert "".join(told[4]) == "naïve日本語🙂"
    assert "".join(told[5]).replace("\x00", "") == "abc"
    assert told[6] == ["word"] * 75  # the rest is not read


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_a_pair_does_not_depend_on_the_others(
    towers: DualEncoder, found: list[Relevance], batch: int
):
    pictures = [picture(*size, seed) for seed, size in enumerate(SIZES)]
    order = [4, 0, 6, 2, 1, 5, 3]
    again = relevance_of(
        towers, [pictures[i] for i in order], [SENTENCES[i] for i in order], batch=batch
    )
    for place, one in zip(order, again, strict=True):
        assert_alike(one, found[place])


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (3000, 2000)])
def test_a_picture_of_any_size_is_explained(towers: DualEncoder, size: tuple[int, int]):
    (one,) = relevance_of(towers, [picture(*size)], ["a red coat"])
    assert one.heat.shape == CONFIG.grid
    assert np.isfinite(one.heat).all()


def test_a_grey_picture_is_explained(towers: DualEncoder):
    grey = np.repeat(picture(60, 30)[:, :, :1], 3, axis=2)
    (one,) = relevance_of(towers, [grey], ["a red coat"])
    assert np.isfinite(one.heat).all()
    assert [word.text for word in one.words] == ["a", "red", "coat"]


@pytest.mark.parametrize("place", [(0, 0), (2, 1), (9, 3), (11, 2)])
def test_the_heat_goes_where_the_patch_that_matters_goes(place: tuple[int, int]):
    """Without positions patches are a set: one moves, and all that is said of it moves along."""
    towers = small_model().base_model.requires_grad_(False)
    towers.visual.positional_embedding[1:] = 0
    (one,) = relevance_of(towers, [block_at(*place)], ["a red coat"])
    expected = np.zeros(CONFIG.grid)
    expected[place] = 1
    np.testing.assert_allclose(one.heat, expected, atol=1e-4)


def test_a_patch_that_speaks_against_the_match_has_none():
    towers = small_model().base_model.requires_grad_(False)
    towers.visual.positional_embedding[1:] = 0
    (one,) = relevance_of(towers, [block_at(2, 1)], ["a man"])
    assert one.heat[2, 1] == 0
    assert one.heat.max() == 1


def test_heat_is_that_of_the_equations_from_the_class_token(towers: DualEncoder):
    """Of each block: fit × gradient along the value × attention over the patches; then the mean."""
    images, texts = small_views().images, torch.ones(4, CONFIG.embed_dim)
    trace = surrogate_image(towers, images, texts)
    fit = cosine_similarity(trace.queries[:, :, :1], trace.keys, dim=-1)  # (L, B, N)
    low, high = fit.amin(dim=-1, keepdim=True), fit.amax(dim=-1, keepdim=True)
    along = torch.einsum("lbw,lbnw->lbn", trace.gradients, trace.values)[:, :, 1:]
    shares = trace.attention[:, :, 1:] / trace.attention[:, :, 1:].sum(dim=-1, keepdim=True)
    raw = (((fit - low) / (high - low))[:, :, 1:] * along * shares).mean(dim=0)
    assert bool((raw.amin(dim=-1) < 0).all())  # patches that speak against the match are left out
    expected = raw.relu() / raw.amax(dim=-1, keepdim=True)
    found = heat_maps(towers, images, texts)
    torch.testing.assert_close(found, expected.reshape(4, *CONFIG.grid), atol=1e-4, rtol=0)


def test_nothing_to_explain_gives_nothing(towers: DualEncoder):
    assert relevance_of(towers, [], []) == []


def test_a_sentence_for_each_picture_is_asked_for(towers: DualEncoder):
    with pytest.raises(ValueError, match="2 pictures, 1 sentences"):
        relevance_of(towers, [picture(4, 4)] * 2, ["a man"])


@pytest.mark.parametrize(
    "odd", [picture(0, 4), picture(4, 4)[:, :, 0], picture(4, 4).astype(float)]
)
def test_what_is_no_picture_is_refused(towers: DualEncoder, odd: np.ndarray):
    with pytest.raises(ValueError, match="a picture"):
        relevance_of(towers, [odd], ["a man"])


def test_an_encoder_explains_what_its_towers_do(towers: DualEncoder):
    encoder = GadmsEncoder(
        towers, name="small", digest="0" * 64, is_trained=False, precision="bf16", batch=2
    )
    with torch.inference_mode():  # half precision and a quiet caller change nothing
        told = encoder.explain([picture(60, 30)] * 3, SENTENCES[:3])
    for one, expected in zip(
        told, relevance_of(towers, [picture(60, 30)] * 3, SENTENCES[:3]), strict=True
    ):
        assert_alike(one, expected)


def test_the_tiny_model_explains():
    (one,) = untrained_encoder("tiny", device="cpu").explain([picture(60, 30)], ["a red coat"])
    assert one.heat.shape == (12, 4)
    assert len(one.words) == 3


class OtherTowers:
    """A model of the encoder's port that nobody can look into."""

    config = CONFIG

    def encode_image(self, images: torch.Tensor) -> torch.Tensor:
        return images.mean(dim=(2, 3))

    def encode_text(self, ids: torch.Tensor) -> torch.Tensor:
        return ids[:, :3].float()


def test_an_encoder_of_other_towers_says_that_it_gives_no_reasons():
    encoder = GadmsEncoder(OtherTowers(), name="other", digest="0" * 64, is_trained=True)
    with pytest.raises(
        WeightsUnusable, match=re.escape("other@000000000000 gives no reasons")
    ) as e:
        encoder.explain([picture(4, 4)], ["a man"])
    assert "\n" not in str(e.value)


def spans(text: str) -> Sequence[tuple[int, int]]:
    return [(word.start, word.stop) for word in words_of(tokenize([text])[0])]


@settings(deadline=None)
@given(st.text(max_size=120))
@example("</w>")
@example("a </w> b</w>")
@example("!" * 90)
@example("日本語" * 40)
@example("burgundyish " * 30)
def test_words_tile_the_tokens_of_any_text(text: str):
    ids = tokenize([text])[0]
    places = spans(text)
    assert [start for start, _ in places] == [1, *(stop for _, stop in places)][: len(places)]
    assert (places[-1][1] if places else 1) == ids.argmax()
    assert all(start < stop for start, stop in places)


@settings(deadline=None)
@given(st.lists(st.from_regex(r"[a-z]{1,12}|[0-9]|[.,;]", fullmatch=True), max_size=12))
def test_words_are_read_back_as_they_were_written(words: list[str]):
    """Letters together, digits and signs each; blanks between them, so that none are joined."""
    text = " ".join(words)
    told = [word.text for word in words_of(tokenize([text])[0])]
    assert told == words
