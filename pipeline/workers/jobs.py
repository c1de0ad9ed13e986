"""What a replay asks of the worker that reads the file."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.files import write_whole
from pipeline.sources.file_stamp import FileStamp, check_unchanged
from pipeline.workers.places import Place


@dataclass(frozen=True, slots=True)
class ReplayJob:
    """One file to read.

    Attributes:
        path: the file.
        camera_id: the camera it is taken for.
        collection: where its shots go.
        run_id: derived from what is read and how (`name_run`).
        digest: sha256 of the file.
        started_at: when its first frame was captured, Unix seconds.
        time_source: where `started_at` comes from.
        fps: frames looked at per second of video; None for every one.
        realtime: read no faster than the video plays.
        keep_boxes: keep every tracked box.
        detector: name or file.
        encoder: name of the model that its shots are embedded with.
        place: what the settings said of the camera when the run was named.
        stamp: of the file that was digested; None where nobody noted it.
    """

    path: str
    camera_id: str
    collection: str
    run_id: str
    digest: str
    started_at: float
    time_source: str
    fps: float | None
    realtime: bool
    keep_boxes: bool
    detector: str
    encoder: str
    place: Place
    stamp: FileStamp | None = None

    def write(self, path: Path) -> None:
        """Leave the job for the worker to read."""
        write_whole(path, json.dumps(asdict(self)))

    def check_file(self) -> None:
        """See that the file is still what was digested: by its digest it is known again.

        Raises:
            SourceUnreadable: it was changed, or is gone.
        """
        if self.stamp is not None:
            check_unchanged(Path(self.path), self.stamp)

    @classmethod
    def read(cls, path: Path) -> "ReplayJob":
        """Read back what `write` left.

        Raises:
            ConfigError: there is no job at `path`.
        """
        try:
            written = json.loads(path.read_text())
            stamp = written["stamp"]
            return cls(
                **written
                | {"place": Place.of(written["place"])}
                | {"stamp": None if stamp is None else FileStamp(*stamp)}
            )
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ConfigError(f"{path} is no replay job: use 'descry replay FILE'") from error


def name_run(
    *, digest: str, camera_id: str, started_at: float, fps: float | None, makers: Sequence[str]
) -> str:
    """The run id of a file: the same reading gives the same name, on any machine.

    Args:
        digest: of the file's content.
        camera_id: the camera it is taken for.
        started_at: when its first frame was captured, Unix seconds.
        fps: frames looked at per second; None for every one.
        makers: fingerprints of detector, tracker and shot choice, and of what hides or notes
            parts of the picture.
    """
    parts = [digest, camera_id, f"{started_at:.3f}", "every" if fps is None else f"{fps:g}"]
    name = hashlib.sha256("\n".join([*parts, *makers]).encode()).hexdigest()[:12]
    return f"f{name}"
