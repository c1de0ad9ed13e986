"""Cameras that were added while Descry ran: a file in the data folder, read with the settings."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.files import write_whole

NAME = "cameras.json"


class AddedCameras:
    """The cameras in a data folder, by name, each with its settings as the settings file has them.

    Passwords are among them: the file is ours alone to read, as the token beside it is.
    """

    def __init__(self, data_dir: Path) -> None:
        """Look nowhere yet; the folder need not be there."""
        self.file = data_dir / NAME

    def read(self) -> dict[str, dict[str, Any]]:
        """All of them; none where there is no file.

        Raises:
            ConfigError: the file cannot be read, or is damaged.
        """
        try:
            found = json.loads(self.file.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise ConfigError(
                f"{self.file}: cannot read the added cameras ({error.strerror})"
            ) from error
        except (ValueError, RecursionError) as error:
            raise self._damaged() from error
        if not isinstance(found, dict) or not all(isinstance(c, dict) for c in found.values()):
            raise self._damaged()
        return found

    def put(self, camera_id: str, settings: Mapping[str, Any]) -> None:
        """Add a camera, or replace all that was said of it.

        Raises:
            ConfigError: the file cannot be written.
        """
        with self._to_change() as cameras:
            cameras[camera_id] = dict(settings)

    def remove(self, camera_id: str) -> bool:
        """Take a camera out; whether it was there.

        Raises:
            ConfigError: the file cannot be written.
        """
        with self._to_change() as cameras:
            return cameras.pop(camera_id, None) is not None

    @contextmanager
    def _to_change(self) -> Iterator[dict[str, dict[str, Any]]]:
        """The cameras, written when the block ends; one writer at a time."""
        try:
            # Of the folder: the file itself is replaced by every write.
            folder = os.open(self.file.parent, os.O_RDONLY)
        except OSError as error:
            raise self._unwritten(error) from error
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            cameras = self.read()
            yield cameras
            write_whole(self.file, json.dumps(cameras, indent=2) + "\n")
        except OSError as error:
            raise self._unwritten(error) from error
        finally:
            os.close(folder)

    def _unwritten(self, error: OSError) -> ConfigError:
        return ConfigError(f"{self.file}: cannot keep the cameras ({error.strerror}): make room")

    def _damaged(self) -> ConfigError:
        return ConfigError(
            f"{self.file}: damaged: remove it, and add its cameras again (descry cameras add)"
        )
