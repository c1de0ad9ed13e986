"""The certificate of an erasure: what was erased and searched, signed by the installation."""

import json
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.answers import ErasedAnswer
from pipeline.evidence.manifest import Signature
from pipeline.instants import format_instant
from pipeline.store.signing import SigningKey

FORMAT: Final = "descry-erasure-certificate"
BYTES_AT_MOST: Final = 4_000_000
SCOPE: Final = (
    "one data folder was searched, and nothing else: no backup of it, no log outside it, no clip, "
    "pack or alert that had left it before; the audit tells which of these had"
)
"""What a certificate is about."""


class ErasureCertificate(BaseModel):
    """That nothing of these tracks was left; it lies with whoever asked, and nowhere else."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: str = FORMAT
    version: int = 1
    made_at: str
    software: str
    tracks: list[str]
    messages: int
    pictures: int
    boxes: int
    videos: int
    items: int
    searched_bytes: Annotated[int, Field(description="of the data folder, and nothing was found")]
    notes: list[str]
    scope: str | None = None  # none was told by earlier versions

    def message(self) -> bytes:
        """What is signed: JSON without white space, keys in order."""
        told = json.dumps(
            self.model_dump(exclude_none=True),
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=True,
        )
        return told.encode()


class SignedCertificate(BaseModel):
    """A certificate with its signature, as it lies in a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    certificate: ErasureCertificate
    signature: Signature


def erasure_certificate(
    answer: ErasedAnswer, key: SigningKey, *, at: float, software: str
) -> dict[str, Any]:
    """The signed certificate of an erasure that left nothing.

    Args:
        answer: what went, and what was searched.
        key: of the installation.
        at: when it was done, Unix seconds.
        software: name and version.
    """
    names = ("tracks", "messages", "pictures", "boxes", "videos", "items", "searched_bytes")
    certificate = ErasureCertificate(
        made_at=format_instant(at),
        software=software,
        notes=answer.notes,
        scope=SCOPE,
        **{name: getattr(answer, name) for name in names},
    )
    signature = Signature.of(key, certificate.message())
    return SignedCertificate(certificate=certificate, signature=signature).model_dump()


def read_certificate(path: Path) -> SignedCertificate | None:
    """The certificate in a file; None where it holds something else.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(BYTES_AT_MOST + 1)
    try:
        signed = SignedCertificate.model_validate_json(data)
    except ValidationError:
        return None
    is_ours = signed.certificate.format == FORMAT and signed.certificate.version == 1
    return signed if is_ours and len(data) <= BYTES_AT_MOST else None
