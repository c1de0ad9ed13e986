"""pipeline.workers.pictured: one person out of an untrusted picture, or a line why not."""

import io
import struct
import zlib
from base64 import b64encode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from detectors.types import Box
from pipeline.workers.pictured import person_in
from retrieval.errors import QueryRefused

WIDE, HIGH = 200, 100
ANNA, BOB = Box(10, 10, 40, 90), Box(120, 20, 140, 80)
RNG = np.random.default_rng(0)
SCENE = RNG.integers(0, 256, (HIGH, WIDE, 3), np.uint8)


def nobody(image):
    return []


def unasked(image):
    raise AssertionError("nobody is to be looked for")


def saved(picture, form="PNG", **how):
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    file = io.BytesIO()
    picture.save(file, form, **how)
    return file.getvalue()


def ask(data, box=None, find=unasked):
    return person_in(b64encode(data).decode(), box, find)


def line_of(data, box=None, find=unasked):
    with pytest.raises(QueryRefused) as refused:
        ask(data, box, find)
    (line,) = str(refused.value).splitlines()
    return line


def test_the_one_person_of_a_scene_is_cut_out():
    crop = ask(saved(SCENE), find=lambda image: [ANNA])
    assert np.array_equal(crop, SCENE[10:90, 10:40])


def test_several_people_are_to_be_chosen_from():
    line = line_of(saved(SCENE), find=lambda image: [BOB, ANNA])
    assert line == (
        "2 people in the picture: choose one with --box 10,10,40,90 or --box 120,20,140,80"
    )


def test_a_box_chooses_and_nobody_is_looked_for():
    assert np.array_equal(ask(saved(SCENE), tuple(BOB)), SCENE[20:80, 120:140])
    assert np.array_equal(ask(saved(SCENE), (150, 50, 900, 900)), SCENE[50:, 150:])


def test_whoever_fills_the_picture_is_taken_with_all_of_it():
    crop = SCENE[:, :50]
    almost = Box(2, 2, 198, 98)
    assert np.array_equal(ask(saved(SCENE), find=lambda image: [almost, Box(0, 0, 9, 20)]), SCENE)
    assert np.array_equal(ask(saved(crop), find=lambda image: [Box(2, 2, 48, 98)]), crop)


def test_what_may_be_a_crop_is_shown_with_something_around_it():
    crop, shown = SCENE[:, :50], []

    def find(image):
        shown.append(image.shape)
        return [Box(52, 102, 98, 198)]

    assert np.array_equal(ask(saved(crop), find=find), crop)
    assert shown == [(300, 150, 3)]


def test_in_an_upright_picture_of_a_scene_somebody_is_looked_for():
    scene = SCENE[:, :80]
    assert np.array_equal(ask(saved(scene), find=lambda image: [ANNA]), scene[10:90, 10:40])


@pytest.mark.parametrize("scene", [SCENE, SCENE[:, :50]])
def test_nobody_is_said(scene):
    assert line_of(saved(scene), find=nobody).startswith("no person in the picture: ")


def test_people_too_small_to_tell_are_nobody():
    line = line_of(saved(SCENE), find=lambda image: [Box(0, 0, 7, 15)])
    assert line.startswith("no person in the picture")


@pytest.mark.parametrize(
    ("box", "said"),
    [
        ((40, 10, 10, 90), "the box is none"),
        ((float("nan"), 0, 10, 90), "the box is none"),
        ((500, 500, 600, 700), "less than 8×16 pixels of the picture, which has 200×100"),
        ((10, 10, 12, 90), "less than 8×16 pixels"),
    ],
)
def test_a_box_that_shows_nobody_is_refused(box, said):
    assert said in line_of(saved(SCENE), box)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        saved(SCENE)[:900],
        saved(SCENE, "JPEG")[:900],
        saved(SCENE, "GIF"),
    ],
    ids=["empty", "text", "postscript", "svg", "cut png", "cut jpeg", "gif"],
)
def test_what_is_no_whole_picture_is_refused(data):
    assert line_of(data) == "the picture: not readable as a picture; replace or remove it"


def test_what_is_not_in_base64_is_refused_without_repeating_it():
    with pytest.raises(QueryRefused, match=r"^the picture is not in base64") as refused:
        person_in("secret!", None, unasked)
    assert "secret" not in str(refused.value)


def png_that_claims(width, height):
    """A few bytes of a grey PNG that says it has so many pixels."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [10_000, 40_000])
def test_a_picture_of_a_hundred_megapixels_is_refused_before_it_is_unpacked(side):
    line = line_of(png_that_claims(side, side))
    assert line.startswith("the picture: ")
    if side == 10_000:
        assert "10000×10000 pixels are more than 64,000,000; shrink or remove it" in line


def test_a_picture_of_a_few_pixels_is_refused():
    assert "5×9 pixels, too few" in line_of(saved(SCENE[:9, :5]))


def test_cmyk_becomes_rgb_and_a_turned_picture_is_set_upright():
    red = Image.new("CMYK", (50, 100), (0, 255, 255, 0))
    crop = ask(saved(red, "JPEG", quality=95), (0, 0, 50, 100))
    np.testing.assert_allclose(crop[50, 25], (254, 0, 0), atol=4)
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = np.zeros((50, 100, 3), np.uint8)
    lying[:, :50] = 255  # its left becomes the top
    upright = ask(saved(lying, exif=exif), (0, 0, 50, 100))
    assert upright.shape == (100, 50, 3)
    assert upright[:50].min() == 255
    assert upright[50:].max() == 0


def test_of_an_animation_the_first_picture_is_taken():
    frames = [Image.new("RGB", (50, 100), colour) for colour in ("red", "blue")]
    data = saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    assert ask(data, (0, 0, 50, 100))[5, 5].tolist() == [255, 0, 0]


@given(st.binary(max_size=200), st.integers(0, 400))
def test_damaged_bytes_end_in_a_line_or_a_picture(noise, at):
    whole = saved(SCENE[:40, :20])
    try:
        crop = ask(whole[:at] + noise + whole[at + len(noise) :], (0, 0, 20, 40))
    except QueryRefused as refused:
        assert len(str(refused).splitlines()) == 1
    else:
        assert crop.dtype == np.uint8
        assert crop.ndim == 3


def test_a_large_picture_is_looked_at_in_a_small_copy_and_returned_whole():
    seen = []

    def find(image):
        seen.append(image.shape)
        high, wide = image.shape[0] // 3, image.shape[1] // 3
        return [Box(wide, high, 2 * wide, 2 * high)]

    picture = np.zeros((5000, 2500, 3), np.uint8)
    assert ask(saved(picture), find=find).shape == picture.shape
    ((high, wide, _),) = seen
    assert high <= 3 * 1280
    assert wide <= high
