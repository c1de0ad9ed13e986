"""Checks what an installation signed, and says what of it was changed."""

import json
import re
import sys
from dataclasses import asdict
from pathlib import Path

from pipeline.errors import ConfigError, EvidenceChanged
from pipeline.evidence.certificate import read_certificate
from pipeline.evidence.verifying import Verdict, verify_pack
from pipeline.logs import printable
from pipeline.wiring.settings import read_settings
from pipeline.wiring.signing import signing_key

_KEY = re.compile(r"[0-9a-f]{64}")
_ZIP = b"PK"
_SHOWN = 50


def verify_file(path: Path, key: str | None, *, as_json: bool) -> None:
    """Check a pack or a certificate.

    Raises:
        ConfigError: there is no such file, or the key is none.
        EvidenceChanged: it is not as it was signed.
    """
    wanted = None if key is None else _as_key(key)
    try:
        with path.open("rb") as file:
            is_certificate = file.read(1) == b"{"
        verdict = _certificate(path, wanted) if is_certificate else verify_pack(path, wanted)
    except OSError as error:
        raise ConfigError(f"cannot read {path} ({error.strerror})") from error
    told = {"intact": not verdict.faults, "key_checked": wanted is not None}
    if as_json:
        sys.stdout.write(json.dumps(told | asdict(verdict)) + "\n")
    elif not verdict.faults:
        _praise(path, verdict, is_certificate=is_certificate)
    if wanted is None and not verdict.faults:
        sys.stderr.write(
            "! anybody can sign with a key of their own: compare this one with what 'descry "
            "evidence key' says at the installation, or give it with --key\n"
        )
    if verdict.faults:
        for fault in verdict.faults[:_SHOWN]:
            sys.stderr.write(f"! {printable(fault)}\n")
        raise EvidenceChanged(f"{path} is not as it was signed: {len(verdict.faults)} faults")


def print_key(config: Path | None) -> None:
    """Print the installation's public key, in hexadecimal digits."""
    sys.stdout.write(signing_key(read_settings(config)).public + "\n")


def _as_key(text: str) -> str:
    """64 digits, or the file that holds them."""
    if not _KEY.fullmatch(text.lower()) and Path(text).is_file():
        with Path(text).open("rb") as file:
            text = file.read(200).decode("ascii", "replace").strip()
    if not _KEY.fullmatch(text.lower()):
        raise ConfigError("--key: give the 64 digits of 'descry evidence key', or a file of them")
    return text.lower()


def _certificate(path: Path, key: str | None) -> Verdict:
    signed = read_certificate(path)
    if signed is None:
        return Verdict(faults=["not a certificate of Descry, or damaged"])
    faults = []
    if not signed.signature.is_of(signed.certificate.message()):
        faults.append("changed: the signature does not fit")
    if key is not None and signed.signature.public_key != key:
        faults.append(f"signed with another key ({signed.signature.public_key}), not {key}")
    return Verdict(
        faults, made_at=signed.certificate.made_at, public_key=signed.signature.public_key,
        files=len(signed.certificate.tracks), bytes=signed.certificate.searched_bytes,
    )  # fmt: skip


def _praise(path: Path, verdict: Verdict, *, is_certificate: bool) -> None:
    if is_certificate:
        what = (
            f"{verdict.files} tracks erased, {verdict.bytes / 1e6:.1f} MB of a data folder searched"
        )
    else:
        what = f"case {verdict.case}, {verdict.files} files, {verdict.bytes / 1e6:.1f} MB"
    by = f" by {verdict.made_by}" if verdict.made_by else ""
    made = f"made {verdict.made_at}{by}; key {verdict.public_key}"
    sys.stdout.write(printable(f"{path}: as it was signed: {what}; {made}") + "\n")
