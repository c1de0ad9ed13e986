"""The data folder: one place for everything that lasts, with one owner at a time."""

import fcntl
import hashlib
import json
import logging
import os
import secrets
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigError, FolderInUse, FolderTooNew, StoreFull
from pipeline.files import make_folder, write_whole
from pipeline.owner import Owner, command_of

log = logging.getLogger(__name__)

#: 2 has sightings in files, which who knows only 1 takes for deleted. A folder has 1 until then.
_LAYOUT, _LAYOUT_OF_NEW = 2, 1
_SUBFOLDERS = ("redis", "media", "models", "boxes", "logs", "ring", "clips", "audit")
_OURS = {
    *_SUBFOLDERS,
    "audit-head.json",
    *("sightings", "uploads", "version.json", "signing.key", "token", "lost+found", "idempotency"),
    *("accounts.sqlite", "accounts.sqlite-journal", "cases.sqlite", "cases.sqlite-journal"),
    *("owner.lock", "owner.json", "clients.lock"),
}
# Whoever asks for the owner holds the lock for a moment; an owner must not stumble over that.
_LOCK_ATTEMPTS = 25
_LOCK_WAIT_S = 0.02


@dataclass(frozen=True, slots=True)
class DataFolder:
    """A folder that is ours alone, and a short one for its sockets.

    Attributes:
        path: the data folder, without symbolic links.
        runtime_dir: where sockets go; gone after a reboot.
    """

    path: Path
    runtime_dir: Path

    @classmethod
    def open(
        cls, path: Path, *, runtime_dir: Path | None, xdg_runtime_dir: str | None = None
    ) -> "DataFolder":
        """Create what is missing, and check what is there.

        Args:
            path: created with its parents where it is missing.
            runtime_dir: for the sockets; None for one below `xdg_runtime_dir`, else below /tmp.
            xdg_runtime_dir: the user's own folder for such things, if the system gave one.

        Raises:
            ConfigError: it cannot be created, belongs to somebody else, or holds other things.
            FolderTooNew: a newer version of Descry wrote it.
        """
        path = path.expanduser().absolute().resolve()
        _make_private(path, "data folder", "DESCRY_DATA_DIR")
        _check_layout(path)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            log.warning("data folder %s: was open to others and is now closed", path)
            path.chmod(0o700)
        for name in _SUBFOLDERS:
            make_folder(path / name)
        chosen = runtime_dir or _default_runtime_dir(path, xdg_runtime_dir)
        return cls(path=path, runtime_dir=_check_runtime_dir(chosen.absolute()))

    @property
    def redis(self) -> Path:
        """What the private Redis keeps."""
        return self.path / "redis"

    @property
    def media(self) -> Path:
        """Pictures."""
        return self.path / "media"

    @property
    def models(self) -> Path:
        """Weights."""
        return self.path / "models"

    @property
    def boxes(self) -> Path:
        """Every tracked box of the runs that keep them."""
        return self.path / "boxes"

    @property
    def sightings(self) -> Path:
        """Where the log lies that has left Redis."""
        return self.path / "sightings"

    def refuse_older(self) -> None:
        """Say that sightings are in files: a Descry that knows of none refuses the folder."""
        write_whole(self.path / "version.json", json.dumps({"layout": _LAYOUT}))

    @property
    def ring(self) -> Path:
        """Recent video by camera."""
        return self.path / "ring"

    @property
    def clips(self) -> Path:
        """Clips on their way to who asked for them."""
        return self.path / "clips"

    @property
    def logs(self) -> Path:
        """What the processes say."""
        return self.path / "logs"

    def token(self) -> str:
        """What a local client shows to the owner; made at first use, readable by us alone."""
        file = self.path / "token"
        if not file.exists():
            fresh = file.with_name(f".token.{secrets.token_hex(4)}.tmp")
            write_whole(fresh, secrets.token_urlsafe(32))
            with suppress(FileExistsError):  # another process was first: its token counts
                os.link(fresh, file)
            fresh.unlink()
        return file.read_text().strip()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the owner for the length of a `with`; the lock falls with the process, even by -9.

        Raises:
            FolderInUse: another process is.
        """
        descriptor = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            if not _try_lock(descriptor, fcntl.LOCK_EX, _LOCK_ATTEMPTS):
                raise FolderInUse(self._in_use())
            self._owner_file.unlink(missing_ok=True)  # what a killed owner left
            try:
                self.write_owner(command=command_of(sys.argv))
                yield
            finally:
                self._owner_file.unlink(missing_ok=True)
        finally:
            os.close(descriptor)

    def write_owner(
        self,
        *,
        command: str,
        redis_socket: Path | None = None,
        api_socket: Path | None = None,
        workers: Sequence[str] = (),
        is_up: bool = False,
        model: str | None = None,
    ) -> None:
        """Tell clients where to knock; for the holder of the lock alone.

        Raises:
            StoreFull: it cannot be written down.
        """
        now, kinds = time.time(), tuple(workers)
        owner = Owner(os.getpid(), now, command, redis_socket, api_socket, kinds, is_up, model)
        try:
            write_whole(self._owner_file, owner.to_json())
        except OSError as error:
            raise StoreFull(
                f"nothing can be written to '{self.path}' ({error.strerror}): make room on its disk"
            ) from error

    def read_owner(self) -> Owner | None:
        """Who owns the folder now; None if nobody does, whatever a killed owner left behind."""
        try:
            descriptor = os.open(self._lock_file, os.O_RDWR | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None
        try:
            for _ in range(_LOCK_ATTEMPTS):
                if _try_lock(descriptor, fcntl.LOCK_SH, 1):
                    return None
                with suppress(FileNotFoundError):
                    return Owner.from_json(self._owner_file.read_text())
                time.sleep(_LOCK_WAIT_S)  # it has the lock and is about to say who it is
        finally:
            os.close(descriptor)
        raise FolderInUse(f"{self.path} is being taken by another process: try again")

    @contextmanager
    def be_client(self) -> Iterator[None]:
        """Let the owner know that somebody uses what it runs, for the length of a `with`."""
        descriptor = os.open(self._clients_file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            yield
        finally:
            os.close(descriptor)

    def has_clients(self) -> bool:
        """Whether somebody uses what the owner runs."""
        descriptor = os.open(self._clients_file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            return not _try_lock(descriptor, fcntl.LOCK_EX, 1)
        finally:
            os.close(descriptor)

    @property
    def _clients_file(self) -> Path:
        return self.path / "clients.lock"

    @property
    def _lock_file(self) -> Path:
        return self.path / "owner.lock"

    @property
    def _owner_file(self) -> Path:
        return self.path / "owner.json"

    def _in_use(self) -> str:
        try:
            owner = Owner.from_json(self._owner_file.read_text())
            who = f"process {owner.pid} ({owner.command})"
        except (FileNotFoundError, ValueError):
            who = "another process"
        return f"{self.path} is in use by {who}: stop it, or set DESCRY_DATA_DIR to another folder"


def _make_private(path: Path, what: str, setting: str) -> None:
    """Create `path`, and see that it is a folder of ours."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"the {what} {path} cannot be made ({error.strerror}): set {setting} to another place"
        ) from error
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise ConfigError(f"the {what} {path} is no folder: set {setting} to another place")
    if found.st_uid != os.geteuid():
        raise ConfigError(
            f"the {what} {path} belongs to user {found.st_uid}: "
            f"set {setting} to a folder of your own, inside it perhaps"
        )


