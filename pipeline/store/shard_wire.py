"""How a shot is written into a vector set, and a filter in the words of `VSIM … FILTER`."""

import json
import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from detectors.types import Box, ShotId
from retrieval.index.scoring import halved, widened
from retrieval.index.vector_shards import SetName, hour_of
from retrieval.types import Hidden, Sighting, Where

NEVER = 9e15
"""When expires what never does: later than any instant, and exact in decimals."""

_LATEST = 8e15
# What the language of filters takes between quotes as it stands.
_PLAIN = re.compile(r"[\w ./:@-]*", re.ASCII)


def spelt_set(name: SetName) -> str:
    """The name of a set, within those of its shard.

    >>> spelt_set(SetName(495000, "live"))
    '495000:live'
    """
    return f"{name.hour:.0f}:{name.collection}"


def parse_set(spelt: str) -> SetName:
    """Read back what `spelt_set` wrote."""
    hour, _, collection = spelt.partition(":")
    return SetName(int(hour), collection)


def set_of(sighting: Sighting) -> SetName:
    """The set that a sighting belongs to."""
    return SetName(hour_of(sighting.captured_at), sighting.collection)


def expiry(sighting: Sighting) -> float:
    """When it expires, Unix seconds; `NEVER` if never."""
    return NEVER if sighting.expires_at is None else _within(sighting.expires_at)


def about(sighting: Sighting) -> str:
    """The attributes of a shot: what filters ask for, then what an answer needs."""
    facts = {
        "c": _token(sighting.shot.track.camera_id),
        "a": sighting.captured_at,
        "e": expiry(sighting),
        "q": sighting.quality,
        "z": list(map(_token, sighting.zones)),
        "box": list(map(float, sighting.box)),
        "picture": sighting.picture,
        "zones": list(sighting.zones),
        "replaces": sighting.replaces,
        "expires": sighting.expires_at,
        "hidden": int(sighting.hidden) or None,
    }
    return json.dumps({key: fact for key, fact in facts.items() if fact not in (None, [])})


def packed(sighting: Sighting) -> bytes:
    """Its vector as it is kept, (D,) half precision, in the single precision of vector sets."""
    return bytes(halved(sighting.vector).astype("<f4").tobytes())


def unpacked(
    model_id: str, name: bytes, shot: bytes, told: bytes, raw: bytes, length: Any
) -> Sighting:
    """The sighting of some attributes, a direction (D,) and the length that it had.

    Vector sets keep directions and lengths apart: multiplied they are the halves that went in,
    which single precision holds exactly, but for a rounding that halves do not see.
    """
    facts = json.loads(told)
    kept = np.frombuffer(raw, "<f4").astype(np.float64) * float(length)  # (D,)
    vector = widened(kept.astype(np.float16)[None])[0]
    vector.flags.writeable = False
    return Sighting(
        shot=ShotId.parse(shot.decode()),
        collection=parse_set(name.decode()).collection,
        captured_at=float(facts["a"]),
        vector=vector,
        model_id=model_id,
        box=Box(*facts["box"]),
        quality=float(facts["q"]),
        picture=facts["picture"],
        replaces=facts.get("replaces"),
        expires_at=facts.get("expires"),
        zones=tuple(facts.get("zones", ())),
        hidden=Hidden(facts.get("hidden", 0)),
    )


def filter_of(where: Where, name: SetName, *, may_expire: bool) -> str:
    """What a set is asked besides the query; empty where all of it is admitted.

    >>> filter_of(Where(now=7.5, cameras=frozenset({"door"})), SetName(0, "live"), may_expire=True)
    '.e > 7.5 and .c in ["door"]'
    """
    parts = [f".e > {number(where.now)}"] if may_expire else []
    if where.cameras is not None:
        parts.append(f".c in [{_listed(where.cameras)}]")
    if where.since is not None and hour_of(where.since) >= name.hour:
        parts.append(f".a >= {number(where.since)}")
    if where.until is not None and hour_of(where.until) <= name.hour:
        parts.append(f".a < {number(where.until)}")
    if where.zones is not None:
        either = " or ".join(f'"{_token(zone)}" in .z' for zone in sorted(where.zones))
        parts.append(f"({either})")
    if where.min_quality > 0:
        parts.append(f".q >= {number(where.min_quality)}")
    return " and ".join(parts)


def number(value: float) -> str:
    """A number without an exponent, which filters do not know; the same number when it is read."""
    return np.format_float_positional(_within(value), trim="0")


def _within(value: float) -> float:
    return min(max(value, -_LATEST), _LATEST) if not math.isnan(value) else _LATEST


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{_token(name)}"' for name in sorted(names))


def _token(name: str) -> str:
    """A name that may stand between quotes: itself, or its bytes behind a ~."""
    if _PLAIN.fullmatch(name):
        return name
    return "~" + name.encode("utf-8", "surrogatepass").hex()
