"""What is known of each run: what was read, how far, and where a restart takes up again."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

import redis

from pipeline.store.connection import store_errors
from pipeline.store.keys import Keys
from pipeline.store.run_view import RunChanges, RunView

log = logging.getLogger(__name__)

_SAFE_POINT = "safe_point"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One unbroken connection to a camera, or the reading of one file.

    Attributes:
        camera_id: whose.
        run_id: fresh for a connection; a digest of what is read for a file.
        kind: `live` or `file`.
        source: the file's name, or the camera's address without credentials.
        digest: of the file's content; empty for a live camera.
        path: where the file lay when it was read last; empty for a live camera.
        file_bytes: its size; 0 where nobody noted it.
        started_at: when its first frame was captured, Unix seconds.
        collection: `live`, or the import it belongs to.
        imported_at: when the file was first imported; None for a live camera.
        detector: name or file of the one that looked.
        encoder: name of the model that its shots are embedded with; empty for a live camera.
        masks: corners of the areas that nobody may see of a file, as shares of width and height;
            none where an earlier version read it. A masked live camera keeps no video.
        keeps_boxes: whether this reading keeps every tracked box.
        boxes_kept: whether a reading that keeps boxes has come to its end.
        state: `reading`, `done`, or `broken` before its end.
        reason: why it is broken.
        damaged: where a file could not be decoded: from, to, in seconds since its first frame.
        watched_until: when its last frame so far was captured; None before the first.
        clock_ahead_s: how far the camera's clock, where that dates its frames, is ahead of ours;
            0 where ours does.
        expected_frames: how many the file says it has; None where nobody can know.
        frames_read: frames looked at, or dropped, or skipped.
        frames_looked_at: frames that the detector saw.
        frames_skipped: frames that it need not see: nothing moved, and nobody was followed.
        frames_dropped: frames nobody had time for.
        dropped_by: frames that nobody looked at since the run before, by reason.
        boxes_seen: tracked boxes.
        shots_published: handed to the encoder.
        tracks: confirmed tracks.
        unpublished_tracks: tracks that never had a shot good enough.
    """

    camera_id: str
    run_id: str
    kind: Literal["live", "file"]
    source: str
    started_at: float
    collection: str
    digest: str = ""
    path: str = ""
    file_bytes: int = 0
    imported_at: float | None = None
    detector: str = ""
    encoder: str = ""
    masks: Sequence[Sequence[Sequence[float]]] = ()
    keeps_boxes: bool = False
    boxes_kept: bool = False
    state: Literal["reading", "done", "broken"] = "reading"
    reason: str = ""
    damaged: Sequence[Sequence[float]] = ()
    watched_until: float | None = None
    clock_ahead_s: float = 0.0
    expected_frames: int | None = None
    frames_read: int = 0
    frames_looked_at: int = 0
    frames_skipped: int = 0
    frames_dropped: int = 0
    dropped_by: Mapping[str, int] = field(default_factory=dict)
    boxes_seen: int = 0
    shots_published: int = 0
    tracks: int = 0
    unpublished_tracks: int = 0

    def __post_init__(self) -> None:
        # JSON knows lists alone; a record that comes back must be the one that went.
        object.__setattr__(self, "damaged", tuple(tuple(stretch) for stretch in self.damaged))
        masks = tuple(tuple((float(x), float(y)) for x, y in mask) for mask in self.masks)
        object.__setattr__(self, "masks", masks)


@dataclass(frozen=True, slots=True)
class SafePoint:
    """An instant at which no track was open: reading may start again behind it.

    Attributes:
        frame_number: the last frame that need not be read again; 0 for none.
        next_track_number: what the tracker counts on from.
        counters: what had been counted by then.
        gate_from: the first frame that the motion gate must see again, the last one that need not
            be read by anything else being `frame_number`; 0 where it need not see any.
    """

    frame_number: int
    next_track_number: int
    counters: Mapping[str, int]
    gate_from: int = 0


_NAMES = frozenset(each.name for each in fields(RunRecord))
_IDENTITY = {"camera_id", "run_id", "kind", "started_at", "collection", "imported_at"}
_LASTING = _IDENTITY | {"encoder", "boxes_kept"}
_PROGRESS = frozenset(
    {"watched_until", "expected_frames", "frames_read", "frames_dropped", "boxes_seen"}
    | {"clock_ahead_s"}
    | {"shots_published", "tracks", "unpublished_tracks", "damaged"}
    | {"frames_looked_at", "frames_skipped", "dropped_by"}
)