def _check_layout(path: Path) -> None:
    file = path / "version.json"
    try:
        layout = int(json.loads(file.read_text())["layout"])
    except FileNotFoundError:
        # Closing somebody's home to the world, or filling it, is not ours to do.
        # A `*.tmp` is another process that opens the folder for the first time, too.
        found = {entry.name for entry in path.iterdir() if entry.suffix != ".tmp"}
        if others := sorted(found - _OURS):
            raise ConfigError(
                f"{path} holds other things ({others[0]}): set DESCRY_DATA_DIR to a new folder"
            ) from None
        write_whole(file, json.dumps({"layout": _LAYOUT_OF_NEW}))
        return
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f'{file} is damaged: write {{"layout": {_LAYOUT}}} into it') from error
    if layout > _LAYOUT:
        raise FolderTooNew(
            f"{path} has layout {layout} and this version of Descry reads {_LAYOUT}: "
            "install a newer Descry, or set DESCRY_DATA_DIR to another folder"
        )


def _default_runtime_dir(path: Path, xdg_runtime_dir: str | None) -> Path:
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
    if xdg_runtime_dir and Path(xdg_runtime_dir).is_dir():
        return Path(xdg_runtime_dir) / f"descry-{digest}"
    return Path("/tmp") / f"descry-{os.geteuid()}-{digest}"


def _check_runtime_dir(path: Path) -> Path:
    """A folder in /tmp may have been put there by another user, to read our sockets."""
    _make_private(path, "runtime folder", "DESCRY_RUNTIME_DIR")
    if stat.S_IMODE(path.lstat().st_mode) & 0o077:
        raise ConfigError(f"the runtime folder {path} is open to others: run `chmod 700 {path}`")
    return path


def _try_lock(descriptor: int, kind: int, attempts: int) -> bool:
    for attempt in range(attempts):
        if attempt:
            time.sleep(_LOCK_WAIT_S)
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return True
    return False
