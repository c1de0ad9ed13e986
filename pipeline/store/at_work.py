"""Which processes of a data folder live, by locks that fall with them, even by -9."""

import fcntl
import os
import secrets
from contextlib import suppress
from pathlib import Path

from pipeline.files import make_folder

_SUFFIX = ".worker"


class AtWork:
    """A process that says that it lives, and knows of others whether they do."""

    def __init__(self, folder: Path) -> None:
        """Be at work from now on, in `folder`, which is made; what dead ones left there goes.

        Raises:
            OSError: the folder cannot be written.
        """
        make_folder(folder)
        self._folder, self.name = folder, secrets.token_hex(8)
        for left in folder.glob(f"*{_SUFFIX}"):
            self.lives(left.stem)
        # Locked before it has a name that others look for, or one could take it for a dead one's.
        fresh = folder / f".{self.name}.tmp"
        self._descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        fresh.rename(folder / f"{self.name}{_SUFFIX}")

    def lives(self, name: str) -> bool:
        """Whether the process of that name does; what a dead one left is removed."""
        path = self._folder / f"{name}{_SUFFIX}"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            path.unlink(missing_ok=True)
            return False
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Be at work no longer."""
        with suppress(OSError):
            os.close(self._descriptor)
        (self._folder / f"{self.name}{_SUFFIX}").unlink(missing_ok=True)
