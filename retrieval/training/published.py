"""What the authors of GA-DMS print of their own models: nothing here was measured by us."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Relation = Literal["fine-tuned on it", "pretrained only (direct transfer)"]

PAPER = "arXiv 2509.09118"


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """One row of a table of the paper, for one data set, text to image, per cent.

    Attributes:
        model: as the paper calls it, with its pretraining data.
        training: what the model had seen of `dataset`; without it a row misleads.
        dataset: a name that `open_dataset` knows.
        r1: rank-1.
        map: mean average precision.
        source: paper and table.
        r5: rank-5; None where it is not printed.
        r10: rank-10; None where it is not printed.
    """

    model: str
    training: Relation
    dataset: str
    r1: float
    map: float
    source: str
    r5: float | None = None
    r10: float | None = None

    def to_mapping(self) -> dict[str, Any]:
        """Plain values, for a file."""
        return asdict(self)


def published_for(dataset: str) -> tuple[PublishedFigure, ...]:
    """The authors' figures on the test split of `dataset`; none for a data set of one's own."""
    return tuple(figure for figure in _FIGURES if figure.dataset == dataset)


def _tuned(
    model: str, dataset: str, r1: float, r5: float, r10: float, mean_precision: float
) -> PublishedFigure:
    source = f"{PAPER}, Table 1"
    return PublishedFigure(
        model, "fine-tuned on it", dataset, r1, mean_precision, source, r5=r5, r10=r10
    )


def _transferred(model: str, dataset: str, r1: float, mean_precision: float) -> PublishedFigure:
    source = f"{PAPER}, Table 2"
    return PublishedFigure(
        model, "pretrained only (direct transfer)", dataset, r1, mean_precision, source
    )


_LARGE, _MEDIUM = "GA-DMS, WebPerson 5.0M", "GA-DMS, WebPerson 1.0M"
_CLIP = "CLIP ViT-B/16, no person data"

# Table 3 repeats the fine-tuned rows, with 69.52 in place of 69.51; Table 1 is followed.
_FIGURES = (
    _tuned(_LARGE, "cuhk-pedes", 77.60, 91.40, 94.78, 69.82),
    _tuned(_MEDIUM, "cuhk-pedes", 77.02, 91.28, 94.58, 69.65),
    _transferred(_LARGE, "cuhk-pedes", 68.34, 60.22),
    _transferred(_MEDIUM, "cuhk-pedes", 66.26, 58.54),
    _transferred(_CLIP, "cuhk-pedes", 12.65, 11.15),
    _tuned(_LARGE, "icfg-pedes", 69.51, 83.47, 87.67, 42.30),
    _tuned(_MEDIUM, "icfg-pedes", 69.07, 83.26, 87.64, 41.91),
    _transferred(_LARGE, "icfg-pedes", 54.64, 30.68),
    _transferred(_MEDIUM, "icfg-pedes", 51.99, 28.81),
    _transferred(_CLIP, "icfg-pedes", 6.67, 2.51),
    _tuned(_LARGE, "rstpreid", 71.25, 87.25, 92.90, 55.43),
    _tuned(_MEDIUM, "rstpreid", 70.30, 88.00, 92.85, 54.89),
    _transferred(_LARGE, "rstpreid", 57.60, 42.00),
    _transferred(_MEDIUM, "rstpreid", 55.35, 40.57),
    _transferred(_CLIP, "rstpreid", 13.45, 10.31),
)
