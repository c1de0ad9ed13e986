"""Entries of an annotation file, gathered into one table a split and checked against each other."""

import logging
from array import array
from collections.abc import Mapping, Set
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import DatasetUnusable
from retrieval.training.layouts import Entry, EntryFault, Split
from retrieval.training.samples import SampleTable, TextColumn
from retrieval.training.tags import tagged

log = logging.getLogger(__name__)

SPLITS: tuple[Split, ...] = ("train", "val", "test")
_MOST_TAGS = 10_000  # of which a hundred thousand pictures take a gigabyte
_KINDS: Mapping[type, str] = {int: "a number", str: "text", type(None): "missing"}


class Gathering:
    """Takes entries one by one and keeps them as columns.

    A picture is in one split with one identity, and an identity in one split; a model would else
    be tested on what it learned from.
    """

    def __init__(self, file: Path, *, by_caption: bool = False, restarts: bool = False) -> None:
        """An empty one.

        Args:
            file: where the entries come from, for messages.
            by_caption: make each caption an identity of its own and sort pictures by path.
            restarts: the same number in two splits may be two people, so it is only warned of.
        """
        self._file, self._by_caption, self._restarts = file, by_caption, restarts
        self._parts = {split: _Part() for split in SPLITS}
        self._places: dict[str, int] = {}  # of each path: row × 3 + number of the split
        self._names: dict[str, int] = {}  # identities that are text, numbered as they came
        self._tags: dict[str, int] = {}  # of all splits, numbered as they came
        self._kind: type | None = None  # of identities
        self._repeats = 0

    def add(self, entry: Entry) -> None:
        """Keep one entry; a picture listed again gets the new captions too.

        Raises:
            EntryFault: it contradicts an earlier one.
        """
        identity = self._number_of(entry.identity)
        part = self._parts[entry.split]
        place = self._places.get(entry.picture)
        if place is None:
            self._places[entry.picture] = part.images * len(SPLITS) + SPLITS.index(entry.split)
            if len(self._tags) > _MOST_TAGS:
                raise EntryFault(f"more than {_MOST_TAGS:,} different tags: what is rare is none")
            tags = {self._tags.setdefault(tag, len(self._tags)) for tag in entry.tags}
            row = part.add_image(entry.picture, identity, tags)
        else:
            row, earlier = place // len(SPLITS), SPLITS[place % len(SPLITS)]
            if earlier != entry.split:
                raise EntryFault(
                    f"{entry.picture!r} is in {entry.split}, but an entry before has it in "
                    f"{earlier}; keep one"
                )
            if part.identities[row] != identity:
                raise EntryFault(
                    f"{entry.picture!r} has identity {entry.identity!r}, but another in an entry "
                    "before; keep one"
                )
            if part.tags.get(row, set()) != {self._tags.get(tag) for tag in entry.tags}:
                raise EntryFault(
                    f"{entry.picture!r} has other tags than in an entry before; keep one"
                )
            self._repeats += 1
        for caption in entry.captions:
            part.add_caption(row, caption)

    def tables(self, root: Path) -> dict[Split, SampleTable]:
        """The splits that have entries; ends the gathering.

        Identities that are text are numbered in their order, missing ones one a picture; those of
        train run from 0 to classes − 1.

        Args:
            root: the folder of pictures.

        Raises:
            DatasetUnusable: there were no entries, or an identity is in two splits.
        """
        self._places.clear()
        if self._repeats:
            log.warning(
                "%s: pictures listed again: %d; the new captions were added to theirs",
                self._file,
                self._repeats,
            )
        parts = {split: part for split, part in self._parts.items() if part.images}
        if not parts:
            raise DatasetUnusable(f"{self._file}: holds no entries; download or write it again")
        identities = {split: self._identities(part) for split, part in parts.items()}
        self._check_disjoint(identities)
        tables = {
            split: part.table(root, identities[split], self._tags) for split, part in parts.items()
        }
        if self._by_caption:
            return {split: _one_identity_a_caption(table) for split, table in tables.items()}
        if "train" in tables:
            tables["train"] = tables["train"].relabelled()
        return tables

    def _number_of(self, identity: int | str | None) -> int:
        kind = type(identity)
        if self._kind is None:
            self._kind = kind
        elif kind is not self._kind:
            raise EntryFault(f"the identity is {_KINDS[kind]}, before it was {_KINDS[self._kind]}")
        if isinstance(identity, str):
            return self._names.setdefault(identity, len(self._names))
        return identity or 0

    def _identities(self, part: "_Part") -> NDArray[np.int64]:
        """(M,) of the pictures."""
        if self._kind is type(None):
            return np.arange(part.images, dtype=np.int64)
        given = np.frombuffer(part.identities, np.int64)
        if not self._names:
            return given
        ranks = np.empty(len(self._names), np.int64)
        ranks[[self._names[name] for name in sorted(self._names)]] = np.arange(len(ranks))
        return ranks[given]

    def _check_disjoint(self, identities: Mapping[Split, NDArray[np.int64]]) -> None:
        if self._kind is type(None):
            return
        for one, other in combinations(identities, 2):
            shared = np.intersect1d(identities[one], identities[other])
            if len(shared) and self._restarts:
                log.warning(
                    "%s: %d identities of %s are numbers of %s too; taken for other people",
                    self._file, len(shared), other, one,
                )  # fmt: skip
            elif len(shared):
                first = sorted(self._names)[shared[0]] if self._names else int(shared[0])
                raise DatasetUnusable(
                    f"{self._file}: identity {first!r} is in {one} and in {other} "
                    f"(such identities: {len(shared):,}); a person must be in one split only"
                )


