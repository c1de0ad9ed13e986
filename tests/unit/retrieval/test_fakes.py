"""The fake encoder finds colours, so that tests can search."""

import numpy as np
import pytest

from retrieval.fakes import FakeEncoder

RED, BLUE, BLACK, GREEN = (200, 30, 30), (40, 80, 180), (20, 20, 20), (40, 140, 60)


def person(above, below):
    picture = np.full((96, 40, 3), 150, np.uint8)
    picture[14:50, 8:32] = above
    picture[50:90, 8:32] = below
    return picture


def best(encoder, text, pictures):
    scores = encoder.encode_images(pictures) @ encoder.encode_texts([text])[0]
    return int(np.argmax(scores))


@pytest.mark.parametrize("dimension", [16, 32, 64])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a man in a red shirt", 0),
        ("blue coat and black trousers", 1),
        ("a woman in a green jacket", 2),
        ("someone in red trousers", 2),
        ("Black jeans", 1),
    ],
)
def test_the_picture_with_the_named_colours_is_nearest(dimension, text, expected):
    pictures = [person(RED, BLUE), person(BLUE, BLACK), person(GREEN, RED)]
    assert best(FakeEncoder(dimension), text, pictures) == expected


def test_every_vector_has_length_one_even_of_a_text_without_colours():
    encoder = FakeEncoder()
    vectors = np.vstack(
        [
            encoder.encode_texts(["", "who is there", "red shirt"]),
            encoder.encode_images([person(RED, RED), np.zeros((1, 1, 3), np.uint8)]),
        ]
    )
    assert vectors.dtype == np.float32
    assert vectors.shape == (5, 32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_nothing_in_is_nothing_out():
    assert FakeEncoder(8).encode_images([]).shape == (0, 8)
    assert FakeEncoder(8).encode_texts([]).shape == (0, 8)


def test_it_owns_up_to_being_untrained():
    assert not FakeEncoder().is_trained
    assert FakeEncoder().model_id.startswith("fake@")
    assert FakeEncoder(16).model_id != FakeEncoder(32).model_id
