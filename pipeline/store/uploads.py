"""Recordings that were sent to us: a folder each, whole before anybody reads them."""

import json
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import Busy, ConfigError, NotFound, StoreFull
from pipeline.files import write_whole

PIECE_BYTES = 8 * 2**20
"""The largest piece: it is held in memory."""

#: Recordings that are being sent at once: each begun one takes a folder for a day, sent or not.
MOST_UNFINISHED = 200
#: A sender that was away for longer begins anew.
UNTOUCHED_S = 86_400.0
_ID = re.compile(r"[0-9a-f]{16}")
#: The folder below the data folder.
UPLOADS = "uploads"
_META, _PART, _IMPORTED = "upload.json", "upload.part", "upload.imported"
# Nothing that leads out of a folder, hides a file, or moves a terminal's cursor.
_UNFIT = re.compile(r"[\x00-\x1f\x7f/\\]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A recording that is being sent, or was.

    Attributes:
        id: 16 hexadecimal digits, drawn.
        name: of the file.
        size: bytes of all of it.
        received: bytes that are here.
    """

    id: str
    name: str
    size: int
    received: int


class Uploads:
    """Every recording that was sent and is still needed."""

    def __init__(
        self,
        root: Path,
        *,
        most_bytes: int,
        min_free_bytes: int,
        paths_in_use: Callable[[], frozenset[str]],
    ) -> None:
        """Keep them below `root`.

        Args:
            root: made when first needed.
            most_bytes: of one recording.
            min_free_bytes: what must be free on the disk beside it.
            paths_in_use: of every recording that something was found in and is kept.
        """
        self._root, self._most, self._min_free = root, most_bytes, min_free_bytes
        self._paths_in_use = paths_in_use
        self._lock = threading.Lock()
        self._in_hand: set[Path] = set()

    def begin(self, name: str, size: int) -> Upload:
        """Make room for a recording.

        Raises:
            ConfigError: it is too large.
            Busy: too many are being sent, or were given up lately.
            StoreFull: there is no room for it.
        """
        if size > self._most:
            raise ConfigError(
                f"{size} bytes are more than imports.upload_megabytes allows ({self._most}): "
                "import it by 'descry replay' or from one of imports.folders"
            )
        self.sweep()
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sum((one / _PART).exists() for one in self._root.iterdir()) >= MOST_UNFINISHED:
            raise Busy(f"{MOST_UNFINISHED} recordings are being sent already: finish those first")
        if shutil.disk_usage(self._root).free < size + self._min_free:
            raise StoreFull("no room for the recording: free some of the data folder's disk")
        upload = secrets.token_hex(8)
        folder = self._root / upload
        folder.mkdir(mode=0o700)
        fit = fit_name(name)
        (folder / _PART).touch(mode=0o600)
        write_whole(folder / _META, json.dumps({"name": fit, "bytes": size}))
        return Upload(upload, fit, size, 0)

    def add(self, upload: str, offset: int, piece: bytes) -> Upload:
        """Append a piece; one that is here already changes nothing.

        Raises:
            NotFound: no such upload, or it was given up.
            ConfigError: the piece does not follow what is here, or is too much.
        """
        with self._lock:
            known = self.get(upload)
            if offset + len(piece) <= known.received:
                return known
            if offset != known.received:
                raise ConfigError(
                    f"the piece begins at {offset}, and {known.received} bytes are here: send that"
                )
            if offset + len(piece) > known.size:
                raise ConfigError(f"more than the {known.size} bytes that were announced")
            if shutil.disk_usage(self._root).free < len(piece) + self._min_free:
                raise StoreFull("no room for the recording: free some of the data folder's disk")
            part = self._root / upload / _PART
            try:
                with part.open("ab") as file:
                    file.write(piece)
            except OSError as error:
                raise StoreFull(f"the recording cannot be kept ({error.strerror})") from error
            if offset + len(piece) == known.size:
                part.rename(self._root / upload / known.name)
            return self.get(upload)

    def get(self, upload: str) -> Upload:
        """How far an upload is.

        Raises:
            NotFound: no such upload, or it was given up.
        """
        # What is no id must not become a path.
        folder = self._root / (upload if _ID.fullmatch(upload) else "none")
        try:
            told = json.loads((folder / _META).read_text(encoding="utf-8"))
            name, size = str(told["name"]), int(told["bytes"])
            part = folder / _PART
            received = part.stat().st_size if part.exists() else (folder / name).stat().st_size
        except (OSError, ValueError, KeyError) as error:
            raise NotFound("no such upload: begin it again") from error
        return Upload(upload, name, size, received)

    def whole(self, upload: str) -> Path:
        """The file of an upload that is complete.

        Raises:
            NotFound: no such upload.
            ConfigError: some of it is missing.
        """
        known = self.get(upload)
        if known.received < known.size:
            raise ConfigError(f"{known.received} of {known.size} bytes are here: send the rest")
        if (self._root / upload / _IMPORTED).exists():
            raise ConfigError("that recording was imported: send it again to import it again")
        return self._root / upload / known.name

    def take_in_hand(self, path: Path) -> None:
        """Keep the recording behind `path` until `mark_imported`, however long that takes."""
        with self._lock:
            self._in_hand.add(path.parent)

    def mark_imported(self, path: Path) -> None:
        """Keep the recording behind `path` only as long as something found in it is kept."""
        if path.parent.parent == self._root:
            (path.parent / _IMPORTED).touch(mode=0o600)
        with self._lock:
            self._in_hand.discard(path.parent)

    def sweep(self) -> int:
        """Remove what nothing needs any more; how many recordings went."""
        if not self._root.is_dir():
            return 0
        with self._lock:
            needed = set(self._in_hand)
        # Asked for behind that: what leaves one of the two is in the other by then.
        needed |= {Path(path).parent for path in self._paths_in_use()}
        removed = 0
        for folder in self._root.iterdir():
            if folder in needed:
                continue
            is_done = (folder / _IMPORTED).exists()
            if is_done or time.time() - _touched_at(folder) > UNTOUCHED_S:
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
        return removed


def fit_name(name: str) -> str:
    r"""What to call the file of a recording, whatever its sender calls it.

    >>> fit_name("../../etc/passwd"), fit_name("C:\\clips\\hall.mp4"), fit_name("..")
    ('passwd', 'hall.mp4', 'recording')
    """
    last = re.split(r"[/\\]", name)[-1]
    fit = _UNFIT.sub("_", last.encode("utf-8", "replace").decode()).strip(". ")
    while len(fit.encode()) > 200:
        fit = fit[1:]  # from the front: the end says what kind of file it is
    return "recording" if not fit or fit in {_META, _PART, _IMPORTED} else fit


def _touched_at(folder: Path) -> float:
    try:
        # Its own time counts: one that was made a moment ago is empty.
        return max(entry.stat().st_mtime for entry in (folder, *folder.iterdir()))
    except OSError:
        return 0.0
