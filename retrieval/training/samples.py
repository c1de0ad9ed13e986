"""Captions and the pictures they describe, in columns that millions of rows fit in."""

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import DatasetUnusable, PlanRefused
from retrieval.training.tags import Tags, no_tags

Number = TypeVar("Number", np.uint8, np.int64)

#: Rows gathered at once; their byte positions take eight times the room of their text.
_ROWS_AT_ONCE = 8192


class TextColumn(Sequence[str]):
    """Texts as one block of UTF-8 and the places where each begins.

    A list of ten million `str` costs a gigabyte of headers, and every worker that is forked copies
    it page by page as it counts references. Two arrays stay shared.

    >>> TextColumn(["a coat", "naïve"])[1]
    'naïve'
    """

    blob: NDArray[np.uint8]  # (bytes,)
    offsets: NDArray[np.int64]  # (N + 1,): text i is blob[offsets[i]:offsets[i + 1]]

    def __init__(self, texts: Iterable[str] = ()) -> None:
        """Keep `texts`, read once.

        Raises:
            ValueError: a text holds half a surrogate pair, which UTF-8 has no bytes for.
        """
        blob, offsets = bytearray(), array("q", [0])
        for text in texts:
            blob += text.encode()
            offsets.append(len(blob))
        self.blob = _frozen(np.frombuffer(blob, np.uint8))
        self.offsets = _frozen(np.frombuffer(offsets, np.int64))

    @classmethod
    def from_columns(cls, blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Self:
        """A column over arrays that hold one already: (bytes,) and (N + 1,), not copied."""
        column = cls()
        column.blob, column.offsets = _frozen(blob), _frozen(offsets)
        return column

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self.blob.nbytes + self.offsets.nbytes

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> "TextColumn": ...
    def __getitem__(self, index: int | slice) -> "str | TextColumn":
        if isinstance(index, slice):
            return self.take(np.arange(len(self), dtype=np.int64)[index])
        place = range(len(self))[index]
        return self.blob[self.offsets[place] : self.offsets[place + 1]].tobytes().decode()

    def take(self, rows: NDArray[np.int64]) -> Self:
        """The texts at `rows` (K,), in that order."""
        starts, lengths = self.offsets[rows], np.diff(self.offsets)[rows]
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        blob = np.empty(int(offsets[-1]), np.uint8)
        shifts = starts - offsets[:-1]
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            part = slice(first, first + _ROWS_AT_ONCE)
            begin, end = offsets[first], offsets[min(first + _ROWS_AT_ONCE, len(rows))]
            places = np.arange(begin, end) + np.repeat(shifts[part], lengths[part])
            blob[begin:end] = self.blob[places]
        return self.from_columns(blob, offsets)


@dataclass(frozen=True, slots=True)
class Sample:
    """One caption and the picture it describes."""

    picture: Path
    caption: str
    identity: int
    image_number: int  # row of the picture in its table


class SampleTable(Sequence[Sample]):
    """N captions of M pictures. Row i is caption i with its picture.

    Every picture has a caption. Its identity is that of its first caption; all its captions share
    it, except where each caption is its own identity, as in WebPerson. Tags are of pictures.
    """

    def __init__(
        self,
        root: Path,
        *,
        image_paths: TextColumn,
        image_identities: NDArray[np.int64],
        captions: TextColumn,
        caption_images: NDArray[np.int64],
        caption_identities: NDArray[np.int64],
        tags: Tags | None = None,
    ) -> None:
        """Keep the columns.

        Args:
            root: the folder that `image_paths` are below.
            image_paths: M paths with slashes.
            image_identities: (M,).
            captions: N sentences.
            caption_images: (N,) row of the picture that each describes.
            caption_identities: (N,).
            tags: of the M pictures; None where there are none.

        Raises:
            ValueError: columns differ in length, or a picture has no caption.
        """
        per_image, per_caption = len(image_paths), len(captions)
        if len(image_identities) != per_image or not (
            len(caption_images) == len(caption_identities) == per_caption
        ):
            raise ValueError(
                f"{per_image} pictures with {len(image_identities)} identities, {per_caption} "
                f"captions with {len(caption_images)} pictures and {len(caption_identities)} "
                "identities: the columns do not fit"
            )
        counts = np.bincount(caption_images, minlength=per_image)
        if len(counts) != per_image or not counts.all():
            raise ValueError("a picture without a caption, or a caption without a picture")
        self.root = root
        self.image_paths, self.captions = image_paths, captions
        self.image_identities = _frozen(image_identities)
        self.caption_images = _frozen(caption_images)
        self.caption_identities = _frozen(caption_identities)
        self.tags = no_tags(per_image) if tags is None else tags
        if len(self.tags.held) != per_image:
            raise ValueError(f"{per_image} pictures, but tags of {len(self.tags.held)}")

    @property
    def images(self) -> int:
        """How many pictures: M."""
        return len(self.image_paths)

    @property
    def classes(self) -> int:
        """How many identities the captions have."""
        return len(np.unique(self.caption_identities))

    @property
    def nbytes(self) -> int:
        """Memory held by the columns, in bytes."""
        texts = self.image_paths.nbytes + self.captions.nbytes
        numbers = sum(column.nbytes for column in self._numbers())
        return texts + numbers + self.tags.held.nbytes

    @property
    def digest(self) -> str:
        """SHA-256 over every column, in hex; neither where pictures lie counts, nor tags."""
        sum_of = hashlib.sha256()
        texts = (self.image_paths, self.captions)
        columns = [part for text in texts for part in (text.blob, text.offsets)]
        for column in [*columns, *self._numbers()]:
            sum_of.update(f"{len(column)} {column.dtype};".encode())
            sum_of.update(np.ascontiguousarray(column).data)
        return sum_of.hexdigest()

    def __len__(self) -> int:
        return len(self.captions)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> "SampleTable": ...
    def __getitem__(self, index: int | slice) -> "Sample | SampleTable":
        if isinstance(index, slice):
            return self.take(np.arange(len(self), dtype=np.int64)[index])
        row = range(len(self))[index]
        image = int(self.caption_images[row])
        identity = int(self.caption_identities[row])
        return Sample(self.picture(image), self.captions[row], identity, image)

    def picture(self, image: int) -> Path:
        """Where picture `image`, from 0 to M − 1, lies."""
        return self.root / self.image_paths[image]

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> "SampleTable":
        """The captions at `rows` (K,), in that order, and only their pictures.

        Pictures keep their order and identities their numbers.
        """
        chosen = np.asarray(rows, np.int64)
        kept, first, caption_images = np.unique(
            self.caption_images[chosen], return_index=True, return_inverse=True
        )
        identities = self.caption_identities[chosen]
        return SampleTable(
            self.root,
            image_paths=self.image_paths.take(kept),
            image_identities=identities[first],
            captions=self.captions.take(chosen),
            caption_images=caption_images.astype(np.int64, copy=False),
            caption_identities=identities,
            tags=self.tags.take(kept),
        )

    def relabelled(self) -> "SampleTable":
        """The same with identities 0 to classes − 1, in the order of the old ones.

        A classifier over identities has a row for each, so training wants no gaps.
        """
        old, caption_identities = np.unique(self.caption_identities, return_inverse=True)
        image_identities = np.searchsorted(old, self.image_identities)
        return self.with_identities(image_identities, caption_identities)

    def with_identities(
        self, image_identities: NDArray[np.int64], caption_identities: NDArray[np.int64]
    ) -> "SampleTable":
        """The same captions and pictures with identities (M,) and (N,) of another kind."""
        return SampleTable(
            self.root,
            image_paths=self.image_paths,
            image_identities=image_identities.astype(np.int64, copy=False),
            captions=self.captions,
            caption_images=self.caption_images,
            caption_identities=caption_identities.astype(np.int64, copy=False),
            tags=self.tags,
        )

    def split_off(self, share: float, seed: int) -> tuple["SampleTable", "SampleTable"]:
        """Set a share of the identities aside, with all their pictures and captions.

        Where each caption is its own identity, pictures are set aside instead; there the captions
        set aside take the identity of their picture, so that both find it.

        Args:
            share: of the identities, over 0 and under 1; at least one is on either side.
            seed: the same seed gives the same parts.

        Returns:
            What is left to train on, relabelled, and what is set aside.

        Raises:
            DatasetUnusable: there are fewer than two identities.
            PlanRefused: `share` is not between 0 and 1.
        """
        if not 0 < share < 1:
            raise PlanRefused(f"a share of {share} leaves nothing on one side; give 0.05, say")
        groups = np.unique(self.image_identities)
        if len(groups) < 2:
            raise DatasetUnusable(
                f"{self.root}: identities: {len(groups)}; two are the least that can be parted"
            )
        wanted = min(max(round(share * len(groups)), 1), len(groups) - 1)
        drawn = np.argsort(np.random.default_rng(seed).random(len(groups)), kind="stable")[:wanted]
        of_caption = self.image_identities[self.caption_images]
        is_aside = np.isin(of_caption, groups[drawn])
        aside = self.take(np.flatnonzero(is_aside))
        joint = aside.image_identities[aside.caption_images]
        return (
            self.take(np.flatnonzero(~is_aside)).relabelled(),
            aside.with_identities(aside.image_identities, joint),
        )

    def _numbers(self) -> tuple[NDArray[np.int64], ...]:
        return self.image_identities, self.caption_images, self.caption_identities


def _frozen(column: NDArray[Number]) -> NDArray[Number]:
    view = column.view()
    view.flags.writeable = False
    return view
