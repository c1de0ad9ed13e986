"""What a training begins with: nothing drowns anything else."""

import pytest
import torch

from retrieval.gadms.configuration import PRESETS
from retrieval.gadms.first_weights import first_weights, with_words_drawn
from retrieval.gadms.towers import DualEncoder, expected_shapes, towers_from

STREET = PRESETS["street"]


@pytest.fixture(scope="module")
def towers() -> DualEncoder:
    return towers_from(STREET, first_weights(STREET, 3))


def test_every_tensor_is_drawn_and_the_same_seed_draws_the_same():
    first, again, other = (first_weights(PRESETS["tiny"], seed) for seed in (3, 3, 4))
    assert {name: value.shape for name, value in first.items()} == expected_shapes(PRESETS["tiny"])
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["visual.proj"], other["visual.proj"])


def test_a_patch_says_where_it_is_as_loudly_as_what_it_shows(towers: DualEncoder):
    noise = torch.randn(8, 3, STREET.image_height, STREET.image_width)
    shown = towers.visual.conv1(noise).std()
    place = towers.visual.positional_embedding[1:].std()
    assert shown == pytest.approx(1, abs=0.1)
    assert place == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("tower", ["image", "text"])
def test_the_blocks_add_no_more_than_they_were_given(towers: DualEncoder, tower: str):
    if tower == "image":
        pictures = torch.randn(8, 3, STREET.image_height, STREET.image_width)
        before, after = (towers.image_hidden(pictures, blocks=count) for count in (0, None))
    else:
        ids = torch.randint(1, 40_000, (8, 30))
        before, after = (towers.text_hidden(ids, blocks=count) for count in (0, None))
    assert (after - before).std() < 1.5 * before.std()


def test_words_that_say_nothing_are_drawn_as_strong_as_the_others():
    table = torch.zeros(2000, 64)
    table[:300] = torch.randn(300, 64) * 0.1
    drawn, again = (with_words_drawn(table, 5) for _ in range(2))
    assert torch.equal(drawn, again)
    assert torch.equal(drawn[:300], table[:300])
    assert drawn[300:].std() == pytest.approx(0.1, rel=0.03)
    assert drawn[300:].any(dim=1).all()
    assert not torch.equal(with_words_drawn(table, 6), drawn)
    assert with_words_drawn(drawn, 5) is drawn
