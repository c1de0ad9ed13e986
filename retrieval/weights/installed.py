"""The list of what is installed in a folder of models: read, and changed by one at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retrieval.errors import WeightsUnusable
from retrieval.weights.manifest import Entry, read_manifest, write_manifest


class InstalledList:
    """`models.yaml` of one folder: models by name, and the digests accepted of addresses."""

    def __init__(self, folder: Path) -> None:
        """The list in `folder`, which is made when it is first changed."""
        self._folder = folder

    def models(self) -> dict[str, Entry]:
        """The models that are installed, by name.

        Raises:
            WeightsUnusable: the list is damaged.
        """
        return self._read()[0]

    def digests(self) -> dict[str, str]:
        """The digests that were accepted, by address.

        Raises:
            WeightsUnusable: the list is damaged.
        """
        return self._read()[1]

    def make_folder(self) -> None:
        """Make the folder, for its owner alone."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder.chmod(0o700)  # mkdir's mode passes through the umask

    @contextmanager
    def changing(self) -> Iterator[tuple[dict[str, Entry], dict[str, str]]]:
        """Change models and digests, one process at a time; the list is replaced whole or stays."""
        self.make_folder()
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            entries, digests = self._read()
            yield entries, digests
            part = self._folder / ".models.yaml.part"
            with part.open("w", encoding="utf-8") as file:
                file.write(write_manifest(entries, digests))
                file.flush()
                os.fsync(file.fileno())
            part.chmod(0o600)
            part.replace(self._manifest)

    @property
    def _manifest(self) -> Path:
        return self._folder / "models.yaml"

    def _read(self) -> tuple[dict[str, Entry], dict[str, str]]:
        try:
            text = self._manifest.read_text("utf-8")
        except FileNotFoundError:
            return {}, {}
        except (OSError, UnicodeDecodeError) as error:
            raise WeightsUnusable(f"{self._manifest}: cannot be read: {error}") from error
        return read_manifest(text, str(self._manifest))
