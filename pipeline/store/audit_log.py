"""The audit: whoever holds its lock appends to it, and nobody is answered before that is on disk.

    audit/lock                   whoever has it (flock) is the one writer
    audit/000000000001.jsonl     entries from that number on; a file a day, or 8 MiB
    audit/heads.jsonl            signed heads
    audit/salt                   what digests of tracks are made with
    audit-head.json              the last signed head once more: see `audit_witness`

A note is acknowledged once its line is flushed. Who is killed loses what nobody was answered for;
the next writer takes half a line off, and goes on from the last whole one.
"""

import fcntl
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.audit_events import Event
from pipeline.errors import AuditUnavailable
from pipeline.files import flush_folder
from pipeline.instants import format_instant
from pipeline.store.audit_ageing import Due, due_in
from pipeline.store.audit_chain import Place, canonical, linked
from pipeline.store.audit_files import Tail, files_in, name_of, read_tail
from pipeline.store.audit_heads import read_heads
from pipeline.store.audit_names import HiddenNames
from pipeline.store.audit_signing import HeadSigner
from pipeline.store.audit_witness import Witness

log = logging.getLogger(__name__)

FILE_BYTES: Final = 8 << 20
"""A file that is as large gets a successor."""

LOCK: Final = "lock"


@dataclass(slots=True)
class _Waiting:
    """A note that somebody waits for."""

    fields: dict[str, Any]
    number: int = 0
    error: AuditUnavailable | None = None

    @property
    def is_over(self) -> bool:
        """Whether it was written, or cannot be."""
        return self.number > 0 or self.error is not None


