"""`descry encode`: a folder of pictures and a file of sentences as vectors."""

import io
import json as json_format
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from pipeline.cli.files import write_answer
from pipeline.cli.options import ConfigOption, JsonOption
from pipeline.cli.progress import progress_bar
from pipeline.errors import ConfigError, SourceUnreadable
from retrieval.errors import PictureUnreadable

if TYPE_CHECKING:
    from detectors.types import Image
    from retrieval.ports import Encoder

#: Pictures held in memory at once; the encoder makes its own batches of them.
_PICTURES_AT_ONCE = 64

Report = Callable[[float, float | None], None]
"""Told how many are done, and of how many."""


def encode(
    images: Annotated[Path, typer.Option("--images", help="Folder of pictures, searched deep.")],
    texts: Annotated[Path, typer.Option("--texts", help="UTF-8 file, one sentence a line.")],
    out: Annotated[Path, typer.Option("--out", help="The .npz file to write.")],
    model: Annotated[
        str | None, typer.Option("--model", help="A name from `descry models list`.")
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Encode pictures and sentences to vectors of length 1, float32, in one .npz file.

    It holds `image_paths` (under the folder, sorted), `image_embeddings` (N, D), `texts` and
    `text_embeddings` (M, D).
    """
    paths, sentences = find_pictures(images), read_sentences(texts)
    if not out.absolute().parent.is_dir():
        raise ConfigError(f"cannot write {out}: no such folder {out.absolute().parent}")
    encoder = _open_encoder(config, model)
    if not encoder.is_trained:
        sys.stderr.write(f"{encoder.model_id}: no trained weights: nearness means nothing\n")
    with progress_bar() as start:
        arrays = encode_all(encoder, images, paths, sentences, start("encoding"))
    write_arrays(out, arrays)
    _say_written(out, encoder, len(paths), len(sentences), as_json=json)


def find_pictures(folder: Path) -> list[Path]:
    """Pictures in `folder` and below, by their path.

    Raises:
        SourceUnreadable: no such folder, or none in it.
    """
    from retrieval.pictures import PICTURE_SUFFIXES  # late: `descry --help` does without PIL

    if not folder.is_dir():
        raise SourceUnreadable(f"{folder}: no such folder; name one with pictures")
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()
    )
    if not found:
        raise SourceUnreadable(f"{folder}: no pictures ({', '.join(sorted(PICTURE_SUFFIXES))})")
    return found


def read_sentences(file: Path) -> list[str]:
    """The lines of `file` that say something.

    Raises:
        SourceUnreadable: no such file, not text, or nothing said.
    """
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except FileNotFoundError as error:
        raise SourceUnreadable(f"{file}: no such file; name one with a sentence a line") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SourceUnreadable(f"{file}: not readable as UTF-8 text") from error
    sentences = [line.strip() for line in lines if line.strip()]
    if not sentences:
        raise SourceUnreadable(f"{file}: no sentences; write one a line")
    return sentences


def read_picture(path: Path) -> "Image":
    """(H, W, 3) RGB, upright as its camera meant it.

    Raises:
        SourceUnreadable: damaged, cut short, or no picture.
    """
    from retrieval.pictures import open_picture

    try:
        return np.asarray(open_picture(path))
    except PictureUnreadable as error:
        raise SourceUnreadable(str(error)) from error


def encode_all(
    encoder: "Encoder", folder: Path, paths: Sequence[Path], texts: Sequence[str], report: Report
) -> dict[str, np.ndarray[Any, Any]]:
    """The four arrays of the file, a few pictures at a time.

    Raises:
        SourceUnreadable: one of the pictures.
    """
    total = len(paths) + len(texts)
    of_images = np.empty((len(paths), encoder.dimension), np.float32)
    for start in range(0, len(paths), _PICTURES_AT_ONCE):
        part = paths[start : start + _PICTURES_AT_ONCE]
        of_images[start : start + len(part)] = encoder.encode_images(
            [read_picture(path) for path in part]
        )
        report(start + len(part), total)
    of_texts = encoder.encode_texts(texts)
    report(total, total)
    return {
        "image_paths": np.array([path.relative_to(folder).as_posix() for path in paths]),
        "image_embeddings": of_images,
        "texts": np.array(texts),
        "text_embeddings": of_texts,
    }


def write_arrays(out: Path, arrays: dict[str, np.ndarray[Any, Any]]) -> None:
    """Write the file whole, or leave what was there.

    Raises:
        ConfigError: it cannot be written.
    """
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    write_answer(out, file.getvalue())


def _say_written(out: Path, encoder: "Encoder", images: int, texts: int, *, as_json: bool) -> None:
    if not as_json:
        sys.stdout.write(f"{out}: {images} pictures, {texts} sentences by {encoder.model_id}\n")
        return
    said = {
        "out": str(out),
        "images": images,
        "texts": texts,
        "dimension": encoder.dimension,
        "model": encoder.model_id,
        "trained": encoder.is_trained,
    }
    sys.stdout.write(json_format.dumps(said) + "\n")


def _open_encoder(config: Path | None, model: str | None) -> "Encoder":
    # Imported late: they load torch, which `descry --help` must not wait for.
    from pipeline.wiring.models import build_encoder
    from pipeline.wiring.settings import read_settings

    return build_encoder(read_settings(config, model=model))
