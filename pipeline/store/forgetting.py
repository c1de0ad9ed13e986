"""Deletes what the store and the data folder keep of some tracks, wherever they keep it."""

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import redis

from detectors.types import TrackKey
from pipeline.errors import StoreUnavailable
from pipeline.store.alerts import AlertStore
from pipeline.store.boxes import BoxArchive
from pipeline.store.connection import store_errors
from pipeline.store.keys import GROUP, Keys
from pipeline.store.media import FolderMedia
from pipeline.store.ring import RingFolder
from pipeline.store.stream_scan import Message, StreamScan
from pipeline.store.travel import TravelStore
from pipeline.store.video_sweep import waiting_in
from pipeline.store.watches import WatchStore
from pipeline.store.whole_log import WholeLog

_BATCH = 500
_POLL_S = 0.05

DELETE_CROP = """
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])
"""

Span = tuple[str, float, float]
"""Camera, and the first and last instant of a track there, Unix seconds."""


class Forgetting:
    """What is done once is done: each of these may be asked again, and begins where it stopped."""

    def __init__(self, client: redis.Redis, keys: Keys, whole: WholeLog | None = None) -> None:
        self._redis, self._keys = client, keys
        self._scan, self._whole = StreamScan(client), whole or WholeLog(client, keys)
        self._delete_crop = client.register_script(DELETE_CROP)

    @store_errors()
    def vectors(self, tracks: Collection[TrackKey]) -> list[bytes]:
        """The vectors that the log holds of `tracks`, as it holds them."""
        found: list[bytes] = []
        for batch in self._logged(tracks):
            fields = [self._whole.get(message.entry_id) or {} for message in batch]
            found += [each[b"vector"] for each in fields if b"vector" in each]
        return found

    @store_errors()
    def crop_pictures(self, tracks: Collection[TrackKey]) -> list[bytes]:
        """The JPEGs that wait to be embedded."""
        found: list[bytes] = []
        for batch in self._waiting(tracks):
            for message in batch:
                entry: Any = self._redis.xrange(
                    self._keys.crops, message.entry_id, message.entry_id
                )
                found += [fields[b"jpeg"] for _, fields in entry if b"jpeg" in fields]
        return found

    @store_errors()
    def messages(self, tracks: Collection[TrackKey]) -> int:
        """Delete what both streams hold of `tracks`; how many messages went."""
        gone = 0
        for batch in self._waiting(tracks):
            for message in batch:
                gone += self._delete_crop(keys=[self._keys.crops], args=[GROUP, message.entry_id])
        for batch in self._logged(tracks):
            if batch:
                gone += self._whole.delete([message.entry_id for message in batch])
        self._whole.erase(pattern_of(tracks))
        self._words_about(tracks)
        return gone

    def watched(self) -> set[TrackKey]:
        """Tracks whose likeness is watched for; they may be known by nothing else any more."""
        watches = WatchStore(self._redis, self._keys).all()
        return {watch.source for watch in watches if watch.source is not None}

    def _words_about(self, tracks: Collection[TrackKey]) -> None:
        """Delete why messages were put aside, and which pictures are to go, where it names one."""
        named = pattern_of(tracks)
        WatchStore(self._redis, self._keys).erase(named)
        TravelStore(self._redis, self._keys).forget_all()  # a count of one tells of somebody
        AlertStore(self._redis, self._keys).erase(named)
        aside: Any = self._redis.xrange(self._keys.damaged)
        for entry_id, fields in aside:
            if any(named.search(value) for value in fields.values()):
                self._redis.xdel(self._keys.damaged, entry_id)
        for names in (self._keys.reindex_missing, self._keys.reindex_sample):
            for name in self._redis.sscan_iter(names, count=1000):
                if named.search(name):
                    self._redis.srem(names, name)
        for picture, _ in self._redis.zscan_iter(self._keys.retired, count=1000):
            if named.search(picture):
                self._redis.zrem(self._keys.retired, picture)

    def _waiting(self, tracks: Collection[TrackKey]) -> Iterator[list[Message]]:
        return _theirs(self._scan.batches(self._keys.crops, _BATCH), tracks)

    def _logged(self, tracks: Collection[TrackKey]) -> Iterator[list[Message]]:
        return _theirs(self._whole.messages(_BATCH, having=pattern_of(tracks)), tracks)

    def rewrite_file(self, waiting: Callable[[], None] = lambda: None) -> str | None:
        """Have Redis write its append-only file anew, of what it holds now, and wait for that.

        It is written as commands from now on, until the server starts again: a snapshot of a stream
        has the bytes of deleted messages in it.

        Returns:
            Why it was not written; None where it was.

        Raises:
            StoreUnavailable: Redis is away, or it cannot write, on a full disk say.
        """
        try:
            return self._rewrite_file(waiting)
        except redis.ResponseError as error:  # a Redis of somebody else's, who forbids it
            return f"Redis does not let us rewrite its files ({error})"

    @store_errors()
    def _rewrite_file(self, waiting: Callable[[], None]) -> str | None:
        told: Any = self._redis.config_get("appendonly")
        if told.get(b"appendonly", told.get("appendonly")) in (b"no", "no"):
            return "Redis keeps no append-only file: what else it keeps was not written anew"
        self._redis.config_set("aof-use-rdb-preamble", "no")
        self._wait_for_rewrite(waiting)  # one that is under way began before all was deleted
        self._redis.bgrewriteaof()
        if not self._wait_for_rewrite(waiting):
            raise StoreUnavailable(
                "Redis could not rewrite its append-only file: make room on its disk, and erase "
                "again"
            )
        return None

    def _wait_for_rewrite(self, waiting: Callable[[], None]) -> bool:
        while True:
            told: Any = self._redis.info("persistence")
            if not (told["aof_rewrite_in_progress"] or told["aof_rewrite_scheduled"]):
                return bool(told["aof_last_bgrewrite_status"] == "ok")
            waiting()
            time.sleep(_POLL_S)


