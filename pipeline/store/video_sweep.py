"""Forgets video: what of the ring is too old, and clips that nobody fetched."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.store.ring import RingFolder


@dataclass(frozen=True, slots=True)
class VideoSweep:
    """What retention asks of video.

    Attributes:
        ring: recent video, of cameras that are watched and of others.
        keep_s: how long it stays, from when it came in.
        clips: where clips and evidence packs lie until they are fetched.
        clips_s: how long they wait.
    """

    ring: RingFolder
    keep_s: float
    clips: Path
    clips_s: float = 3600.0

    def sweep(self, now: float) -> int:
        """Remove what is past `keep_s` at `now` (Unix seconds); how many files went."""
        removed = self.ring.sweep(now, self.keep_s)
        for path in waiting_in(self.clips):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < now - self.clips_s:
                    path.unlink()
                    removed += 1
        return removed

    def erase(self) -> int:
        """Remove all recent video, whatever its age; how many files went."""
        return self.ring.erase_all()


def waiting_in(clips: Path) -> list[Path]:
    """Clips and evidence packs that wait there, with what is told of them, and half of some."""
    kinds = ("*.mp4", "*.zip", "*.json", ".*.tmp")
    return [path for kind in kinds for path in clips.glob(kind)]