class RunStore:
    """The runs of every camera; coverage is read off them."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys
        self._changes = RunChanges(client, keys)
        self._view = RunView(client, keys, self._load)

    @store_errors()
    def begin(self, run: RunRecord) -> RunRecord:
        """Make `run` known, or known again; what is known of it now.

        The day of its first import stays: a file that is read again must not live longer. So do
        the figures of the first reading, until `progress` says better.
        """
        key = self._keys.run(run.camera_id, run.run_id)
        given = {name: json.dumps(value) for name, value in asdict(run).items()}
        again: Any = {n: given[n] for n in given.keys() - _LASTING - _PROGRESS}
        used_at = run.started_at if run.imported_at is None else run.imported_at
        with self._redis.pipeline(transaction=True) as pipe:
            for name in sorted(given.keys() - again.keys()):
                pipe.hsetnx(key, name, given[name])
            pipe.hset(key, mapping=again)
            pipe.zadd(self._keys.runs(run.camera_id), {run.run_id: run.started_at}, nx=True)
            pipe.hsetnx(self._keys.collections, run.collection, repr(float(used_at)))
            self._changes.note(pipe, run.camera_id, run.run_id)
            pipe.hgetall(key)
            known = _decode(pipe.execute()[-1])
        return run if known is None else known

    @store_errors()
    def progress(
        self,
        camera_id: str,
        run_id: str,
        **figures: float | Sequence[Sequence[float]] | Mapping[str, int] | None,
    ) -> None:
        """Say how far a run has come; the names are those of `RunRecord`, the values absolute."""
        if unknown := figures.keys() - _PROGRESS:
            raise TypeError(f"a run counts no {', '.join(sorted(unknown))}")
        self._set(camera_id, run_id, figures)

    @store_errors()
    def save_safe_point(self, camera_id: str, run_id: str, point: SafePoint) -> None:
        """A restart takes up behind `point`; what came up to it must be stored by now."""
        self._set(camera_id, run_id, {_SAFE_POINT: asdict(point)})

    @store_errors()
    def safe_point(self, camera_id: str, run_id: str) -> SafePoint | None:
        """Where a restart takes up; None for the beginning."""
        raw: Any = self._redis.hget(self._keys.run(camera_id, run_id), _SAFE_POINT)
        return SafePoint(**json.loads(raw)) if raw else None

    @store_errors()
    def mark_boxes_kept(self, camera_id: str, run_id: str) -> None:
        """Every tracked box of the run is in the archive."""
        self._set(camera_id, run_id, {"boxes_kept": True})

    @store_errors()
    def finish(
        self, camera_id: str, run_id: str, state: Literal["done", "broken"], reason: str = ""
    ) -> None:
        """The run is over."""
        self._set(camera_id, run_id, {"state": state, "reason": reason})

    @store_errors()
    def get(self, camera_id: str, run_id: str) -> RunRecord | None:
        """What is known of a run."""
        return _decode(self._redis.hgetall(self._keys.run(camera_id, run_id)))

    @store_errors()
    def of_camera(self, camera_id: str) -> list[RunRecord]:
        """The runs of a camera by the instant they started; cheap where little changed."""
        return [run for run in self._view.of_camera(camera_id) if run is not None]

    def _load(self, camera_id: str, run_ids: Sequence[str]) -> list[RunRecord | None]:
        with self._redis.pipeline(transaction=False) as pipe:
            for run_id in run_ids:
                pipe.hgetall(self._keys.run(camera_id, run_id))
            return [_decode(raw) for raw in pipe.execute()]

    @store_errors()
    def collections(self) -> dict[str, float]:
        """Every collection with the instant it was first used."""
        found: Any = self._redis.hgetall(self._keys.collections)
        return {name.decode(): float(at) for name, at in found.items()}

    def _set(self, camera_id: str, run_id: str, values: Mapping[str, Any]) -> None:
        if values:
            written: Any = {name: json.dumps(value) for name, value in values.items()}
            with self._redis.pipeline(transaction=True) as pipe:
                pipe.hset(self._keys.run(camera_id, run_id), mapping=written)
                self._changes.note(pipe, camera_id, run_id)
                pipe.execute()


def _decode(raw: Any) -> RunRecord | None:
    known = {name.decode(): value for name, value in raw.items()}
    try:
        return RunRecord(**{n: json.loads(value) for n, value in known.items() if n in _NAMES})
    except (TypeError, ValueError):
        if known:
            log.warning("a run's record is damaged and was passed over")
        return None
