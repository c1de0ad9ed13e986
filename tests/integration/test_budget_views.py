"""Views of a log whose collections are over their budgets, and a sweep that is killed."""

import multiprocessing
import os
import signal

import numpy as np
import pytest
import redis

from pipeline.clock import ManualClock
from pipeline.store.budget import Budgets
from pipeline.store.keys import Keys
from pipeline.store.media import FolderMedia
from pipeline.telemetry import Telemetry
from pipeline.workers.bookmarks import CHECKPOINT_EVERY_S, Bookmarks
from pipeline.workers.view import LogView
from retrieval.index.rolling import RollingIndex
from retrieval.types import Where
from tests.budget_house import FOR_EVER, House, one_shot
from tests.store_messages import NOON

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("log_lies")]


class Reader:
    """A process that reads the log into the index of a folder, until it dies."""

    def __init__(self, house):
        self.index, self.clock = RollingIndex(house.folder / "index", "m@1", 4), ManualClock()
        self.view = LogView(
            house.log, self.index, model_id="m@1", policy=FOR_EVER, clock=self.clock,
            telemetry=Telemetry(),
            bookmarks=Bookmarks(self.index, house.log, FOR_EVER, self.clock),
        )  # fmt: skip

    def follow(self):
        self.view.follow_once(block_s=0)
        query = np.array([0.6, 0.8, 0, 0], np.float32)
        found = self.index.search(query, k=100, where=Where(now=0.0))
        assert len(found) == len(self.index)
        return {shot.sighting.shot for shot in found}

    def checkpoint(self):
        self.clock.sleep(CHECKPOINT_EVERY_S)
        return self.follow()


def test_what_went_is_found_no_longer_by_views_that_run_resume_or_begin(new_house):
    house = new_house(Budgets())
    shots = [house.see("case", n, n) for n in range(1, 5)]
    other = house.see("trial", 9, 0)
    reader = Reader(house)
    assert reader.checkpoint() == {*shots, other}
    away = Reader(house)  # resumes from the bookmark only when it follows
    house.bounded(Budgets(collections={"case": 2 * one_shot(house)})).sweep(NOON)
    house.see("case", 7, 2)
    rest = {*shots[2:], other}
    assert reader.follow() == rest
    assert away.follow() == rest
    assert away.checkpoint() == rest
    assert Reader(house).follow() == rest
    rebuilt = Reader(house)
    rebuilt.index.clear()
    assert rebuilt.follow() == rest


class Deadly(FolderMedia):
    """Kills its process at the second picture that it deletes."""

    deleted = 0

    def delete(self, key):
        self.deleted += 1
        if self.deleted == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().delete(key)


def sweep_and_die(socket, namespace, folder, budget):
    """As a query worker that is killed in the middle of a sweep."""
    client = redis.Redis(unix_socket_path=socket)
    house = House(client, Keys(namespace), folder, Budgets(imports=budget), media=Deadly)
    house.retention.sweep(NOON)


@pytest.mark.parametrize("log_lies", ["in Redis"], indirect=True)  # it has a process of its own
def test_a_sweep_that_is_killed_is_completed_by_the_next(new_house, private_redis):
    house = new_house(Budgets())
    shots = [house.see("case", n, n) for n in range(1, 6)]
    budget = 2 * one_shot(house)
    house.boxes.close()
    socket = private_redis.client.connection_pool.connection_kwargs["path"]
    process = multiprocessing.get_context("spawn").Process(
        target=sweep_and_die, args=(socket, house.keys.namespace, house.folder, budget)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert house.shots() == set(shots)
    assert len(house.pictures()) == 4
    assert Reader(house).follow() == set(shots[3:])  # found no longer all the same
    again = House(house.client, house.keys, house.folder, Budgets(imports=budget))
    assert again.retention.sweep(NOON).sightings == 3
    assert house.shots() == set(shots[3:])
    assert house.pictures() == {"case-4-1", "case-5-1"}
    assert again.retention.budget.weights() == {"case": sum(house.taken().values())}
    again.boxes.close()
