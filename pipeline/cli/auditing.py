"""What `descry audit` does."""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from json import dumps
from pathlib import Path
from typing import Any

from pipeline.audit_answers import AuditAnswer, AuditEntryAnswer, Filters
from pipeline.config import Settings
from pipeline.data_folder import DataFolder
from pipeline.errors import AuditBroken, ConfigError
from pipeline.instants import parse_instant
from pipeline.logs import printable
from pipeline.reason_fields import NO_GROUNDS
from pipeline.store.audit_chain import Place
from pipeline.store.audit_check import Broken, Whole, check, logged_heads
from pipeline.store.audit_files import files_in
from pipeline.store.audit_heads import FILE as HEADS
from pipeline.store.audit_heads import read_heads
from pipeline.store.audit_reading import AuditReader
from pipeline.store.audit_witness import LAST, Witness, key_of
from pipeline.wiring.auditing import build_noting
from pipeline.wiring.sessions import open_session
from pipeline.wiring.settings import read_settings
from pipeline.wiring.stores import open_folder

_PAGE = 1000
_SHOWN = 60  # letters of a description in a line


def list_audit(
    config: Path | None,
    *,
    who: str | None,
    what: str | None,
    since: str | None,
    until: str | None,
    track: str | None,
    count: int,
    json: bool,
) -> None:
    """Print entries, the latest first.

    Raises:
        ConfigError: a time or a track makes no sense.
        AuditUnavailable: that somebody looked cannot be noted.
    """
    settings, now = read_settings(config), time.time()
    filters = Filters(
        who,
        what,
        None if since is None else parse_instant(since, now=now),
        None if until is None else parse_instant(until, now=now),
        track,
    )
    for entry in islice(_entries(settings, filters, count), count):
        line = entry.model_dump_json(exclude_defaults=True) if json else line_of(entry)
        sys.stdout.write(line + "\n")


def _entries(settings: Settings, filters: Filters, count: int) -> Iterator[AuditEntryAnswer]:
    if settings.api.url is not None:
        with open_session(settings, need=frozenset()) as session:
            yield from session.client().audit(filters, min(count, _PAGE))
        return
    folder = open_folder(settings)
    asked = {"who": filters.who, "what": filters.what, "track": filters.track}

    def ask() -> AuditAnswer:
        return AuditReader(folder.path / "audit").page(filters, count)

    yield from build_noting(settings, folder, NO_GROUNDS).show("audit", ask, **asked).entries


def line_of(entry: AuditEntryAnswer) -> str:
    """An entry in a line for a person."""
    shown = [shots for tracks in entry.shown.values() for shots in tracks.values()]
    asked = " ".join(f"{name}={_short(value)}" for name, value in entry.asked.items())
    parts = [
        f"{entry.n}  {entry.at}  {entry.who}  {entry.what}  {entry.outcome or entry.phase}",
        f"'{_short(entry.text)}'" if entry.text else "",
        asked,
        f"{len(shown)} tracks on {', '.join(entry.shown)}" if shown else "",
        f"reason: {entry.reason}" if entry.reason else "",
        f"case: {entry.case}" if entry.case else "",
    ]
    return printable("  ".join(part for part in parts if part))


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def verify_audit(
    config: Path | None, *, folder: Path | None, key: str | None, logs: Sequence[Path], json: bool
) -> None:
    """Check the audit, and say what was found.

    Raises:
        AuditBroken: it is not as it was written.
        ConfigError: there is no key to check with, or nothing to check.
    """
    logged, every, is_ours = list(_logged(logs)), None, key is None
    if folder is None:
        settings = read_settings(config)
        opened, every = open_folder(settings), settings.audit.sign_every
        folder, key = opened.path / "audit", key or _public(opened, is_made=False)
        for path in sorted(opened.logs.glob("*.log*")):
            logged += _heads_in(path)
        logged += _kept_beside(opened, key)
    folder, public = _checkable(folder, key)
    if not logged and not files_in(folder) and not read_heads(folder)[0]:
        sys.stdout.write("nothing was noted yet\n")
        return
    found = check(folder, public, logged, every=every)
    if json:
        told = {"whole": isinstance(found, Whole), **asdict(found), "key": public}
        sys.stdout.write(dumps(told) + "\n")
    if isinstance(found, Broken):
        raise AuditBroken(f"{found.what}{f' ({found.where})' if found.where else ''}")
    if not json:
        sys.stdout.write(f"{sentence_of(found)}\nkey: {public or 'none: nothing is signed yet'}\n")
    for line in _doubts(found, is_ours=is_ours):
        sys.stderr.write(f"! {line}\n")


def _doubts(found: Whole, *, is_ours: bool) -> Iterator[str]:
    """What a check could not see."""
    if is_ours:
        yield "the key is that of this data folder: give --key, as you noted it elsewhere"
    if not found.logged:
        yield "no head that was noted outside the audit was compared: give --log"


def _checkable(folder: Path, key: str | None) -> tuple[Path, str]:
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder")
    if key is None:
        raise ConfigError("a copy is checked with --key: 'descry audit heads' tells the public key")
    return folder, key


def sentence_of(found: Whole) -> str:
    """What was checked, for a person."""
    entries = f"entries {found.first} to {found.last}" if found.last >= found.first else "no entry"
    aged = f"; {found.removed} before them aged" if found.removed else ""
    behind = max(found.last - found.signed, 0)
    return (
        f"whole: {entries} in {found.files} files{aged}; signed up to {found.signed}, "
        f"{behind} behind it; {found.logged} logged heads agree"
    )


def list_heads(config: Path | None, *, json: bool) -> None:
    """Print the signed heads and the public key."""
    folder = open_folder(read_settings(config))
    heads, _ = read_heads(folder.path / "audit")
    for head in heads:
        kind = "  entries up to here aged" if head.is_checkpoint else ""
        words = f"{head.count}  {head.hash}  {head.at}{kind}"
        sys.stdout.write((dumps(asdict(head)) if json else words) + "\n")
    if not json:
        sys.stdout.write(f"public key: {_public(folder)}\n")


def _public(folder: DataFolder, *, is_made: bool = True) -> str:
    """The public key; empty where there is none yet, and none is made."""
    file = folder.path / "signing.key"
    try:
        key = key_of(file, folder.path / "audit") if is_made or _is_signed(folder) else None
    except ValueError as error:
        raise ConfigError(f"{error}: put the right file back") from error
    return "" if key is None else key.public


def _is_signed(folder: DataFolder) -> bool:
    files = ("signing.key", LAST, f"audit/{HEADS}")
    return any((folder.path / name).exists() for name in files)


def _logged(logs: Sequence[Path]) -> Iterator[Place]:
    for path in logs:
        if str(path) == "-":
            yield from logged_heads(sys.stdin)
        else:
            yield from _heads_in(path)


def _kept_beside(folder: DataFolder, public: str) -> list[Place]:
    """The last head that was signed, which lies beside the audit."""
    witness = Witness.beside(folder.path / "signing.key", None)
    try:
        head = witness.read()
    except ValueError as error:
        raise AuditBroken(str(error)) from error
    if head is None:
        return []
    if head.key != public or not head.is_authentic:
        raise AuditBroken(f"{witness.last} was changed, or another key signed it")
    return [head.place]


def _heads_in(path: Path) -> list[Place]:
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            return logged_heads(lines)
    except OSError as error:
        raise ConfigError(f"--log {path}: {error.strerror}") from error
