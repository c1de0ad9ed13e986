"""pipeline.street.recipe.tracks: people of stills as tracks that score as those of an index do."""

import numpy as np
import pytest
from PIL import Image

from pipeline.street.recipe.asking import ask
from pipeline.street.recipe.tracks import encode_sentences, encode_tracks
from pipeline.street.recipe.watching import NOBODY, Stopped, Watch
from retrieval.errors import DatasetUnusable
from retrieval.fakes import COLOURS, FakeEncoder
from retrieval.track_scores import BEST_OF, SHOTS_KEPT
from tests.drawn_stills import stills_of

ENCODER = FakeEncoder()
NAMES = sorted(COLOURS)


@pytest.fixture
def crops(tmp_path):
    """A file of each colour."""
    files = []
    for number, name in enumerate(NAMES):
        files.append(tmp_path / f"{number}.png")
        Image.fromarray(np.full((48, 16, 3), COLOURS[name], np.uint8)).save(files[-1])
    return files


def test_a_track_is_as_many_crops_as_an_index_keeps(crops):
    people = [crops[:1], crops[: SHOTS_KEPT + 1], crops[: 2 * SHOTS_KEPT + 1]]
    tracks = encode_tracks(ENCODER, people, NOBODY, most=2)
    assert np.bincount(tracks.owner).tolist() == [1, SHOTS_KEPT, 1, SHOTS_KEPT, SHOTS_KEPT]
    assert tracks.people.tolist() == [0, 1, 1, 2, 2]
    assert encode_tracks(ENCODER, people, NOBODY).people.tolist() == [0, 1, 2]


def test_it_scores_the_mean_of_its_best_and_not_of_all(crops):
    queries = encode_sentences(ENCODER, [f"a person in {name}" for name in NAMES], NOBODY)
    tracks = encode_tracks(ENCODER, [crops[:SHOTS_KEPT], crops[1:2]], NOBODY)
    each = np.sort(queries.astype(np.float64) @ tracks.shots[:SHOTS_KEPT].T, axis=1)
    found = tracks.scores(queries)
    assert found[:, 0] == pytest.approx(each[:, -BEST_OF:].mean(axis=1), abs=1e-6)
    assert np.abs(found[:, 0] - each.mean(axis=1)).max() > 0.01


def test_the_judge_asks_everybody_as_one_track(tmp_path):
    folder = stills_of(tmp_path / "val", people=5, shots=SHOTS_KEPT + 2)
    told = []

    def start_report(job):
        return lambda done, total: told.append((job, done, total))

    asked = ask(folder, ENCODER, 0, Watch(start_report, lambda: False))
    assert asked.scores.shape == asked.relevant.shape == (5, 5)
    assert told == [("sentences", 0, 5), ("pictures of people", 0, 5 * SHOTS_KEPT)]


def test_a_folder_that_shows_nobody_is_refused(tmp_path):
    with pytest.raises(DatasetUnusable, match="shows nobody"):
        ask(stills_of(tmp_path / "val", people=0), ENCODER, 0)


def test_work_is_left_between_two_batches():
    answers = iter([False, False, True])
    watch = Watch(lambda _: lambda *_: None, lambda: next(answers))
    batches = watch.batches("numbers", range(10), 3)
    assert [list(next(batches)), list(next(batches))] == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(Stopped):
        next(batches)
    assert [list(some) for some in NOBODY.batches("numbers", range(4), 3)] == [[0, 1, 2], [3]]
