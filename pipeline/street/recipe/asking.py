"""Sentences asked of the people of a split: what an encoder scores, and whom each truly fits."""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.street.look import Look
from pipeline.street.words.captions import caption
from pipeline.street.words.fits import Relevance
from pipeline.street.words.views import View
from retrieval.pictures import open_picture
from retrieval.ports import Encoder
from retrieval.training.metrics import average_precision
from retrieval.types import Vectors

BEST_OF = 3
"""Shots of a person that speak for them, as in a search."""

_BATCH = 64


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One sentence for each person, asked of all of them.

    Attributes:
        queries: (Q, D) length 1.
        means: (Q, D) of each person's pictures, length 1.
        scores: (Q, Q) of each person for each sentence.
        relevant: (Q, Q) whether the sentence truly fits the person.
    """

    queries: Vectors
    means: Vectors
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


def ask(folder: Path, encoder: Encoder, seed: int) -> Asked:
    """Describe everybody in a folder of stills once, and ask for them.

    Args:
        folder: as `descry street stills` leaves it.
        encoder: gives the vectors.
        seed: of the sentences.

    Raises:
        PictureUnreadable: a crop is damaged; the message names it.
    """
    crops: dict[str, list[Path]] = defaultdict(list)
    with (folder / "captions.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            crops[entry["identity"]].append(folder / entry["image"])
    stored = json.loads((folder / "looks.json").read_bytes())
    looks = [Look.from_mapping(stored[person]) for person in sorted(crops)]
    rng = np.random.default_rng(seed)
    told = [caption(rng, look, View()) for look in looks]
    relevance = Relevance(looks)
    relevant = np.stack([relevance.mask(one.claims) for one in told])
    relevant |= np.eye(len(looks), dtype=np.bool_)
    queries = encoder.encode_texts([one.text for one in told])
    shots = [_encoded(encoder, crops[look.person]) for look in looks]
    return Asked(
        queries, np.stack([_mean(vectors) for vectors in shots]), _scores(queries, shots), relevant
    )


def _encoded(encoder: Encoder, pictures: list[Path]) -> Vectors:
    parts = [
        encoder.encode_images(
            [np.asarray(open_picture(path)) for path in pictures[at : at + _BATCH]]
        )
        for at in range(0, len(pictures), _BATCH)
    ]
    return np.concatenate(parts)


def _mean(vectors: Vectors) -> Vectors:
    mean = vectors.mean(axis=0)
    unit: Vectors = (mean / np.linalg.norm(mean)).astype(np.float32)
    return unit


def _scores(queries: Vectors, shots: list[Vectors]) -> NDArray[np.float64]:
    """(Q, T): of each person the mean of the best shots, as a search scores tracks."""
    columns = []
    for vectors in shots:
        each = np.sort((queries @ vectors.T).astype(np.float64), axis=1)  # (Q, shots)
        columns.append(each[:, -BEST_OF:].mean(axis=1))
    return np.stack(columns, axis=1)
