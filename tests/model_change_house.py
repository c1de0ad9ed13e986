"""A log of one model over a real Redis, and what changes it for another: no process, no weights."""

import threading
import time
from dataclasses import replace

import cv2
import numpy as np

from pipeline.clock import SystemClock
from pipeline.store.crop_stream import CropStream
from pipeline.store.media import FolderMedia
from pipeline.store.model_change import ModelStore
from pipeline.store.retention import RetentionPolicy
from pipeline.store.sighting_log import SightingLog
from pipeline.telemetry import Telemetry
from pipeline.workers.bookmarks import Bookmarks
from pipeline.workers.cautions import Trust
from pipeline.workers.copying import Copier, CopyParts
from pipeline.workers.embed import Embedding, EmbedWorker
from pipeline.workers.reindexing import ReindexParts, ReindexWorker
from pipeline.workers.service import Engine
from pipeline.workers.succession import Estate, Succession
from pipeline.workers.view import VIEW_NAME, LogView
from retrieval.fakes import FakeEncoder
from retrieval.index.rolling import RollingIndex
from retrieval.types import Where
from tests.store_messages import ALICE, published

#: Two models: they differ in the length of their vectors, so that a mixture would be an error.
OLD, NEW = FakeEncoder(32), FakeEncoder(48)
BY_NAME = {"fake": NEW}
PICTURE = cv2.imencode(".jpg", np.full((64, 32, 3), 90, np.uint8))[1].tobytes()
POLICY = RetentionPolicy(live_s=None, imports_s=None)
EVERYTHING = Where(now=float("-inf"))


def waited(condition, within_s=60.0):
    """What `condition` returns once it is true."""
    last = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < last, condition
        time.sleep(0.01)
    return value


class CountedModels(ModelStore):
    """Counts how often somebody looked how far a change is."""

    looks = 0

    def change(self):
        found = super().change()
        self.looks += 1
        return found


class House:
    """Who fills the log, who copies it, and who searches it."""

    searchers = None

    def __init__(self, client, keys, folder):
        self.client, self.keys, self.folder = client, keys, folder
        self.crops = CropStream(client, keys, max_length=1000)
        self.crops.ensure_group()
        self.log, self.models = SightingLog(client, keys), CountedModels(client, keys)
        self.media = FolderMedia(folder / "media")
        self.stop, self.failures, self.discarded = threading.Event(), [], []
        self.threads, self.serving = [], None

    def see(self, *numbers, track=ALICE, **more):
        for number in numbers:
            self.crops.publish(replace(published(number, track, **more), jpeg=PICTURE))

    def embed(self, encoder=OLD):
        parts = Embedding(encoder, self.crops, self.log, self.media, Telemetry(), SystemClock())
        embedder = EmbedWorker(parts, name="own", batch=8, max_wait_s=0.0)
        done = embedder.work_once(block_s=0.01)  # looks for what its name held before
        while some := embedder.work_once(block_s=0.01):
            done += some
        return done

    def have(self, *numbers, **more):
        self.see(*numbers, **more)
        self.embed()

    def copier(self, encoder=NEW, stopped=lambda: False):
        parts = CopyParts(
            encoder, self.models, self.log, self.crops, self.media, SystemClock(), stopped
        )
        return Copier(parts)

    def worker(self):
        def make(name):
            encoder = BY_NAME[name]
            return encoder.model_id, self.copier(encoder, self.stop.is_set)

        return ReindexWorker(ReindexParts(self.models, self.log, make))

    def engine(self, encoder, name=VIEW_NAME):
        clock = SystemClock()
        path = self.folder / "index" / encoder.model_id
        index = RollingIndex(path, encoder.model_id, encoder.dimension)
        view = LogView(
            self.log,
            index,
            model_id=encoder.model_id,
            policy=POLICY,
            clock=clock,
            telemetry=Telemetry(),
            bookmarks=Bookmarks(index, self.log, POLICY, clock),
            name=name,
        )
        return Engine(encoder, index, view, Trust())

    def succession(self, first=OLD):
        """A query worker's part; what is served is in `serving`."""
        self.serving = self.engine(first)

        def serve(engine):
            self.serving = engine

        estate = Estate(
            models=self.models,
            build=lambda name, view: self.engine(BY_NAME[name], view),
            discard=self.discard,
            serve=serve,
            forget_view=self.log.forget_view,
            now=SystemClock().now,
            searchers=self.searchers,
        )
        return Succession(self.serving, estate)

    def discard(self, model_id):
        self.discarded.append(model_id)

    def start(self, runner, *more):
        thread = threading.Thread(target=runner.run, args=(self.stop, *more), daemon=True)
        thread.start()
        self.threads.append(thread)
        return thread

    def close(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(30.0)
            assert not thread.is_alive()

    def logged(self, encoder):
        """The shots that the log holds of a model, in its order."""
        return [
            s.shot for _, s in self.log.read("0-0", count=10_000) if s.model_id == encoder.model_id
        ]

    def searched(self, encoder):
        """The shots that an index of the whole log finds."""
        index = self.engine(encoder, "other").index
        index.clear()
        view = LogView(
            self.log,
            index,
            model_id=encoder.model_id,
            policy=POLICY,
            clock=SystemClock(),
            telemetry=Telemetry(),
        )
        while not view.state.caught_up:
            view.follow_once(block_s=0)
        return shots_in(index, encoder)


def shots_in(index, encoder):
    query = np.eye(1, encoder.dimension, dtype=np.float32)[0]
    found = index.search(query, k=10**6, where=EVERYTHING)
    return sorted(one.sighting.shot for one in found)
