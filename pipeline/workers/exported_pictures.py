"""Pictures of people that are passed on, as on a contact sheet: without others, as clips are."""

from collections.abc import Callable
from dataclasses import dataclass

from detectors.types import TrackKey
from pipeline.errors import NotFound
from pipeline.store.audit_names import track_of
from pipeline.workers.exported_clips import ExportDesk
from pipeline.workers.scene_picture import person_in_cut

GONE = "its picture is gone: a better one took its place, or retention took it"


@dataclass(frozen=True, slots=True)
class ExportedPictures:
    """Gives pictures away as `export.blur` says.

    Attributes:
        exports: knows what is hidden, and hides it.
        kept: the JPEG behind a media key; None if it is gone.
    """

    exports: ExportDesk
    kept: Callable[[str], bytes | None]

    def picture(self, key: str) -> bytes:
        """The JPEG of a kept shot, without other people.

        Raises:
            NotFound: the picture is gone, or where its person is in it.
            DescryError: it is no picture.
        """
        data = self.kept(key)
        if data is None:
            raise NotFound(GONE)
        if self.exports.usual == "none":
            return data
        name = track_of(key)
        track = None if name is None else TrackKey.parse(name)
        record = None if track is None else self.exports.clips.tracks.get_many([track]).get(track)
        shots = [] if record is None else self.exports.clips.shots(record)
        shot = next((each for each in shots if each.picture == key), None)
        if shot is None:
            raise NotFound(GONE)
        return self.exports.redactor.picture(
            data,
            person=person_in_cut(shot.box, shot.frame_width, shot.frame_height),
            blur=self.exports.usual,
        )
