"""What `descry evaluate` shows a person: our figures, then the authors', never mixed."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

if TYPE_CHECKING:
    from retrieval.training.evaluate import Direction, Evaluation

RANKS = ("R@1", "R@5", "R@10", "mAP")


def print_tables(measured: "Evaluation") -> None:
    """Write the tables to standard output."""
    console = Console(highlight=False)
    console.print(Text(heading(measured)), soft_wrap=True)
    for note in notes(measured):
        console.print(Text(note), soft_wrap=True)
    console.print(_ranking_table(measured))
    console.print(_open_set_table(measured))
    if measured.published:
        console.print(_published_table(measured))


def heading(measured: "Evaluation") -> str:
    """What was measured on what, in a line."""
    return (
        f"{measured.model_id} on {measured.dataset}, {measured.split}: {measured.captions:,} "
        f"captions, {measured.pictures:,} pictures, {measured.identities:,} people"
    )


def notes(measured: "Evaluation") -> list[str]:
    """What a reader must know before believing a figure."""
    found = []
    if not measured.is_trained:
        found.append("This model is not trained: its ranking means nothing.")
    if measured.trained_on is not None:
        found.append(
            f"Synthetic weights: this model learnt on {measured.trained_on} only, and its figures "
            "on pictures of real people are no measure of trained ones."
        )
    if measured.identities < 2:
        found.append(
            "There is one person only: every ranking is right, and no figure says a thing."
        )
    for direction, what in (
        (measured.text_to_image, "captions without a picture"),
        (measured.image_to_text, "pictures without a caption"),
    ):
        if count := direction.ranking.queries_without_match:
            found.append(f"{count:,} {what} of the same person were not asked.")
    return found


def _ranking_table(measured: "Evaluation") -> Table:
    table = Table(
        "query to gallery",
        *(Column(name, justify="right") for name in (*RANKS, "mINP")),
        title="Measured here, per cent",
        title_justify="left",
    )
    for name, direction in _directions(measured):
        ranking = direction.ranking
        figures = (ranking.r1, ranking.r5, ranking.r10, ranking.map, ranking.minp)
        table.add_row(name, *(f"{figure:.2f}" for figure in figures))
    return table


def _open_set_table(measured: "Evaluation") -> Table:
    table = Table(
        "query to gallery",
        *(Column(name, justify="right") for name in ("AUC", "false at 95 %", "from score")),
        title="Measured here, open set: is the person there at all?",
        title_justify="left",
        caption="AUC 0 to 1; false: per cent of absent people 'found' where 95 % of those present "
        "are detected, and the score that takes",
        caption_justify="left",
    )
    for name, direction in _directions(measured):
        found = direction.open_set
        table.add_row(
            name, f"{found.auc:.4f}", f"{100 * found.fpr95:.2f}", f"{found.threshold95:.3f}"
        )
    return table


def _published_table(measured: "Evaluation") -> Table:
    sources = " and ".join(dict.fromkeys(figure.source for figure in measured.published))
    table = Table(
        "model",
        f"had seen of {measured.dataset}",
        *(Column(name, justify="right", no_wrap=True) for name in RANKS),
        title="Published by the authors of GA-DMS, NOT measured here; text to image, per cent",
        title_justify="left",
        caption=sources,
        caption_justify="left",
    )
    for figure in measured.published:
        cells = (figure.r1, figure.r5, figure.r10, figure.map)
        table.add_row(
            figure.model,
            figure.training,
            *("-" if cell is None else f"{cell:.2f}" for cell in cells),
        )
    return table


def _directions(measured: "Evaluation") -> tuple[tuple[str, "Direction"], ...]:
    return (
        ("text to image", measured.text_to_image),
        ("image to text", measured.image_to_text),
    )
