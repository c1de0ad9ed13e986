"""Forgets video: what of the ring is too old, and clips that nobody fetched."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.store.ring import RingFolder

# A clip that was not deleted when it was sent belongs to a worker that was killed.
_LEFTOVER_AFTER_S = 3600.0


@dataclass(frozen=True, slots=True)
class VideoSweep:
    """What retention asks of video.

    Attributes:
        ring: recent video, of cameras that are watched and of others.
        keep_s: how long it stays, from when it came in.
        clips: where clips lie until they are sent.
    """

    ring: RingFolder
    keep_s: float
    clips: Path

    def sweep(self, now: float) -> int:
        """Remove what is past `keep_s` at `now` (Unix seconds); how many files went."""
        removed = self.ring.sweep(now, self.keep_s)
        for path in [*self.clips.glob("*.mp4"), *self.clips.glob(".*.tmp")]:
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < now - _LEFTOVER_AFTER_S:
                    path.unlink()
                    removed += 1
        return removed

    def erase(self) -> int:
        """Remove all recent video, whatever its age; how many files went."""
        return self.ring.erase_all()
