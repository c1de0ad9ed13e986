"""Measures an encoder on a labelled set: who is found by description, and who is not there."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from detectors.types import Image
from retrieval.errors import DatasetUnusable, WeightsUnusable
from retrieval.pictures import open_picture
from retrieval.ports import Encoder
from retrieval.training.metrics import RankMetrics, Report, check_unit, ignore, rank_metrics
from retrieval.training.open_set import OpenSet, open_set_of
from retrieval.training.published import PublishedFigure, published_for
from retrieval.training.samples import SampleTable
from retrieval.types import Vectors

StartReport = Callable[[str], Report]
"""Given the name of a long job, returns what is told how far it is."""

#: Threads that decode: Pillow lets go of the interpreter, and an encoder must not wait for it.
_DECODERS = 4
#: Pictures decoded or being decoded for each that is encoded: one batch ahead.
_AHEAD = 2


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """What one kind of query finds among the other kind."""

    ranking: RankMetrics
    open_set: OpenSet

    def to_mapping(self) -> dict[str, float]:
        """The figures, by the names of a file; rank-k, mAP and mINP in per cent, others 0 to 1."""
        return {**self.ranking.to_mapping(), **self.open_set.to_mapping()}


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What an encoder was measured to do on one split.

    Attributes:
        model_id: name and digest of the weights.
        is_trained: whether the figures mean anything.
        dataset: its name; the authors' figures are looked up by it.
        split: `test`, `val`, or whatever part it was.
        captions: how many sentences were asked.
        pictures: how many pictures there are.
        identities: how many people the pictures show.
        text_to_image: sentences asked of the pictures.
        image_to_text: pictures asked of the sentences.
        trained_on: what the encoder saw in training, where that is a reason for care.
    """

    model_id: str
    is_trained: bool
    dataset: str
    split: str
    captions: int
    pictures: int
    identities: int
    text_to_image: Direction
    image_to_text: Direction
    trained_on: str | None = None

    @property
    def published(self) -> tuple[PublishedFigure, ...]:
        """The authors' figures on the same data; all of them are of the test split."""
        return published_for(self.dataset) if self.split == "test" else ()

    def to_mapping(self) -> dict[str, Any]:
        """Plain values for a file: text to image at the top, the reverse in `image_to_text`."""
        return {
            **self.text_to_image.to_mapping(),
            "image_to_text": self.image_to_text.to_mapping(),
            "dataset": self.dataset,
            "split": self.split,
            "queries": self.captions,
            "queries_without_match": self.text_to_image.ranking.queries_without_match,
            "pictures": self.pictures,
            "identities": self.identities,
            "model": self.model_id,
            "trained": self.is_trained,
            "trained_on": self.trained_on,
            "published": [figure.to_mapping() for figure in self.published],
        }


def silent(_label: str) -> Report:
    """Tell nobody of any job."""
    return ignore


def evaluate(
    encoder: Encoder,
    table: SampleTable,
    *,
    batch: int = 64,
    report: StartReport = silent,
    dataset: str = "unnamed",
    split: str = "test",
    trained_on: str | None = None,
) -> Evaluation:
    """Encode every caption and picture once, and rank each kind for the other.

    Pictures are decoded a batch ahead and forgotten; what stays are vectors, 2 KB each at D = 512.

    Args:
        encoder: gives vectors of length 1.
        table: every caption is a query, every picture is in the gallery.
        batch: pictures or captions handed to the encoder at once.
        report: told how each of four jobs goes on.
        dataset: what to call the data.
        split: what to call this part of it.
        trained_on: what the encoder saw in training, where that is a reason for care.

    Raises:
        DatasetUnusable: nothing to ask or to find.
        PictureUnreadable: a picture is damaged; the message names it.
        WeightsUnusable: the encoder gives vectors that are no numbers, or not of length 1.
    """
    captions, pictures = _encode(encoder, table, batch, report, f"{dataset} {split}")
    of_captions, of_pictures = table.caption_identities, table.image_identities
    return Evaluation(
        model_id=encoder.model_id,
        is_trained=encoder.is_trained,
        dataset=dataset,
        split=split,
        captions=len(table),
        pictures=table.images,
        identities=len(np.unique(of_pictures)),
        trained_on=trained_on,
        text_to_image=_direction(
            rank_metrics(
                captions, pictures, of_captions, of_pictures, report=report("ranking pictures")
            )
        ),
        image_to_text=_direction(
            rank_metrics(
                pictures, captions, of_pictures, of_captions, report=report("ranking captions")
            )
        ),
    )


