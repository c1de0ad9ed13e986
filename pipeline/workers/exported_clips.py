"""Clips as they leave: with masks, and without other people, as the settings say."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detectors.areas import Area
from detectors.masks import Blackout
from detectors.types import Box
from pipeline.answers import ClipAnswer
from pipeline.case_answers import Blur
from pipeline.errors import UnwritableClip
from pipeline.instants import parse_instant
from pipeline.store.held_clips import HeldClip
from pipeline.store.wire import LoggedSighting
from pipeline.workers.clipping import ClipDesk, parse_name
from pipeline.workers.likely_person import Sight, Sought
from pipeline.workers.redacting import Progress, Redacted, Redactor

_STRENGTH: Final[tuple[Blur, ...]] = ("none", "heads", "figures")


def stronger(one: Blur | None, other: Blur) -> Blur:
    """Whichever hides more: nobody can ask for less than the settings say.

    >>> stronger("none", "heads"), stronger("figures", "heads"), stronger(None, "none")
    ('heads', 'figures', 'none')
    """
    return max(one or "none", other, key=_STRENGTH.index)


@dataclass(frozen=True, slots=True)
class ExportDesk:
    """Cuts clips and takes out of them what may not leave.

    Attributes:
        clips: cuts them as they are.
        redactor: takes things out.
        usual: what of other people is hidden at least.
        masks: what nobody may see of a camera, as the settings say at this moment.
    """

    clips: ClipDesk
    redactor: Redactor
    usual: Blur
    masks: Callable[[str], Sequence[Area]]

    def cut(
        self,
        name: str,
        *,
        before_s: float,
        after_s: float,
        out: Path,
        blur: Blur | None = None,
        progress: Progress = lambda _done, _total: None,
    ) -> ClipAnswer:
        """Write the clip of a track or shot to `out`, whole or not at all; as `ClipDesk.cut`.

        Args:
            name: as there.
            before_s: likewise.
            after_s: likewise.
            out: likewise.
            blur: what to hide of others; no less than is usual is hidden, and all of them in a
                clip that is held and shows somebody who was erased.
            progress: hears how far it is, where it is encoded anew.
        """
        key = parse_name(name)[0]
        camera_id, kept = key.camera_id, self.clips.held_clip(key)
        hide = stronger(blur, self.usual)
        if kept is not None and kept.shows_erased:
            hide = stronger(hide, "figures")
        # Those of today, and those of when it was read: whatever was drawn once stays hidden.
        was_masked = self.clips.masks_of(key)
        areas = [*self.masks(camera_id), *(Area.of("then", corners) for corners in was_masked)]
        if hide == "none" and not areas:
            return self.clips.cut(name, before_s=before_s, after_s=after_s, out=out)
        raw = out.with_name(f".{out.name}.{secrets.token_hex(4)}.raw.tmp")
        partial = out.with_name(f".{out.name}.{secrets.token_hex(4)}.tmp")
        try:
            answer = self.clips.cut(name, before_s=before_s, after_s=after_s, out=raw)
            partial.touch(mode=0o600, exist_ok=False)
            done = self.redactor.clip(
                raw,
                partial,
                camera_id=camera_id,
                begin_at=parse_instant(answer.begin_at, now=float("inf")),
                blur=hide,
                sought=self._sought(name),
                blackout=Blackout(areas),
                progress=progress,
            )
            partial.replace(out)
        except OSError as error:
            raise UnwritableClip(
                f"cannot write {out} ({error.strerror}): choose another file or free some space"
            ) from error
        finally:
            raw.unlink(missing_ok=True)
            partial.unlink(missing_ok=True)
        return answer.model_copy(
            update={
                "path": str(out), "copied": False, "blur": hide,
                "notes": [*_without_encoding(answer.notes), *_words(done, hide)],
            }
        )  # fmt: skip

    def _sought(self, name: str) -> Sought:
        key, _ = parse_name(name)
        record = self.clips.tracks.get_many([key]).get(key)
        if record is None:
            return _sought_in(self.clips.held_clip(key))
        sights = tuple(map(sight_of, self.clips.shots(record)))
        return Sought(sights, record.first_seen_at, record.last_seen_at)


def _sought_in(kept: HeldClip | None) -> Sought:
    """Who is sought in a clip of a track of which nothing else is known any more."""
    if kept is None:
        return Sought()
    sights = tuple(Sight(shot.at, Box(*shot.box)) for shot in kept.shots)
    return Sought(sights, kept.first_at, kept.last_at)


def sight_of(shot: LoggedSighting) -> Sight:
    """Where a shot shows the person, as shares of the frame."""
    width, height, box = shot.frame_width, shot.frame_height, shot.box
    return Sight(
        shot.captured_at,
        Box(box.x1 / width, box.y1 / height, box.x2 / width, box.y2 / height),
    )


def _without_encoding(notes: list[str]) -> list[str]:
    return [note for note in notes if not note.startswith("encoded anew")]


def _words(done: Redacted, blur: Blur) -> list[str]:
    """What a person should know of what was hidden."""
    if blur == "none":
        return ["encoded anew: what masks hide is black in it"]
    told = [
        f"encoded anew: {'heads of others are' if blur == 'heads' else 'others are'} hidden; the "
        f"person is shown in {done.shown} of {done.frames} frames, and hidden where that was unsure"
    ]
    if done.unseen:
        told.append(f"{done.unseen} frames are hidden as a whole: nobody could be looked for")
    return told
