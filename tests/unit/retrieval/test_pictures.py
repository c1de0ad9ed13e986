"""Picture files of every kind come out as upright RGB, or are named."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, UnidentifiedImageError

from retrieval.errors import PictureUnreadable
from retrieval.pictures import PICTURE_SUFFIXES, open_picture

WIDTH, HEIGHT = 6, 10


def pixels_of(path: Path) -> np.ndarray:
    picture = open_picture(path)
    assert picture.mode == "RGB"
    return np.asarray(picture)


@pytest.mark.parametrize("suffix", sorted(PICTURE_SUFFIXES))
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_every_format_is_read(tmp_path: Path, suffix: str, mode: str):
    file = tmp_path / f"a{suffix}"
    Image.new(mode, (WIDTH, HEIGHT), 128 if mode == "L" else (128, 128, 128)).save(file)
    np.testing.assert_allclose(pixels_of(file), np.full((HEIGHT, WIDTH, 3), 128), atol=2)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA"])
def test_every_mode_of_a_png_becomes_rgb(tmp_path: Path, mode: str):
    Image.new("RGB", (WIDTH, HEIGHT), "white").convert(mode).save(tmp_path / "a.png")
    assert (pixels_of(tmp_path / "a.png") == 255).all()


def test_a_palette_with_transparency_keeps_its_colours(tmp_path: Path):
    grey = Image.fromarray(np.full((HEIGHT, WIDTH), 1, np.uint8), "P")
    grey.putpalette([0, 0, 0, 10, 20, 30])
    grey.save(tmp_path / "a.png", transparency=b"\x00\x40")
    assert (pixels_of(tmp_path / "a.png") == (10, 20, 30)).all()


def test_cmyk_becomes_rgb(tmp_path: Path):
    Image.new("CMYK", (WIDTH, HEIGHT), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=95)
    np.testing.assert_allclose(pixels_of(tmp_path / "a.jpg")[5, 3], (254, 0, 0), atol=4)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_are_scaled_and_not_clipped(tmp_path: Path, suffix: str):
    grey = np.array([[0, 300, 40_000, 65_535]], np.uint16)
    Image.fromarray(grey).save(tmp_path / f"a{suffix}")
    assert pixels_of(tmp_path / f"a{suffix}")[0, :, 0].tolist() == [0, 1, 156, 255]


def test_one_pixel_is_a_picture(tmp_path: Path):
    Image.new("RGB", (1, 1), (1, 2, 3)).save(tmp_path / "a.png")
    assert pixels_of(tmp_path / "a.png").tolist() == [[[1, 2, 3]]]


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, (0, 0)), (2, (0, -1)), (3, (-1, -1)), (4, (-1, 0)),
     (5, (0, 0)), (6, (0, -1)), (7, (-1, -1)), (8, (-1, 0))],
)  # fmt: skip
def test_a_picture_is_turned_as_its_camera_meant(
    tmp_path: Path, orientation: int, corner: tuple[int, int]
):
    stored = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    stored[0, 0] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored).save(tmp_path / "a.png", exif=exif)
    upright = pixels_of(tmp_path / "a.png")
    assert upright.shape[:2] == ((HEIGHT, WIDTH) if orientation < 5 else (WIDTH, HEIGHT))
    assert (upright[corner] == 255).all()


def test_an_orientation_that_does_not_exist_is_passed_over(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 77
    Image.new("RGB", (WIDTH, HEIGHT)).save(tmp_path / "a.jpg", exif=exif)
    assert pixels_of(tmp_path / "a.jpg").shape == (HEIGHT, WIDTH, 3)


def test_broken_exif_does_not_cost_the_picture(tmp_path: Path):
    Image.new("RGB", (WIDTH, HEIGHT), "white").save(tmp_path / "a.png", exif=b"Exif\0\0no tags!")
    assert (pixels_of(tmp_path / "a.png") == 255).all()


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(PictureUnreadable, match=r"b\.png: not readable as a picture; replace"):
        open_picture(tmp_path / "b.png")


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"BM"])
def test_what_is_no_picture_is_named(tmp_path: Path, content: bytes):
    (tmp_path / "b.png").write_bytes(content)
    with pytest.raises(PictureUnreadable, match=r"b\.png"):
        open_picture(tmp_path / "b.png")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp"])
def test_a_picture_cut_short_is_named(tmp_path: Path, suffix: str):
    file = tmp_path / f"b{suffix}"
    noise = np.random.default_rng(1).integers(0, 256, (60, 40, 3), np.uint8)
    Image.fromarray(noise).save(file)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(PictureUnreadable, match=rf"b\{suffix}"):
        open_picture(file)


@pytest.mark.parametrize("kind", ["EPS", "GIF", "PPM"])
def test_other_formats_are_not_tried_whatever_a_file_is_called(tmp_path: Path, kind: str):
    Image.new("RGB", (WIDTH, HEIGHT)).save(tmp_path / "b.png", kind)
    with pytest.raises(PictureUnreadable, match=r"b\.png") as caught:
        open_picture(tmp_path / "b.png")
    assert isinstance(caught.value.__cause__, UnidentifiedImageError)


@given(place=st.integers(0, 10_000), value=st.integers(0, 255))
def test_a_damaged_byte_gives_a_picture_or_its_name(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
):
    file = tmp_path_factory.mktemp("damaged") / "b.png"
    Image.new("L", (WIDTH, HEIGHT)).save(file)
    content = bytearray(file.read_bytes())
    content[24 + place % (len(content) - 24)] = value  # past the header with the size
    file.write_bytes(content)
    try:
        assert open_picture(file).mode == "RGB"
    except PictureUnreadable as error:
        assert "b.png" in str(error)
