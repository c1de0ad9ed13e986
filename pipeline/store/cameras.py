"""What is known of each camera: its kind, whether it is watched, at what rates."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import redis

from pipeline.store.connection import store_errors
from pipeline.store.keys import Keys

Kind = Literal["rtsp", "file"]

REMOVED = "removed"
"""The state of a camera that is no longer in the settings: nobody claims to watch it."""


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """A camera as it stands.

    Attributes:
        camera_id: its name.
        kind: `rtsp`, or `file` for one that recorded files are imported for.
        state: what its worker said last (`watching`, say); `idle` before it said anything.
        detail: why.
        at: when that was, Unix seconds; None before.
        rates: figures by name, units in the names.
        ring: why no recent video of it is kept (`off: …`, `stopped: …`); empty while it is.
    """

    camera_id: str
    kind: Kind
    state: str = "idle"
    detail: str = ""
    at: float | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    ring: str = ""


class CameraStore:
    """Every camera ever seen."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._redis = client
        self._keys = keys

    @store_errors()
    def register(self, camera_id: str, kind: Kind) -> None:
        """Make a camera known; a live one may be imported for and stays live."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.sadd(self._keys.cameras, camera_id)
            if kind == "rtsp":
                pipe.hset(self._keys.camera(camera_id), "kind", kind)
            else:
                pipe.hsetnx(self._keys.camera(camera_id), "kind", kind)
            pipe.execute()

    @store_errors()
    def known(self) -> list[str]:
        """The ids of all cameras, in order."""
        members: Any = self._redis.smembers(self._keys.cameras)
        return sorted(member.decode() for member in members)

    @store_errors()
    def zones(self) -> frozenset[str]:
        """Every zone that a shot was ever taken in."""
        members: Any = self._redis.smembers(self._keys.zones)
        return frozenset(member.decode() for member in members)

    @store_errors()
    def status(self, camera_id: str) -> CameraStatus | None:
        """How a camera stands; None for an unknown one."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.sismember(self._keys.cameras, camera_id)
            pipe.hgetall(self._keys.camera(camera_id))
            is_known, raw = pipe.execute()
        if not is_known:
            return None
        texts = {name.decode(): value.decode() for name, value in raw.items()}
        return CameraStatus(
            camera_id=camera_id,
            kind="rtsp" if texts.get("kind") == "rtsp" else "file",
            state=texts.get("state", "idle"),
            detail=texts.get("detail", ""),
            at=float(texts["at"]) if "at" in texts else None,
            rates=json.loads(texts.get("rates", "{}")),
            ring=texts.get("ring", ""),
        )

    @store_errors()
    def set_status(
        self,
        camera_id: str,
        state: str,
        detail: str,
        at: float,
        rates: Mapping[str, float] | None = None,
    ) -> None:
        """Say how a camera stands; `detail` never carries credentials."""
        status: Any = {"state": state, "detail": detail, "at": repr(float(at))}
        if rates is not None:
            status["rates"] = json.dumps(dict(rates))
        self._redis.hset(self._keys.camera(camera_id), mapping=status)

    @store_errors()
    def pause(self, camera_id: str) -> None:
        """Have no worker read a camera until `resume`."""
        self._redis.sadd(self._keys.paused, camera_id)

    @store_errors()
    def resume(self, camera_id: str) -> None:
        """Undo `pause`."""
        self._redis.srem(self._keys.paused, camera_id)

    @store_errors()
    def paused(self) -> frozenset[str]:
        """The cameras that an operator paused."""
        members: Any = self._redis.smembers(self._keys.paused)
        return frozenset(member.decode() for member in members)

    @store_errors()
    def set_rates(self, camera_id: str, rates: Mapping[str, float]) -> None:
        """Say what a camera's figures are, and leave its state alone."""
        self._redis.hset(self._keys.camera(camera_id), "rates", json.dumps(dict(rates)))

    @store_errors()
    def set_ring(self, camera_id: str, state: str) -> None:
        """Say why no recent video of a camera is kept; empty while it is."""
        self._redis.hset(self._keys.camera(camera_id), "ring", state)
