"""A log over a real Redis whose old part lies in files."""

from pipeline.store.crop_stream import CropStream
from pipeline.store.log_archive import LogArchive
from pipeline.store.log_mover import LogMover
from pipeline.store.media import FolderMedia
from pipeline.store.retention import Retention
from pipeline.store.sighting_log import START, SightingLog
from pipeline.store.whole_log import WholeLog
from tests.store_messages import ALICE, NOON, logged, published


class House:
    """A log over a Redis of its own, and its files."""

    def __init__(self, private, folder):
        self.redis, self.keys, self.root = private.client, private.keys, folder / "log"
        self.crops = CropStream(self.redis, self.keys, max_length=1000)
        self.crops.ensure_group()
        self.media = FolderMedia(folder / "media")
        self.open()

    def open(self):
        """As another process does, or this one after a restart."""
        self.archive = LogArchive(self.redis, self.keys, self.root)
        self.whole = WholeLog(self.redis, self.keys, self.archive)
        self.log = SightingLog(self.redis, self.keys, self.whole)

    def see(self, *numbers, track=ALICE, **more):
        for number in numbers:
            self.crops.publish(published(number, track, **more))
        pairs = [
            (crop, logged(crop.shot))
            for crop in self.crops.take("w", count=1000, block_s=0, reclaim_idle_s=60)
        ]
        for crop, sighting in pairs:
            self.media.write(sighting.picture, crop.shot.jpeg)
        self.log.settle(pairs)

    def has(self, position, name="index"):
        self.log.register_view(name, position, NOON)

    def move(self, *, keep=0, chunk=3):
        return LogMover(self.redis, self.keys, self.archive, keep=keep, chunk=chunk).move()

    def move_all(self, **more):
        self.has(self.log.end())
        return self.move(**more)

    def shots(self, count=2):
        """What a view reads that goes through it, `count` at a time."""
        found, after = [], START
        while True:
            page = self.log.page(after, count=count)
            found += [s.shot.number for _, s in page.sightings]
            after = page.last
            if not page.is_full:
                return found

    def files(self):
        return sorted(path for path in self.root.glob("*/*") if path.is_file())

    def in_redis(self):
        return self.redis.xlen(self.keys.sightings)

    def retention(self, policy, **more):
        parts = self.redis, self.keys, self.media, _NoBoxes(), policy
        return Retention(*parts, whole=self.whole, **more)


class _NoBoxes:
    def delete(self, *_):
        return False
