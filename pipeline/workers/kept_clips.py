"""Clips that wait in the data folder to be fetched, in pieces if need be, by any query worker."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.answers import ClipAnswer
from pipeline.callers import Caller
from pipeline.clock import Clock
from pipeline.errors import NotFound
from pipeline.files import write_whole
from pipeline.instants import format_instant
from pipeline.workers.clipping import parse_name

MOST: Final = 200
"""Clips that wait; the oldest goes for another."""

_ID = re.compile(r"[0-9a-f]{32}")

Cut = Callable[[str, float, float], tuple[Path, ClipAnswer]]
"""Cuts a clip into the folder, under a name of 32 hexadecimal digits."""


class KeptClip(BaseModel):
    """A clip that waits to be fetched."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    url: str
    kept_until: str
    clip: ClipAnswer


@dataclass(frozen=True, slots=True)
class KeptClips:
    """Makes clips and finds them again.

    Attributes:
        folder: where they lie; retention sweeps it, and an erasure empties it.
        cut: cuts them.
        keep_s: how long they wait.
        clock: says what time it is.
    """

    folder: Path
    cut: Cut
    keep_s: float
    clock: Clock

    def make(self, hit: str, before_s: float, after_s: float, caller: Caller) -> KeptClip:
        """Cut the clip of a track or shot, to be fetched later.

        Raises:
            NotFound: no such track or shot, or of a camera that the caller may not see.
            VideoGone: its video is kept nowhere, or not any more.
            StoreFull: no room.
        """
        if not caller.may_see(parse_name(hit)[0].camera_id):
            raise NotFound(f"no track {hit}: retention may have forgotten it")
        self._make_room()
        path, answer = self.cut(hit, before_s, after_s)
        kept = KeptClip(
            id=path.stem,
            url=f"/api/v1/clips/{path.stem}",
            kept_until=format_instant(self.clock.now() + self.keep_s),
            clip=answer,
        )
        write_whole(path.with_suffix(".json"), kept.model_dump_json())
        return kept

    def find(self, clip_id: str, caller: Caller) -> tuple[Path, KeptClip]:
        """The file of a clip, and what it shows.

        Raises:
            NotFound: there is none of that name, any more, or it is not for the caller.
        """
        gone = NotFound(f"no clip {clip_id}: it was not fetched in time, or somebody was erased")
        if not _ID.fullmatch(clip_id):
            raise gone
        path = self.folder / f"{clip_id}.mp4"
        try:
            told = KeptClip.model_validate_json(path.with_suffix(".json").read_text())
        except (OSError, ValidationError):
            raise gone from None
        is_late = told.kept_until < format_instant(self.clock.now())
        if is_late or not path.is_file() or not caller.may_see(told.clip.camera):
            raise gone
        return path, told

    def _make_room(self) -> None:
        waiting = [(p.stat().st_mtime, p) for p in self.folder.glob("*.mp4") if p.is_file()]
        for _, path in sorted(waiting)[: max(len(waiting) - MOST + 1, 0)]:
            path.unlink(missing_ok=True)
            path.with_suffix(".json").unlink(missing_ok=True)