def find_pictures(
    encoder: Encoder,
    table: SampleTable,
    *,
    batch: int = 64,
    report: StartReport = silent,
    dataset: str = "unnamed",
) -> Direction:
    """What sentences find among pictures, and no more: half the work of `evaluate`.

    Raises:
        DatasetUnusable: nothing to ask or to find.
        PictureUnreadable: a picture is damaged; the message names it.
        WeightsUnusable: the encoder gives vectors that are no numbers, or not of length 1.
    """
    captions, pictures = _encode(encoder, table, batch, report, dataset)
    ranking = rank_metrics(
        captions, pictures, table.caption_identities, table.image_identities,
        report=report("ranking pictures"),
    )  # fmt: skip
    return _direction(ranking)


def _encode(
    encoder: Encoder, table: SampleTable, batch: int, report: StartReport, name: str
) -> tuple[Vectors, Vectors]:
    """Vectors of all captions (N, D) and of all pictures (M, D), each of length 1."""
    if batch < 1:
        raise ValueError(f"batch is {batch}, not at least 1")
    if not len(table) or not table.images:
        raise DatasetUnusable(f"{name}: no captions or no pictures; nothing to measure")
    pictures = _encode_pictures(encoder, table, batch, report("encoding pictures"))
    captions = _encode_captions(encoder, table, batch, report("encoding captions"))
    _check_vectors(encoder, pictures=pictures, captions=captions)
    return captions, pictures


def _direction(ranking: RankMetrics) -> Direction:
    return Direction(ranking, open_set_of(ranking))


def _encode_pictures(encoder: Encoder, table: SampleTable, batch: int, report: Report) -> Vectors:
    vectors = np.empty((table.images, encoder.dimension), np.float32)
    done = 0
    for pictures in _decoded(table, batch):
        vectors[done : done + len(pictures)] = encoder.encode_images(pictures)
        done += len(pictures)
        report(done, table.images)
    return vectors


def _encode_captions(encoder: Encoder, table: SampleTable, batch: int, report: Report) -> Vectors:
    count = len(table)
    vectors = np.empty((count, encoder.dimension), np.float32)
    for start in range(0, count, batch):
        stop = min(start + batch, count)
        texts = [table.captions[row] for row in range(start, stop)]
        vectors[start:stop] = encoder.encode_texts(texts)
        report(stop, count)
    return vectors


def _decoded(table: SampleTable, batch: int) -> Iterator[Sequence[Image]]:
    """Every picture in order, in lists of `batch`; the next list is decoded meanwhile."""
    waiting: deque[Future[Image]] = deque()
    with ThreadPoolExecutor(_DECODERS, thread_name_prefix="decode") as pool:
        try:
            for row in range(table.images):
                waiting.append(pool.submit(_load, table.picture(row)))
                if len(waiting) == _AHEAD * batch:
                    yield [waiting.popleft().result() for _ in range(batch)]
            while waiting:
                yield [waiting.popleft().result() for _ in range(min(batch, len(waiting)))]
        finally:
            pool.shutdown(cancel_futures=True)


def _load(path: Path) -> Image:
    return np.asarray(open_picture(path))


def _check_vectors(encoder: Encoder, **kinds: Vectors) -> None:
    """Refuse what could rank as well as any: no figure may come of values that are no numbers."""
    try:
        for name, vectors in kinds.items():
            check_unit(name, vectors)
    except ValueError as error:
        raise WeightsUnusable(
            f"model {encoder.model_id} gives vectors that cannot be compared ({error}); "
            "set precision to fp32, or name other weights"
        ) from error
