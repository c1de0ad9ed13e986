"""What an evidence pack says of itself: every file with its digest, and who signed that."""

import json
import re
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.store.signing import SigningKey, is_signed_by

FORMAT: Final = "descry-evidence-pack"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
CASE: Final = "case.json"
REPORT: Final = "report.html"

FILES_AT_MOST: Final = 20_000
NAME_LETTERS: Final = 200
MANIFEST_BYTES: Final = 8_000_000
SIGNATURE_BYTES: Final = 4_096

_FILE_NAME = re.compile(r"(?:[a-z0-9][a-z0-9_-]*/){0,3}[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9]{1,5})?")

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PackedFile(_Record):
    """One file of a pack."""

    name: Annotated[str, Field(max_length=NAME_LETTERS)]
    bytes: Annotated[int, Field(ge=0, le=1 << 40)]
    sha256: Digest


class Manifest(_Record):
    """Every file of a pack but the manifest and its signature."""

    format: str = FORMAT
    version: int = 1
    case: str
    made_at: str
    made_by: str
    software: str
    files: Annotated[list[PackedFile], Field(max_length=FILES_AT_MOST)]

    def to_bytes(self) -> bytes:
        """As it lies in the pack, and is signed."""
        told = json.dumps(self.model_dump(), indent=1, sort_keys=True, ensure_ascii=True)
        return told.encode() + b"\n"


class Signature(_Record):
    """Who signed a file, and the signature: hexadecimal digits."""

    algorithm: str = "Ed25519"
    public_key: Digest
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]

    @classmethod
    def of(cls, key: SigningKey, message: bytes) -> "Signature":
        """The signature of `message`."""
        return cls(public_key=key.public, signature=key.sign(message))

    def is_of(self, message: bytes) -> bool:
        """Whether its key signed `message`."""
        is_known = self.algorithm == "Ed25519"
        return is_known and is_signed_by(self.public_key, message, self.signature)

    def to_bytes(self) -> bytes:
        """As it lies in the pack."""
        return json.dumps(self.model_dump(), indent=1, sort_keys=True).encode() + b"\n"


def is_plain(name: str) -> bool:
    """Whether `name` can be unpacked anywhere and stays inside: small letters, three folders deep.

    >>> [is_plain(n) for n in ("items/001/clip.mp4", "../x", "/x", "a//b", "A", "a/./b", "con:x")]
    [True, False, False, False, False, False, False]
    """
    return len(name) <= NAME_LETTERS and _FILE_NAME.fullmatch(name) is not None


def read_manifest(data: bytes) -> Manifest | None:
    """What `Manifest.to_bytes` wrote; None for anything else."""
    try:
        manifest = Manifest.model_validate_json(data)
    except ValidationError:
        return None
    return manifest if manifest.format == FORMAT and manifest.version == 1 else None


def read_signature(data: bytes) -> Signature | None:
    """What `Signature.to_bytes` wrote; None for anything else."""
    try:
        return Signature.model_validate_json(data)
    except ValidationError:
        return None
