"""A data folder with everything in it that tells of somebody, over a Redis of its own."""

from functools import partial

import numpy as np

from detectors.types import Box, ShotId, TrackedBox, TrackKey
from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.data_folder import DataFolder
from pipeline.store.server import PrivateRedis
from pipeline.store.wire import LoggedSighting
from pipeline.telemetry import Telemetry
from pipeline.wiring.erasing import build_erasing
from pipeline.wiring.gallery import index_folder
from pipeline.wiring.stores import open_stores
from pipeline.workers.bookmarks import Bookmarks
from pipeline.workers.rolling_scenes import RollingScenes
from pipeline.workers.view import LogView
from retrieval.index.rolling import RollingIndex
from retrieval.types import Where
from tests.store_messages import logged, published

MODEL, DIMENSION = "m@1", 64
DAY_S = 86_400.0
EVERYTHING = Where(now=float("-inf"))


def vector_of(shot: ShotId):
    """One that no other shot has."""
    draw = np.random.default_rng([shot.track.number, shot.number])
    vector = draw.standard_normal(DIMENSION)
    return (vector / np.linalg.norm(vector)).astype(np.float16).astype(np.float32)


def jpeg_of(shot: ShotId) -> bytes:
    """Bytes that no other shot has, behind a head that all have."""
    draw = np.random.default_rng([7, shot.track.number, shot.number])
    return b"\xff\xd8 head of all pictures" + draw.bytes(900) + b"\xff\xd9"


class House:
    """One owner of a data folder: its Redis and its stores; readers come and go."""

    def __init__(self, folder, runtime, binary=None, **retention):
        self.settings = Settings(data_dir=folder, runtime_dir=runtime, retention=retention)
        self.folder = DataFolder.open(folder, runtime_dir=runtime)
        self.server = PrivateRedis(folder, runtime, binary=binary)
        self.server.start()
        self.open()

    def open(self):
        self.stores = open_stores(self.settings, f"unix://{self.server.socket}")
        self.stores.crops.ensure_group()
        self.reader()

    def close(self):
        self.stores.boxes.close()
        self.stores.client.close()
        self.server.stop()

    def reader(self):
        """A process that reads the log into the index on disk, from its last checkpoint on.

        It keeps tracks of each camera and light, as a query worker does.
        """
        stores, clock = self.stores, SystemClock()
        self.index = RollingIndex(index_folder(self.folder.path, MODEL), MODEL, DIMENSION)
        self.scenes = RollingScenes(
            self.index,
            DIMENSION,
            partial(stores.tracks.spread_out, of_each=8, latest=100),
            clock,
            best_of=3,
            aside=lambda work: work(),
        )
        self.view = LogView(
            stores.sightings,
            self.index,
            model_id=MODEL,
            policy=stores.policy,
            clock=clock,
            telemetry=Telemetry(),
            bookmarks=Bookmarks(self.index, stores.sightings, stores.policy, clock),
            forgotten=self.scenes.forget,
        )

    def see(self, track: TrackKey, *numbers: int, **changes):
        """Have shots published; they wait to be embedded."""
        self.stores.cameras.register(track.camera_id, "rtsp")
        return [
            self.stores.crops.publish(
                published(number, track, jpeg=jpeg_of(ShotId(track, number)), **changes)
            )
            for number in numbers
        ]

    def take(self):
        taken = self.stores.crops.take("w", count=1000, block_s=0, reclaim_idle_s=600)
        return [(crop, self._sighting(crop)) for crop in taken]

    def settle(self, pairs):
        for crop, sighting in pairs:
            self.stores.media.write(sighting.picture, crop.shot.jpeg)
        settled = self.stores.sightings.settle(pairs)
        for picture in settled.erased:
            self.stores.media.delete(picture)
        return settled.sightings

    def embed(self):
        return self.settle(self.take())

    def _sighting(self, crop) -> LoggedSighting:
        message = logged(crop.shot)
        facts = {name: getattr(message, name) for name in message.__dataclass_fields__}
        return LoggedSighting(**facts | {"vector": vector_of(crop.shot.shot), "model_id": MODEL})

    def keep_boxes(self, track: TrackKey, *others: int):
        numbers = (track.number, *others)
        boxes = [TrackedBox(number, Box(1, 2, 3, 4 + number), 0.9) for number in numbers]
        self.stores.boxes.write(track.camera_id, track.run_id, 1, boxes, at=1.0)
        self.stores.boxes.commit()

    def follow(self):
        self.view.follow_once(block_s=0)
        return self.found()

    def checkpoint(self):
        self.follow()
        self.view.leave()

    def found(self):
        """The shots that a search finds."""
        anybody = np.eye(1, DIMENSION, dtype=np.float32)[0]
        shots = self.index.search(anybody, k=10**6, where=EVERYTHING)
        return {str(shot.sighting.shot) for shot in shots}

    def erasing(self):
        return build_erasing(self.settings, self.stores)

    def close_index(self):
        """As the process does that has the index, when it ends."""
        self.checkpoint()

    def files_with(self, *needles: bytes):
        """Files of the data folder that hold one of these, by plain reading."""
        found = []
        for path in sorted(self.folder.path.rglob("*")):
            if path.is_file() and not path.is_symlink():
                data = path.read_bytes()
                found += [path for needle in needles if needle in data]
        return found
