"""Sentences asked of the people of a split: what an encoder scores, and whom each truly fits."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.street.recipe.tracks import encode_sentences, encode_tracks, read_stills
from pipeline.street.recipe.watching import NOBODY, Watch
from pipeline.street.words.captions import caption
from pipeline.street.words.fits import Relevance
from pipeline.street.words.views import View
from retrieval.errors import DatasetUnusable
from retrieval.ports import Encoder
from retrieval.training.metrics import average_precision
from retrieval.types import Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One sentence for each person, asked of all of them.

    Attributes:
        queries: (Q, D) length 1.
        scores: (Q, Q) of each person for each sentence, who is one track of an index.
        relevant: (Q, Q) whether the sentence truly fits the person.
    """

    queries: Vectors
    scores: NDArray[np.float64]
    relevant: NDArray[np.bool_]

    def figures(self) -> dict[str, float]:
        """R@1, R@5, R@10, mAP and mINP in per cent; whoever the sentence fits is expected."""
        order = np.argsort(-self.scores, axis=1, kind="stable")
        hits = np.take_along_axis(self.relevant, order, axis=1)  # (Q, Q), best first
        ranks = [1 + np.flatnonzero(row) for row in hits]
        precisions = [average_precision(own, len(own)) for own in ranks]
        shares = [len(own) / own[-1] for own in ranks]  # of what is looked through to find all
        figures = {f"r{k}": float(hits[:, :k].any(axis=1).mean()) for k in (1, 5, 10)}
        figures |= {"map": float(np.mean(precisions)), "minp": float(np.mean(shares))}
        figures["chance_r1"] = float(self.relevant.mean())
        return {name: round(100 * value, 2) for name, value in figures.items()}


def ask(folder: Path, encoder: Encoder, seed: int, watch: Watch = NOBODY) -> Asked:
    """Describe everybody in a folder of stills once, and ask for them.

    Args:
        folder: as `descry street stills` leaves it, of the split `val` or `test`.
        encoder: gives the vectors.
        seed: of the sentences.
        watch: told of pictures and sentences.

    Raises:
        DatasetUnusable: the folder is incomplete, or shows nobody.
        PictureUnreadable: a crop is damaged; the message names it.
        Stopped: the watch says so.
    """
    known = read_stills(folder)
    if not known.crops:
        raise DatasetUnusable(f"{folder}: shows nobody; draw more")
    people = sorted(known.crops)
    looks = [known.looks[person] for person in people]
    rng = np.random.default_rng(seed)
    told = [caption(rng, look, View()) for look in looks]
    relevance = Relevance(looks)
    relevant = np.stack([relevance.mask(one.claims) for one in told])
    relevant |= np.eye(len(looks), dtype=np.bool_)
    queries = encode_sentences(encoder, [one.text for one in told], watch)
    tracks = encode_tracks(encoder, [known.crops[person] for person in people], watch)
    return Asked(queries, tracks.scores(queries), relevant)
