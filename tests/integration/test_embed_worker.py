"""The embed worker on a real Redis: nothing is lost to a full disk, or to a kill."""

import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.clock import SystemClock
from pipeline.errors import StoreFull
from pipeline.store.crop_stream import MAX_DELIVERIES, CropStream
from pipeline.store.media import FolderMedia
from pipeline.store.sighting_log import SightingLog
from pipeline.telemetry import Telemetry
from pipeline.workers.embed import Embedding, EmbedWorker
from retrieval.errors import WeightsUnusable
from retrieval.fakes import FakeEncoder
from tests.store_messages import published

pytestmark = pytest.mark.redis

PICTURE = cv2.imencode(".jpg", np.full((64, 32, 3), 90, np.uint8))[1].tobytes()


class Disk(FolderMedia):
    """A folder whose disk is full for the next `full_for` writes."""

    full_for = 0

    def write(self, key: str, content: bytes) -> None:
        if self.full_for:
            self.full_for -= 1
            raise StoreFull("no room left")
        super().write(key, content)


@pytest.fixture
def parts(private_redis, tmp_path) -> Embedding:
    client, keys = private_redis.client, private_redis.keys
    return Embedding(
        encoder=FakeEncoder(),
        crops=CropStream(client, keys, max_length=100),
        sightings=SightingLog(client, keys),
        media=Disk(tmp_path / "media"),
        telemetry=Telemetry(),
        clock=SystemClock(),
    )


def worker(parts: Embedding, name: str = "own") -> EmbedWorker:
    return EmbedWorker(parts, name=name, batch=8, max_wait_s=0.0)


def publish(parts: Embedding, *numbers: int) -> None:
    for number in numbers:
        parts.crops.publish(replace(published(number), jpeg=PICTURE))


def embed(embedder: EmbedWorker, times: int = 4) -> int:
    return sum(embedder.work_once(block_s=0.01) for _ in range(times))


def test_crops_become_sightings_with_pictures(parts):
    publish(parts, 1, 2, 3)
    assert embed(worker(parts)) == 3
    assert parts.sightings.length() == 3
    assert parts.crops.length() == 0
    for _, sighting in parts.sightings.read("0-0", count=10, block_s=0):
        assert parts.media.read(sighting.picture) == PICTURE


def test_a_disk_that_is_full_for_long_loses_nothing(parts):
    publish(parts, 1, 2)
    embedder = worker(parts)
    parts.media.full_for = failures = 4 * MAX_DELIVERIES
    for _ in range(failures + 1):
        try:
            embedder.work_once(block_s=0.01)
        except StoreFull:
            continue
    assert embed(embedder) == 2
    assert parts.crops.damaged() == 0
    assert parts.sightings.length() == 2


def test_what_a_killed_worker_held_is_taken_up_by_its_successor_at_once(parts):
    publish(parts, 1, 2, 3)
    parts.crops.ensure_group()
    held = parts.crops.take("own", count=8, block_s=0.1, reclaim_idle_s=15.0)
    assert len(held) == 3
    assert embed(worker(parts), times=6) == 3
    assert parts.crops.length() == 0


def test_a_picture_in_hand_goes_where_its_track_is_erased_meanwhile(parts):
    publish(parts, 1, 2)
    embedder = worker(parts)
    parts.media.full_for = 1
    with pytest.raises(StoreFull):
        embed(embedder)  # it has them in hand now
    parts.sightings.erased.mark([published(1).shot.track], 1.0)
    assert embed(embedder) == 0
    assert parts.crops.length() == parts.sightings.length() == 0
    assert [path for path in parts.media.root.rglob("*") if path.is_file()] == []


def test_a_picture_that_is_none_is_put_aside_and_the_others_go_on(parts):
    publish(parts, 1)
    parts.crops.publish(published(2))  # its JPEG is no picture
    publish(parts, 3)
    assert embed(worker(parts)) == 2
    assert parts.crops.damaged() == 1
    assert parts.crops.length() == 0


class Choosy(FakeEncoder):
    """An encoder that cannot take dark pictures."""

    def encode_images(self, pictures):
        if any(picture.mean() < 20 for picture in pictures):
            raise WeightsUnusable("values that are no numbers")
        return super().encode_images(pictures)


def test_a_picture_that_the_model_cannot_take_does_not_stop_the_others(parts):
    dark = cv2.imencode(".jpg", np.zeros((64, 32, 3), np.uint8))[1].tobytes()
    publish(parts, 1)
    parts.crops.publish(replace(published(2), jpeg=dark))
    publish(parts, 3)
    assert embed(worker(replace(parts, encoder=Choosy()))) == 2
    assert parts.crops.damaged() == 1
    assert parts.crops.length() == 0


class Broken(FakeEncoder):
    """An encoder that no picture pleases."""

    def encode_images(self, pictures):
        raise WeightsUnusable("values that are no numbers")


def test_a_broken_model_loses_no_crop_however_often_it_is_started(parts):
    publish(parts, 1, 2, 3)
    for _ in range(3):
        with pytest.raises(WeightsUnusable):
            embed(worker(replace(parts, encoder=Broken())))
    assert parts.crops.damaged() == 0
    assert embed(worker(parts), times=8) == 3


def test_a_group_that_vanished_is_made_again(parts, private_redis):
    publish(parts, 1)
    embedder = worker(parts)
    assert embed(embedder) == 1
    private_redis.client.delete(private_redis.keys.crops)
    publish(parts, 2)
    assert embed(embedder) == 1


def test_two_workers_settle_every_crop_once(parts):
    publish(parts, *range(1, 41))
    stop = threading.Event()
    both = [worker(parts, "a"), worker(parts, "b")]
    threads = [threading.Thread(target=each.run, args=(stop,)) for each in both]
    for thread in threads:
        thread.start()
    waited = threading.Event()
    for _ in range(200):
        if parts.crops.length() == 0:
            break
        waited.wait(0.05)
    stop.set()
    for thread in threads:
        thread.join(10)
    read = parts.sightings.read("0-0", count=100, block_s=0)
    assert sorted(s.shot.number for _, s in read) == list(range(1, 41))
