"""Encoders of known worth measured on a small labelled set of real picture files."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.cli.evaluation_plots import draw_plots
from retrieval.encoder import untrained_encoder
from retrieval.errors import DatasetUnusable, PictureUnreadable, WeightsUnusable
from retrieval.training.evaluate import evaluate
from retrieval.training.samples import SampleTable, TextColumn

PEOPLE, VIEWS = 6, 3
FIGURES = {"r1", "r5", "r10", "map", "minp", "open_set_auc", "open_set_fpr95"}


class Knower:
    """Reads who it is from the colour of a picture or the number in a sentence."""

    model_id = "knower@1"
    is_trained = True
    dimension = PEOPLE

    def __init__(self) -> None:
        self.most_pictures = 0

    def encode_images(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        self.most_pictures = max(self.most_pictures, len(pictures))
        return self.vectors([int(picture[0, 0, 0]) // 40 for picture in pictures])

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        return self.vectors([int(text.split()[-1]) for text in texts])

    def vectors(self, people: list[int]) -> np.ndarray:
        return np.eye(PEOPLE, dtype=np.float32)[people]


class Constant(Knower):
    """Takes everybody for the same."""

    def vectors(self, people: list[int]) -> np.ndarray:
        vector = np.random.default_rng(1).standard_normal(PEOPLE).astype(np.float32)
        return np.tile(vector / np.linalg.norm(vector), (len(people), 1))


class Broken(Knower):
    """Gives one value for all: NaN where it overflowed, 0 where its weights are dead."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def vectors(self, people: list[int]) -> np.ndarray:
        return np.full((len(people), PEOPLE), self.value, np.float32)


@pytest.fixture
def table(tmp_path: Path) -> SampleTable:
    """Six people in three pictures each, two captions a picture."""
    people = np.repeat(np.arange(PEOPLE), VIEWS)
    for number, person in enumerate(people):
        pixels = np.full((40, 16 + number, 3), 40 * person + 10, np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number:02}.png")
    return SampleTable(
        tmp_path,
        image_paths=TextColumn(f"{number:02}.png" for number in range(len(people))),
        image_identities=people,
        captions=TextColumn(f"a person with the number {person}" for person in people.repeat(2)),
        caption_images=np.arange(len(people)).repeat(2),
        caption_identities=people.repeat(2),
    )


def test_an_encoder_that_knows_finds_everybody(table: SampleTable):
    measured = evaluate(Knower(), table, batch=4)
    for direction in (measured.text_to_image, measured.image_to_text):
        figures = direction.to_mapping()
        assert [figures[name] for name in ("r1", "r5", "r10", "map", "minp")] == [100] * 5
        assert (figures["open_set_auc"], figures["open_set_fpr95"]) == (1, 0)


def test_an_encoder_that_takes_all_for_the_same_finds_nobody(table: SampleTable):
    measured = evaluate(Constant(), table, batch=4)
    for direction in (measured.text_to_image, measured.image_to_text):
        figures = direction.to_mapping()
        assert (figures["r1"], figures["r5"], figures["r10"]) == (0, 0, 0)
        assert (figures["open_set_auc"], figures["open_set_fpr95"]) == (0.5, 1)


def test_what_was_measured_is_told(table: SampleTable):
    said = evaluate(Knower(), table, dataset="rstpreid", split="test").to_mapping()
    assert said.keys() >= FIGURES
    assert said["image_to_text"].keys() >= FIGURES
    assert (said["queries"], said["pictures"], said["identities"]) == (36, 18, 6)
    assert (said["dataset"], said["split"]) == ("rstpreid", "test")
    assert (said["model"], said["trained"]) == ("knower@1", True)
    assert {row["training"] for row in said["published"]} == {
        "fine-tuned on it",
        "pretrained only (direct transfer)",
    }


def test_published_figures_stand_beside_the_test_split_only(table: SampleTable):
    assert evaluate(Knower(), table, dataset="rstpreid", split="val").published == ()


@pytest.mark.parametrize("batch", [1, 5, 18, 64])
def test_pictures_go_to_the_encoder_a_batch_at_a_time(table: SampleTable, batch: int):
    encoder = Knower()
    measured = evaluate(encoder, table, batch=batch)
    assert encoder.most_pictures == min(batch, table.images)
    assert measured.text_to_image.ranking.r1 == 100


def test_every_job_is_reported_to_its_end(table: SampleTable):
    told = {}

    def start(label: str):
        def report(done: float, total: float | None) -> None:
            told[label] = (done, total)

        return report

    evaluate(Knower(), table, batch=4, report=start)
    assert told == {
        "encoding pictures": (18, 18),
        "encoding captions": (36, 36),
        "ranking pictures": (36, 36),
        "ranking captions": (18, 18),
    }


def test_an_untrained_encoder_is_measured_and_said_to_mean_nothing(table: SampleTable):
    measured = evaluate(untrained_encoder("tiny", device="cpu"), table)
    assert measured.is_trained is False
    assert measured.to_mapping()["trained"] is False
    assert 0 <= measured.text_to_image.ranking.map <= 100


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_vectors_that_cannot_be_compared_give_no_figure(table: SampleTable, value: float):
    with pytest.raises(WeightsUnusable, match="knower@1 gives vectors that cannot be compared"):
        evaluate(Broken(value), table)


def test_a_damaged_picture_is_named(table: SampleTable):
    (table.root / "07.png").write_bytes(b"no picture")
    with pytest.raises(PictureUnreadable, match=r"07\.png"):
        evaluate(Knower(), table, batch=2)


def test_an_empty_part_is_refused(table: SampleTable):
    with pytest.raises(DatasetUnusable, match="mine test: no captions"):
        evaluate(Knower(), table.take([]), dataset="mine")
    with pytest.raises(ValueError, match="batch is 0"):
        evaluate(Knower(), table, batch=0)


def test_plots_of_synthetic_weights_say_so(table: SampleTable, tmp_path: Path):
    measured = evaluate(Knower(), table, trained_on="synthetic people")
    drawn = []
    for name, said in (("said", measured), ("unsaid", replace(measured, trained_on=None))):
        (tmp_path / name).mkdir()
        draw_plots(said, tmp_path / name)
        drawn.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert drawn[0].keys() == drawn[1].keys()
    assert all(drawn[0][name] != drawn[1][name] for name in drawn[0])
