"""Writes an evidence pack: a zip, whole or not at all, whose last files vouch for the others."""

import hashlib
import os
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipeline.errors import ConfigError
from pipeline.evidence.manifest import (
    FILES_AT_MOST,
    MANIFEST,
    SIGNATURE,
    Manifest,
    PackedFile,
    Signature,
    is_plain,
)
from pipeline.evidence.zip_form import is_large, new_entry
from pipeline.files import flush_folder
from pipeline.store.signing import SigningKey

_BLOCK = 1 << 20


class PackWriter:
    """Takes files in, counts and digests what it really wrote."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._zip = archive
        self.files: list[PackedFile] = []

    def add(self, name: str, data: bytes) -> PackedFile:
        """Put `data` in under a name that `is_plain` and new."""
        with self._entry(name, len(data)) as entry:
            entry.write(data)
        return self._note(name, len(data), hashlib.sha256(data).hexdigest())

    def add_file(self, name: str, path: Path) -> PackedFile:
        """Put the content of a file in."""
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as source, self._entry(name, path.stat().st_size) as entry:
            while block := source.read(_BLOCK):
                digest.update(block)
                size += len(block)
                entry.write(block)
        return self._note(name, size, digest.hexdigest())

    def sign(
        self, key: SigningKey, *, case: str, made_at: str, made_by: str, software: str
    ) -> tuple[str, int]:
        """Write the manifest of all that is in, and its signature; its digest, and how many files.

        Nothing can be added after that which the manifest would know.
        """
        manifest = Manifest(
            case=case, made_at=made_at, made_by=made_by, software=software, files=self.files
        )
        data, count = manifest.to_bytes(), len(self.files)
        for name, content in ((MANIFEST, data), (SIGNATURE, Signature.of(key, data).to_bytes())):
            with self._entry(name, len(content)) as entry:
                entry.write(content)
        return hashlib.sha256(data).hexdigest(), count

    def _entry(self, name: str, size: int) -> IO[bytes]:
        if not is_plain(name) or name in self._zip.namelist():
            raise ValueError(f"{name!r} cannot name a file of a pack")
        return self._zip.open(new_entry(name), "w", force_zip64=is_large(size))

    def _note(self, name: str, size: int, sha256: str) -> PackedFile:
        if len(self.files) >= FILES_AT_MOST:
            raise ConfigError(f"a pack holds {FILES_AT_MOST} files: make two cases of this one")
        noted = PackedFile(name=name, bytes=size, sha256=sha256)
        self.files.append(noted)
        return noted


@contextmanager
def pack_at(out: Path) -> Iterator[PackWriter]:
    """A writer for a pack that lies at `out`, mode 0600, once the `with` ends well.

    Raises:
        ConfigError: `out` cannot be written.
    """
    partial = out.with_name(f".{out.name}.{secrets.token_hex(4)}.tmp")
    try:
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w") as archive:
                yield PackWriter(archive)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(out)
        flush_folder(out.parent)
    except OSError as error:
        raise ConfigError(
            f"cannot write {out} ({error.strerror}): choose another file or free some space"
        ) from error
    finally:
        partial.unlink(missing_ok=True)
