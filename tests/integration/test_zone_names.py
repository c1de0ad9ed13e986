"""Zones that nobody set and nobody stood in are refused, on a real Redis."""

from dataclasses import replace

import pytest

from pipeline.clock import SystemClock
from pipeline.errors import NotFound
from pipeline.store.boxes import BoxArchive
from pipeline.store.cameras import CameraStore
from pipeline.store.crop_stream import CropStream
from pipeline.store.runs import RunStore
from pipeline.store.tracks import TrackStore
from pipeline.workers.catalogue import Catalogue
from tests.store_messages import published

pytestmark = pytest.mark.redis


def test_a_zone_is_known_from_the_settings_or_from_the_first_shot_in_it(private_redis, tmp_path):
    client, keys = private_redis.client, private_redis.keys
    catalogue = Catalogue(
        CameraStore(client, keys), RunStore(client, keys), TrackStore(client, keys),
        BoxArchive(tmp_path), SystemClock(), {"lobby": ["till"]},
    )  # fmt: skip
    assert catalogue.tracks(zone="till").tracks == []
    with pytest.raises(NotFound, match=r"no zone 'door' in the settings.*known: till"):
        catalogue.tracks(zone="door")
    shot = replace(published(), zones=("door", "stairs"))
    CropStream(client, keys, max_length=5).publish(shot)
    assert len(catalogue.tracks(zone="door").tracks) == 1
    assert catalogue.tracks(zone="till").tracks == []
    with pytest.raises(NotFound, match="known: door, stairs, till"):
        catalogue.refuse_unknown_zones(["till", "dor"])
