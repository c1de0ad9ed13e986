"""The curves behind the figures of `descry evaluate`, as three PNG files."""

import io
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter, ScalarFormatter
from numpy.typing import NDArray

from pipeline.cli.files import write_answer
from retrieval.training.metrics import SCORE_EDGES

if TYPE_CHECKING:
    from retrieval.training.evaluate import Evaluation

TEXT_COLOUR, IMAGE_COLOUR, OTHER_COLOUR = "#1f5fa8", "#d1661a", "#7a7f87"
_DPI = 150


def draw_plots(measured: "Evaluation", folder: Path) -> None:
    """Draw `cmc.png`, `scores.png` and `open_set.png` into `folder`, each whole or not at all.

    Raises:
        ConfigError: one of them cannot be written.
    """
    for name, draw in (("cmc", _cmc), ("scores", _scores), ("open_set", _open_set)):
        # No pyplot: a figure of its own draws with Agg and leaves no window and no state behind.
        figure = Figure(figsize=(7, 5), layout="constrained")
        axes = figure.add_subplot()
        draw(axes, measured)
        axes.set_title(_title(axes.get_title(), measured), fontsize=10, parse_math=False)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=9)
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=_DPI)
        write_answer(folder / f"{name}.png", file.getvalue())


def _title(subject: str, measured: "Evaluation") -> str:
    of = f"{measured.model_id} on {measured.dataset}, {measured.split} split"
    lines = [subject, *textwrap.wrap(of, 80)]
    if not measured.is_trained:
        lines.append("not trained: its ranking means nothing")
    if measured.trained_on is not None:
        lines.append(f"synthetic weights: learnt on {measured.trained_on} only")
    return "\n".join(lines)


def _cmc(axes: Axes, measured: "Evaluation") -> None:
    for name, direction, colour in (
        ("text to image", measured.text_to_image, TEXT_COLOUR),
        ("image to text", measured.image_to_text, IMAGE_COLOUR),
    ):
        ranking = direction.ranking
        ranks = np.arange(1, len(ranking.cmc) + 1)
        label = f"{name}: R@1 {ranking.r1:.2f} %, R@10 {ranking.r10:.2f} %"
        axes.plot(ranks, ranking.cmc, color=colour, label=label, marker=".", markersize=4)
    # The first ranks are those that people look at.
    longest = len(measured.text_to_image.ranking.cmc), len(measured.image_to_text.ranking.cmc)
    axes.set_xscale("log")
    axes.set_xlim(0.95, 1.05 * max(2, *longest))
    axes.xaxis.set_major_locator(FixedLocator([1, 2, 5, 10, 20, 50, 100]))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_title("Cumulative matching characteristic")
    axes.set_xlabel("rank k")
    axes.set_ylabel("matching rate: a match among the first k (% of queries)")
    axes.set_ylim(0, 102)


def _scores(axes: Axes, measured: "Evaluation") -> None:
    ranking = measured.text_to_image.ranking
    matches, others = _shares(ranking.match_counts), _shares(ranking.other_counts)
    for name, shares, counts, colour in (
        ("other person", others, ranking.other_counts, OTHER_COLOUR),
        ("same person", matches, ranking.match_counts, TEXT_COLOUR),
    ):
        label = f"{name} ({int(counts.sum()):,} pairs)"
        axes.stairs(shares, SCORE_EDGES, fill=True, alpha=0.45, color=colour)
        axes.stairs(shares, SCORE_EDGES, color=colour, label=label)
    held = np.flatnonzero(ranking.match_counts + ranking.other_counts)
    axes.set_xlim(
        SCORE_EDGES[max(held[0] - 2, 0)], SCORE_EDGES[min(held[-1] + 3, len(SCORE_EDGES) - 1)]
    )
    axes.set_ylim(bottom=0)
    axes.set_title("Scores of captions with pictures")
    axes.set_xlabel("cosine similarity (-1 to 1)")
    axes.set_ylabel("share of pairs (% per 0.01)")


def _open_set(axes: Axes, measured: "Evaluation") -> None:
    for name, direction, colour in (
        ("text to image", measured.text_to_image, TEXT_COLOUR),
        ("image to text", measured.image_to_text, IMAGE_COLOUR),
    ):
        found = direction.open_set
        label = f"{name}: AUC {found.auc:.4f}"
        false, detected = 100 * found.false_positive_rate, 100 * found.detection_rate
        axes.plot(false, detected, color=colour, label=label)
        where = (
            f"95 % detected: {100 * found.fpr95:.1f} % false, from score {found.threshold95:.3f}"
        )
        axes.plot([100 * found.fpr95], [95], "o", color=colour, label=where)
    axes.plot([0, 100], [0, 100], ":", color=OTHER_COLOUR, label="every score the same")
    axes.set_title("Open set: each query with its person present, and absent")
    axes.set_xlabel("false-positive rate, person absent (% of queries)")
    axes.set_ylabel("detection rate, person present (% of queries)")
    axes.set_xlim(-2, 102)
    axes.set_ylim(-2, 102)


def _shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Per cent of all in each bin; nothing of nothing."""
    return 100 * counts / max(int(counts.sum()), 1)
