"""`descry encode`, as a person types it."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from pipeline.cli.encode import encode, find_pictures, read_picture, read_sentences
from pipeline.errors import ConfigError, SourceUnreadable
from retrieval.encoder import untrained_encoder

app = typer.Typer()
app.command()(encode)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three pictures, one of them deeper, and a file that is none."""
    monkeypatch.setenv("DESCRY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "people"
    (folder / "deeper").mkdir(parents=True)
    rng = np.random.default_rng(1)
    for name in ("b.png", "a.JPG", "deeper/c.webp"):
        Image.fromarray(rng.integers(0, 256, (90, 40, 3), np.uint8)).save(folder / name)
    (folder / "notes.txt").write_text("not a picture")
    (tmp_path / "words.txt").write_text("a red coat\n\n  a rucksack  \n", "utf-8")
    return folder


def run(folder: Path, **changes: str) -> str:
    words = {
        "--images": str(folder),
        "--texts": str(folder.parent / "words.txt"),
        "--out": str(folder.parent / "out.npz"),
        "--model": "untrained-tiny",
    } | changes
    result = CliRunner().invoke(app, [part for pair in words.items() for part in pair] + ["--json"])
    if isinstance(result.exception, Exception):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_file_holds_paths_texts_and_their_vectors(folder: Path):
    said = json.loads(run(folder))
    assert (said["images"], said["texts"], said["trained"]) == (3, 2, False)
    with np.load(folder.parent / "out.npz", allow_pickle=False) as arrays:
        assert arrays["image_paths"].tolist() == ["a.JPG", "b.png", "deeper/c.webp"]
        assert arrays["texts"].tolist() == ["a red coat", "a rucksack"]
        images, texts = arrays["image_embeddings"], arrays["text_embeddings"]
    encoder = untrained_encoder("tiny", device="cpu")
    np.testing.assert_allclose(texts, encoder.encode_texts(["a red coat", "a rucksack"]), atol=1e-5)
    picture = read_picture(folder / "b.png")
    np.testing.assert_allclose(images[1], encoder.encode_images([picture])[0], atol=1e-5)
    assert images.dtype == texts.dtype == np.float32


def test_a_damaged_picture_is_named_and_nothing_is_written(folder: Path):
    whole = (folder / "b.png").read_bytes()
    (folder / "b.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceUnreadable, match=r"b\.png: not readable as a picture"):
        run(folder)
    assert not list(folder.parent.glob("*.npz"))


@pytest.mark.parametrize("content", [b"", b"not a picture"])
def test_what_is_no_picture_is_named(folder: Path, content: bytes):
    (folder / "d.png").write_bytes(content)
    with pytest.raises(SourceUnreadable, match=r"d\.png"):
        read_picture(folder / "d.png")


def test_a_picture_is_turned_as_its_camera_meant(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    Image.new("L", (30, 10)).save(tmp_path / "turned.jpg", exif=exif)
    assert read_picture(tmp_path / "turned.jpg").shape == (30, 10, 3)


def test_a_folder_without_pictures_is_named(tmp_path: Path):
    with pytest.raises(SourceUnreadable, match="no pictures"):
        find_pictures(tmp_path)
    with pytest.raises(SourceUnreadable, match="no such folder"):
        find_pictures(tmp_path / "nowhere")


def test_a_file_without_sentences_is_named(tmp_path: Path):
    words = tmp_path / "words.txt"
    with pytest.raises(SourceUnreadable, match="no such file"):
        read_sentences(words)
    words.write_text("\n  \n")
    with pytest.raises(SourceUnreadable, match="no sentences"):
        read_sentences(words)
    words.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceUnreadable, match="UTF-8"):
        read_sentences(words)


def test_a_folder_that_is_not_there_is_told_before_the_work(folder: Path):
    with pytest.raises(ConfigError, match="no such folder"):
        run(folder, **{"--out": str(folder / "missing" / "out.npz")})