class AuditLog:
    """The audit of a data folder; several threads and processes may note at once."""

    def __init__(
        self,
        folder: Path,
        key: Path,
        *,
        sign_every: int,
        keep_s: float | None,
        now: Callable[[], float],
        logs: Path | None = None,
        signs_each: bool = False,
    ) -> None:
        """Open it; nothing is read or written yet.

        Args:
            folder: where it lies; made where it is missing.
            key: the file of the installation's signing key.
            sign_every: entries after which the head is signed.
            keep_s: how old an entry may get; None: for ever.
            now: Unix seconds.
            logs: the folder of logs, for one of the heads; None: there is none.
            signs_each: whether the head is signed behind each note, as by who is brief.
        """
        self.folder, self._now = folder, now
        self._sign_every, self._keep_s = 1 if signs_each else sign_every, keep_s
        self._waiting: list[_Waiting] = []
        self._changed, self._is_busy = threading.Condition(), False
        self._known = Tail()
        self._heads = HeadSigner(
            folder, key, now, every=sign_every, witness=Witness.beside(key, logs)
        )
        self._names: HiddenNames | None = None

    def note(self, event: Event) -> int:
        """Note `event`, and return its number once it is on the disk.

        Notes of several threads that come together share one flush.

        Raises:
            AuditUnavailable: it could not be.
        """
        mine = _Waiting(self._fields(event))
        with self._changed:
            self._waiting.append(mine)
            self._changed.wait_for(lambda: mine.is_over or not self._is_busy)
            if not mine.is_over:  # else whoever wrote last took mine along
                self._is_busy = True
                batch, self._waiting = self._waiting, []
        if not mine.is_over:
            try:
                self._write(batch)
            finally:
                self._free()
        if mine.error is not None:
            raise mine.error
        return mine.number

    def seal(self) -> None:
        """Sign the head, unless it is signed.

        Raises:
            AuditUnavailable: it cannot be written.
        """
        with self._alone():
            self._heads.sign(self._tail().place)

    def tend(self) -> None:
        """Sign the head, and remove the files in which everything is too old; that is noted first.

        Raises:
            AuditUnavailable: something cannot be written.
        """
        due = self._due()
        if due is None or self._keep_s is None:
            return
        self.note(due.event(self._keep_s))
        if self._due() == due:
            with self._alone():  # else somebody removed it meanwhile
                self._heads.age(due)

    def _due(self) -> Due | None:
        with self._alone():
            is_signed = self._heads.sign(self._tail().place)
            if not is_signed or self._keep_s is None:
                return None
            return due_in(self.folder, self._keep_s, self._now())

    def names(self) -> HiddenNames:
        """What turns names of tracks into what stands for them.

        Raises:
            AuditUnavailable: the salt cannot be made or read, or is gone.
        """
        if self._names is None:
            with _in_words():
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                is_new = not files_in(self.folder)  # the salt is made before the first entry
                self._names = HiddenNames.of(self.folder / "salt", is_new=is_new)
        return self._names

    def _fields(self, event: Event) -> dict[str, Any]:
        names = self.names()
        said = {
            "text": event.text,
            "reason": event.reason,
            "case": event.case,
            "asked": dict(event.asked),
        }
        fields = {
            "at": format_instant(self._now()),
            "who": event.who,
            "what": event.what,
            "phase": event.phase.value,
            **{name: names.hide(value) for name, value in said.items() if value},
            "outcome": event.outcome,
            "shown": names.shown(event.shown),
            "of": event.of,
        }
        kept = {name: value for name, value in fields.items() if value not in (None, "", {})}
        with _in_words():
            canonical(kept)  # what cannot be written must not take others along
        return kept

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the one thread of this process, and the one process, to write."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_busy)
            self._is_busy = True
        try:
            with _in_words(), self._lock():
                yield
        finally:
            self._free()

    def _free(self) -> None:
        with self._changed:
            self._is_busy = False
            self._changed.notify_all()

    def _write(self, batch: Sequence[_Waiting]) -> None:
        try:
            with _in_words(), self._lock():
                place = self._append(batch)
                if place.number - self._heads.tried >= self._sign_every:
                    self._sign_later(place)
        except AuditUnavailable as error:
            log.warning("%s", error)
            for each in batch:
                each.error = error
        finally:
            for each in batch:
                if not each.is_over:  # a bug: nobody may take it for noted
                    each.error = AuditUnavailable("the audit cannot be written: see the log")

    def _append(self, batch: Sequence[_Waiting]) -> Place:
        tail = self._tail()
        today = format_instant(self._now())[:10]
        path = tail.path
        if path is None or (tail.size and (tail.day != today or tail.size >= FILE_BYTES)):
            path = self.folder / name_of(tail.place.number + 1)
            tail = Tail(path, 0, tail.place)
        lines, place = [], tail.place
        for each in batch:
            line, place = linked(place, each.fields)
            lines.append(line)
        data = b"".join(lines)
        self._flush(path, tail.size, data)
        for each, number in zip(batch, range(tail.place.number + 1, place.number + 1), strict=True):
            each.number = number
        self._known = Tail(path, tail.size + len(data), place, tail.day or today)
        return place

    def _flush(self, path: Path, size: int, data: bytes) -> None:
        """Write `data` behind the first `size` bytes, all of it or nothing."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            if os.fstat(descriptor).st_size > size:
                log.warning("the audit: an entry that was cut off while written was taken off")
                os.ftruncate(descriptor, size)
            try:
                done = 0
                while done < len(data):
                    done += os.pwrite(descriptor, data[done:], size + done)
                os.fsync(descriptor)
                if size == 0:
                    flush_folder(self.folder)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(descriptor, size)
                raise
        finally:
            os.close(descriptor)

    def _tail(self) -> Tail:
        """Where the chain ends; read anew where another process wrote. Under the lock."""
        files = files_in(self.folder)
        known = self._known
        if files and files[-1] == known.path and files[-1].stat().st_size == known.size:
            return known
        empty: Path | None = None
        for path in reversed(files):
            tail = read_tail(path)
            if tail.place.number:
                return tail if empty is None else Tail(empty, 0, tail.place)
            empty = path
        checkpoints = [head for head in read_heads(self.folder)[0] if head.is_checkpoint]
        return Tail(empty, 0, checkpoints[-1].place if checkpoints else Place())

    def _sign_later(self, place: Place) -> None:
        """Sign a head whose entries are on the disk; where that fails, the next one is signed."""
        try:
            self._heads.sign(place)
        except OSError as error:
            log.warning("the head of the audit is not signed yet (%s)", error.strerror)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Be the one writer; the lock falls with the process, even by -9."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        descriptor = os.open(self.folder / LOCK, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


@contextmanager
def _in_words() -> Iterator[None]:
    """Say in our own words what the disk refused."""
    try:
        yield
    except OSError as error:
        raise AuditUnavailable(
            f"the audit cannot be written ({error.strerror}), and nothing is answered without it: "
            "make room on the disk of the data folder"
        ) from error
    except ValueError as error:
        raise AuditUnavailable(f"the audit cannot be written: {error}") from error
