"""Recordings to import, and an installation that does well, for tests of the API."""

from pathlib import Path

from pipeline.store.uploads import Uploads
from pipeline.system_answers import DiskAnswer, IndexAnswer, QueuesAnswer, SystemAnswer
from pipeline.workers.importing import Ended, Importing, ServerFolders

SYSTEM = SystemAnswer(
    version="1", store_up=True, queues=QueuesAnswer(), index=IndexAnswer(shots=3, lag_s=0.1),
    disk=DiskAnswer(total_bytes=9, free_bytes=4), gpus=[],
)  # fmt: skip


def make_recordings(folder: Path) -> Path:
    """A folder of the server with `hall.mp4`."""
    recordings = folder / "recordings"
    recordings.mkdir()
    (recordings / "hall.mp4").write_bytes(b"film")
    return recordings


def imports_of(recordings: Path) -> Importing:
    """Imports that take from `recordings`, keep what is sent beside it, and read nothing."""
    uploads = recordings.parent / "uploads"
    return Importing(
        Uploads(uploads, most_bytes=1000, min_free_bytes=0, paths_in_use=frozenset),
        ServerFolders([recordings]),
        read=lambda _path, _asked: Ended(tracks=2),
        progress=lambda _camera, _path: None,
    )
