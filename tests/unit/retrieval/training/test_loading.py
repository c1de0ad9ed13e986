"""Batches are the same whoever loads them, and a bad picture is one line."""

import multiprocessing
import os
import random
import signal

import pytest
import torch

from retrieval.errors import PictureUnreadable, TrainingError
from retrieval.pictures import open_picture
from retrieval.tokenizer import tokenize
from retrieval.training.augment import TrainingTransform
from retrieval.training.datasets import open_dataset
from retrieval.training.loading import BatchLoader
from retrieval.training.sampler import BatchSchedule
from retrieval.training.seeds import draw_seed
from tests.miniature_datasets import make_cuhk

HEIGHT, WIDTH = 32, 16


@pytest.fixture
def table(tmp_path):
    """Twenty-four captions of twelve pictures of six people."""
    make_cuhk(tmp_path)
    return open_dataset("cuhk-pedes", tmp_path).split("train")


def loader_of(table, *, workers=0, batch=5, ranks=1, rank=0, seed=3):
    return BatchLoader(
        table,
        TrainingTransform(HEIGHT, WIDTH),
        BatchSchedule(len(table), batch, ranks, seed),
        rank=rank,
        seed=seed,
        workers=workers,
    )


def same(first, second):
    names = ("rows", "images", "ids", "identities")
    return all(torch.equal(getattr(first, name), getattr(second, name)) for name in names)


def all_same(first, second):
    return len(first) == len(second) and all(map(same, first, second))


def test_a_batch_holds_the_samples_of_its_rows(table):
    batches = list(loader_of(table).batches(epoch=2))
    assert [len(batch.rows) for batch in batches] == [5, 5, 5, 5, 4]
    transform = TrainingTransform(HEIGHT, WIDTH)
    for batch in batches:
        for place, row in enumerate(batch.rows.tolist()):
            sample = table[row]
            seed = draw_seed(3, 2, row, "picture")
            image = transform(open_picture(sample.picture), seed)
            assert torch.equal(batch.images[place], image)
            assert batch.ids[place].tolist() == tokenize([sample.caption])[0].tolist()
            assert batch.identities[place] == sample.identity
    first = batches[0]
    assert first.images.shape == (5, 3, HEIGHT, WIDTH)
    assert first.images.dtype == torch.float32
    assert {first.rows.dtype, first.ids.dtype, first.identities.dtype} == {torch.int64}


def test_other_processes_load_the_same_epoch_after_epoch(table):
    alone, helped = loader_of(table), loader_of(table, workers=2)
    for epoch, first_step in ((1, 0), (2, 3), (1, 0)):
        assert all_same(
            list(alone.batches(epoch, first_step)), list(helped.batches(epoch, first_step))
        )
    # An epoch that is left in the middle leaves nothing behind for the next.
    next(helped.batches(1))
    assert all_same(list(alone.batches(2)), list(helped.batches(2)))
    helped.close()


def test_an_epoch_is_entered_in_the_middle(table):
    loader = loader_of(table)
    whole = list(loader.batches(1))
    assert all_same(list(loader.batches(1, first_step=2)), whole[2:])
    assert list(loader.batches(1, first_step=5)) == []


def test_two_ranks_load_together_what_one_loads(table):
    whole = list(loader_of(table, batch=6).batches(1))
    parts = [list(loader_of(table, batch=3, ranks=2, rank=rank).batches(1)) for rank in (0, 1)]
    for joined, first, second in zip(whole, *parts, strict=True):
        assert torch.equal(joined.rows, torch.cat([first.rows, second.rows]))
        assert torch.equal(joined.images, torch.cat([first.images, second.images]))


def test_epochs_differ_in_order_and_in_pictures(table):
    (first,), (second,) = (list(loader_of(table, batch=24).batches(epoch)) for epoch in (1, 2))
    assert not torch.equal(first.rows, second.rows)
    assert not torch.equal(first.images[first.rows.argsort()], second.images[second.rows.argsort()])


@pytest.mark.parametrize("workers", [0, 1])
def test_loading_leaves_global_draws_alone(table, workers):
    states = torch.get_rng_state(), random.getstate()
    loader = loader_of(table, workers=workers)
    next(loader.batches(1))
    loader.close()
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_bad_picture_is_the_same_one_line_from_every_process(table, workers):
    bad = table.picture(4)
    bad.write_bytes(bad.read_bytes()[:60])
    with pytest.raises(PictureUnreadable) as expected:
        open_picture(bad)
    loader = loader_of(table, workers=workers)
    with pytest.raises(PictureUnreadable) as raised:
        list(loader.batches(1))
    loader.close()
    assert str(raised.value) == str(expected.value)
    assert str(bad) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_worker_that_is_killed_is_told_in_one_line(table):
    before = multiprocessing.active_children()
    loader = loader_of(table, workers=1, batch=2)
    batches = loader.batches(1)
    next(batches)
    (worker,) = set(multiprocessing.active_children()) - set(before)
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(TrainingError, match="a process that reads pictures ended") as raised:
        list(batches)
    loader.close()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("is_seen_gone", [True, False], ids=["seen gone", "in a batch"])
def test_a_worker_that_is_killed_with_a_lock_in_hand_holds_nobody_up(table, is_seen_gone):
    """Every worker looks at a shared event all the time: one killed there keeps its lock."""
    loader = loader_of(table, workers=2, batch=2)
    batches = loader.batches(1)
    next(batches)
    lock = loader._arriving._workers_done_event.shared._cond
    lock.acquire()  # never given back, as by the dead
    workers = list(loader._arriving._workers)
    os.kill(workers[0].pid, signal.SIGKILL)
    if is_seen_gone:
        workers[0].join()
    with pytest.raises(TrainingError, match="a process that reads pictures ended"):
        list(batches)
    assert not any(worker.is_alive() for worker in workers)


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_loader_with_a_dead_worker_can_be_closed(table, is_whole):
    loader = loader_of(table, workers=1, batch=12)
    batches = loader.batches(1)
    list(batches) if is_whole else next(batches)
    lock = loader._arriving._workers_done_event.shared._cond
    lock.acquire()
    (worker,) = loader._arriving._workers
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    loader.close()
    del batches
    assert not worker.is_alive()


def test_a_closed_loader_says_so(table):
    loader = loader_of(table)
    loader.close()
    with pytest.raises(TrainingError, match="closed"):
        next(loader.batches(1))


def test_a_schedule_of_other_samples_is_refused(table):
    with pytest.raises(ValueError, match="a schedule of 7 rows, a table of 24"):
        BatchLoader(table, TrainingTransform(HEIGHT, WIDTH), BatchSchedule(7, 2))
