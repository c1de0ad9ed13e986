"""Builds what imports recordings over HTTP: each is read by a `descry replay` of its own."""

import atexit
import json
import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from pipeline.config import Settings
from pipeline.errors import StoreUnavailable
from pipeline.import_answers import ImportRequest
from pipeline.store.uploads import UPLOADS, Uploads
from pipeline.wiring.settings import worker_environment
from pipeline.wiring.stores import Stores
from pipeline.workers.importing import Ended, Importing, Reading, ServerFolders

log = logging.getLogger(__name__)

MEGABYTE = 1_000_000


def build_importing(settings: Settings, stores: Stores) -> Importing:
    """What imports recordings for this worker."""

    def paths_in_use() -> frozenset[str]:
        cameras = stores.cameras.known()
        return frozenset(run.path for one in cameras for run in stores.runs.of_camera(one))

    uploads = Uploads(
        settings.data_dir.expanduser().resolve() / UPLOADS,
        most_bytes=settings.imports.upload_megabytes * MEGABYTE,
        min_free_bytes=settings.ring.min_free_megabytes * MEGABYTE,
        paths_in_use=paths_in_use,
    )

    def progress(camera: str, path: Path) -> Reading | None:
        try:
            runs = stores.runs.of_camera(camera)
        except StoreUnavailable:
            return None
        mine = [run for run in runs if run.path == str(path)]
        if not mine:
            return None
        latest = max(mine, key=lambda run: run.imported_at or 0.0)
        return Reading(latest.frames_read, latest.expected_frames)

    return Importing(
        uploads,
        ServerFolders(settings.imports.folders),
        read=_Replay(settings).read,
        progress=progress,
    )


class _Replay:
    """Reads recordings by the command that people use: it is killed and resumed like theirs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._child: subprocess.Popen[str] | None = None
        atexit.register(self._end)

    def read(self, path: Path, asked: ImportRequest) -> Ended:
        """Import one recording; returns once all of it can be found."""
        command = [
            *(sys.executable, "-m", "pipeline", "replay", str(path), "--camera", asked.camera),
            *("--collection", asked.collection, "--json"),
            *(("--start", asked.start) if asked.start else ()),
            *(("--keep-boxes",) if asked.keep_boxes else ()),
        ]
        try:
            # Nobody shares this child: no shell, no input, and no word of it in our log.
            self._child = subprocess.Popen(
                command,
                env=dict(worker_environment(self._settings, None)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="surrogateescape",
            )
            out, err = self._child.communicate()
        except OSError as error:
            return Ended(f"no reader could be started ({error.strerror})")
        ended = _ended(out, err)
        # Where things lie on this machine is nobody else's business.
        return replace(ended, reason=ended.reason.replace(str(path), path.name))

    def _end(self) -> None:
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()


def _ended(out: str, err: str) -> Ended:
    """What a `descry replay --json` came to."""
    try:
        told = json.loads(out)["files"][0]
    except (ValueError, LookupError):
        return Ended(_last_complaint(err))
    if told["state"] != "done":
        return Ended(str(told["reason"] or "it could not be read to its end"))
    return Ended(tracks=int(told["tracks"]), known=bool(told["known"]))


def _last_complaint(err: str) -> str:
    lines = [line for line in err.splitlines() if line.startswith("descry: ")]
    if lines:
        return lines[-1].removeprefix("descry: ")
    return next(iter(err.splitlines()[-1:]), "") or "the reader ended without a word: see the log"
