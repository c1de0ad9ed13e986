"""The numbers of a run are there once each, however often it was killed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from retrieval.errors import TrainingError
from retrieval.training.journal import Journal


def lines(folder, kind="train"):
    return (folder / f"{kind}.csv").read_text("utf-8").splitlines()


def test_rows_have_a_step_and_numbers_below_a_header(tmp_path):
    with Journal(tmp_path / "run") as journal:
        journal.write("train", 20, {"loss": 2.5, "lr": 1e-5})
        journal.write("train", 40, {"loss": 0.1, "lr": 1e-5})
        journal.write("validation", 40, {"r1": float("nan")})
    assert lines(tmp_path / "run") == ["step,loss,lr", "20,2.5,1e-05", "40,0.1,1e-05"]
    assert lines(tmp_path / "run", "validation") == ["step,r1", "40,nan"]


def test_a_row_is_there_before_the_journal_is_closed(tmp_path):
    with Journal(tmp_path) as journal:
        journal.write("train", 1, {"loss": 1.0})
        assert lines(tmp_path) == ["step,loss", "1,1.0"]


def test_what_a_killed_run_wrote_after_its_checkpoint_is_cut(tmp_path):
    with Journal(tmp_path) as journal:
        for step in (1, 2, 3, 4):
            journal.write("train", step, {"loss": step / 10})
    with Journal(tmp_path, resume_step=2) as journal:
        journal.write("train", 3, {"loss": 0.7})
    assert lines(tmp_path) == ["step,loss", "1,0.1", "2,0.2", "3,0.7"]


def test_a_run_that_begins_again_begins_an_empty_journal(tmp_path):
    with Journal(tmp_path) as journal:
        journal.write("train", 1, {"loss": 1.0})
    with Journal(tmp_path) as journal:
        journal.write("train", 0, {"other": 2.0})
    assert lines(tmp_path) == ["step,other", "0,2.0"]


@given(st.integers(0, 100), st.integers(0, 6))
def test_a_file_torn_anywhere_keeps_its_whole_rows_up_to_the_checkpoint(
    tmp_path_factory, torn_at, resume_step
):
    folder = tmp_path_factory.mktemp("run")
    text = "step,loss\n" + "".join(f"{step},0.{step}\n" for step in range(6))
    torn = text[: min(torn_at, len(text))]
    (folder / "train.csv").write_text(torn, "utf-8")
    whole = torn[: torn.rfind("\n") + 1].splitlines()[1:]
    kept = [row for row in whole if int(row.partition(",")[0]) <= resume_step]
    with Journal(folder, resume_step=resume_step) as journal:
        journal.write("train", 7, {"loss": 0.5})
    assert lines(folder) == ["step,loss", *kept, "7,0.5"]


def test_rows_that_are_none_are_cut(tmp_path):
    (tmp_path / "train.csv").write_bytes(b"step,loss\n1,0.5\n\x00\x00\xff\n2\n-1,2\n3,0.25\n")
    Journal(tmp_path, resume_step=5).close()
    assert lines(tmp_path) == ["step,loss", "1,0.5", "3,0.25"]


def test_tensorboard_shows_each_step_once_and_the_later_value(tmp_path):
    with Journal(tmp_path) as journal:
        for step in (1, 2, 3):
            journal.write("train", step, {"loss": 1.0})
    with Journal(tmp_path, resume_step=1) as journal:
        journal.write("train", 2, {"loss": 0.5})
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload().Scalars("train/loss")
    assert [(event.step, event.value) for event in events] == [(1, 1.0), (2, 0.5)]


def test_other_columns_than_the_first_row_has_are_refused(tmp_path):
    with Journal(tmp_path) as journal:
        journal.write("train", 1, {"loss": 1.0})
        with pytest.raises(ValueError, match="columns"):
            journal.write("train", 2, {"lr": 1.0})
    with Journal(tmp_path, resume_step=1) as journal, pytest.raises(ValueError, match="columns"):
        journal.write("train", 2, {"lr": 1.0})


def test_a_folder_that_cannot_be_is_told_in_a_line(tmp_path):
    (tmp_path / "run").write_text("a file", "utf-8")
    with pytest.raises(TrainingError, match="mend the folder and try again"):
        Journal(tmp_path / "run")
