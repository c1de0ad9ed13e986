"""What a budget touches, over a real Redis and a folder."""

from detectors.types import TrackKey
from pipeline.store.boxes import BoxArchive
from pipeline.store.crop_stream import CropStream
from pipeline.store.media import FolderMedia
from pipeline.store.retention import Retention, RetentionPolicy
from pipeline.store.runs import RunStore
from pipeline.store.sighting_log import START, SightingLog
from pipeline.store.tracks import TrackStore
from pipeline.store.weights import BLOCK, INDEX_ROW
from tests.store_messages import NOON, logged, published

FOR_EVER = RetentionPolicy(live_s=None, imports_s=None)


class House:
    """Everything that a budget touches."""

    def __init__(self, client, keys, folder, budgets, media=FolderMedia):
        self.client, self.keys, self.folder = client, keys, folder
        self.crops = CropStream(client, keys, max_length=10_000)
        self.crops.ensure_group()
        self.log, self.tracks = SightingLog(client, keys), TrackStore(client, keys)
        self.runs = RunStore(client, keys)
        self.media, self.boxes = media(folder / "media"), BoxArchive(folder / "boxes")
        self.budgets = budgets
        self.retention = self.bounded(budgets)

    def bounded(self, budgets, policy=FOR_EVER):
        return Retention(self.client, self.keys, self.media, self.boxes, policy, budgets=budgets)

    def see(self, collection, number, at, *, size=100):
        """A shot of a track of its own is published, embedded and logged."""
        is_live = collection == "live"
        shot = published(
            1, TrackKey("lobby", collection, number), captured_at=NOON + at,
            collection=collection, is_live=is_live,
            imported_at=None if is_live else NOON + 10**6, jpeg=b"j" * size,
        )  # fmt: skip
        self.crops.publish(shot)
        (crop,) = self.crops.take("w", count=1, block_s=0, reclaim_idle_s=60)
        sighting = logged(shot)
        object.__setattr__(sighting, "picture_bytes", size)
        self.media.write(sighting.picture, shot.jpeg)
        self.log.settle([(crop, sighting)])
        return shot.shot

    def shots(self):
        return {sighting.shot for _, sighting in self.log.read(START, count=10_000)}

    def pictures(self):
        return {path.stem for path in self.media.root.rglob("*.jpg")}

    def taken(self):
        """What each shot takes, added up by hand."""
        by_shot = {}
        for batch in self.log.whole.messages(100):
            for message in batch:
                blocks = -(-self.media.size(message.picture) // BLOCK) * BLOCK
                by_shot[message.shot] = (
                    message.log_bytes + 2 * message.vector_bytes + INDEX_ROW + blocks
                )
        return by_shot


def one_shot(house):
    """Bytes of a shot whose picture takes one block."""
    return max(house.taken().values())