def _theirs(
    batches: Iterable[list[Message]], tracks: Collection[TrackKey]
) -> Iterator[list[Message]]:
    wanted, named = set(tracks), pattern_of(tracks)
    for batch in batches:
        yield [
            m
            for m in batch
            if (m.shot is not None and m.shot.track in wanted)
            or named.search(m.picture.encode(errors="replace"))
        ]


def pattern_of(tracks: Collection[TrackKey]) -> re.Pattern[bytes]:
    """Finds the names of `tracks`, of their shots and of their pictures; no other track's.

    >>> from detectors.types import TrackKey
    >>> found = pattern_of([TrackKey("lobby", "r1", 4)])
    >>> [bool(found.search(name)) for name in (b"lobby/r1/4", b"lobby/r1/4/2", b"lobby/r1/42")]
    [True, True, False]
    >>> bool(found.search(b"lobby/2026-11-23/09/r1-4-3.jpg"))
    True
    """
    names = []
    for track in tracks:
        camera, run = re.escape(track.camera_id.encode()), re.escape(track.run_id.encode())
        number = str(track.number).encode()
        names.append(
            camera + b"/(?:" + run + b"/" + number + rb"(?!\d)"
            rb"|[\d-]{10}/\d\d/\.?" + run + b"-" + number + b"-)"
        )
    return re.compile(rb"(?<![\w.-])(?:" + b"|".join(names) + b")" if names else rb"(?!)")


def pictures_of(media: FolderMedia, tracks: Collection[TrackKey]) -> Iterator[Path]:
    """Every file with a picture of `tracks`, half written ones as well, known to anybody or not."""
    named = pattern_of(tracks)
    for camera in sorted({track.camera_id for track in tracks}):
        for path in (media.root / camera).glob("*/*/*"):
            if named.search(path.relative_to(media.root).as_posix().encode()):
                yield path


def delete_pictures(media: FolderMedia, tracks: Collection[TrackKey]) -> int:
    """Delete them; how many went."""
    keys = [path.relative_to(media.root).as_posix() for path in pictures_of(media, tracks)]
    return sum(map(media.delete, keys))


def delete_boxes(boxes: BoxArchive, tracks: Collection[TrackKey]) -> int:
    """Delete the kept boxes of `tracks`; how many went.

    Raises:
        StoreFull: no room to write the rest anew.
        DescryError: somebody has a file of them open for too long.
    """
    return sum(
        boxes.delete_tracks(camera_id, run_id, {t.number for t in tracks if t[:2] == of_run})
        for of_run in sorted({(t.camera_id, t.run_id) for t in tracks})
        for camera_id, run_id in [of_run]
    )


def delete_video(ring: RingFolder, clips: Path, spans: Collection[Span]) -> int:
    """Delete recent video in which a track may be, every clip and pack on its way; files gone.

    A file of the ring that overlaps the span goes as a whole, with whoever else is in it.
    """
    shown = [
        segment.path
        for camera_id, first_at, last_at in spans
        for segment in ring.segments(camera_id)
        if segment.touches(first_at, last_at)
    ]
    gone = 0
    for path in {*shown, *waiting_in(clips)}:
        try:
            path.unlink()
        except FileNotFoundError:
            continue
        gone += 1
    return gone


def black_out(logs: Path, tracks: Collection[TrackKey]) -> int:
    """Write over the names of `tracks` in the log files, in place; how many there were.

    Whoever appends to a file meanwhile goes on: its length stays.
    """
    named, count = pattern_of(tracks), 0
    for path in sorted(logs.glob("*.log")):
        with path.open("r+b") as file:
            start = 0
            for line in file:
                for found in named.finditer(line):
                    count += 1
                    here = file.tell()
                    file.seek(start + found.start())
                    file.write(b"x" * len(found[0]))
                    file.seek(here)
                start += len(line)
    return count