class _Part:
    """The columns of one split as they grow."""

    def __init__(self) -> None:
        self.identities = array("q")
        self.tags: dict[int, Set[int]] = {}  # of the rows that have some
        self._paths, self._path_ends = bytearray(), array("q", [0])
        self._captions, self._caption_ends = bytearray(), array("q", [0])
        self._caption_images = array("q")

    @property
    def images(self) -> int:
        return len(self.identities)

    def add_image(self, path: str, identity: int, tags: Set[int]) -> int:
        """The row it got."""
        if tags:
            self.tags[self.images] = tags
        self._paths += path.encode()
        self._path_ends.append(len(self._paths))
        self.identities.append(identity)
        return self.images - 1

    def add_caption(self, row: int, caption: str) -> None:
        self._captions += caption.encode()
        self._caption_ends.append(len(self._captions))
        self._caption_images.append(row)

    def table(
        self, root: Path, identities: NDArray[np.int64], tags: Mapping[str, int]
    ) -> SampleTable:
        caption_images = np.frombuffer(self._caption_images, np.int64)
        return SampleTable(
            root,
            image_paths=_column(self._paths, self._path_ends),
            image_identities=identities,
            captions=_column(self._captions, self._caption_ends),
            caption_images=caption_images,
            caption_identities=identities[caption_images],
            tags=tagged(self.images, self.tags, tags),
        )


def _column(text: bytearray, ends: "array[int]") -> TextColumn:
    return TextColumn.from_columns(np.frombuffer(text, np.uint8), np.frombuffer(ends, np.int64))


def _one_identity_a_caption(table: SampleTable) -> SampleTable:
    """Pictures by path, the captions of each together, and each caption its own identity."""
    paths = list(table.image_paths)
    image_paths, captions = table.image_paths, table.captions
    caption_images = table.caption_images
    is_sorted = all(a < b for a, b in pairwise(paths)) and bool(
        (np.diff(caption_images) >= 0).all()
    )
    if not is_sorted:
        order = np.array(sorted(range(len(paths)), key=paths.__getitem__), np.int64)
        ranks = np.empty_like(order)
        ranks[order] = np.arange(len(order))
        caption_order = np.argsort(ranks[caption_images], kind="stable")
        image_paths, captions = image_paths.take(order), captions.take(caption_order)
        caption_images = ranks[caption_images][caption_order]
    return SampleTable(
        table.root,
        image_paths=image_paths,
        image_identities=np.searchsorted(caption_images, np.arange(len(paths))).astype(np.int64),
        captions=captions,
        caption_images=caption_images,
        caption_identities=np.arange(len(captions), dtype=np.int64),
    )
