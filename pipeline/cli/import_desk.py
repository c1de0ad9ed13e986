"""Sees the files of one import through: hands them to readers, and says what came of each."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from pipeline.cli.import_outcome import (
    Outcome,
    imported_of,
    is_read,
    lacks_boxes,
    refuse_elsewhere,
)
from pipeline.cli.import_plan import Bars, Planned
from pipeline.errors import ConfigError, SourceUnreadable, StoreUnavailable
from pipeline.handoff import ReadAhead
from pipeline.names import process_name
from pipeline.shutdown import Stop
from pipeline.store.imports import SAY_EVERY_S
from pipeline.store.runs import RunRecord, SafePoint
from pipeline.wiring.readers import Readers
from pipeline.wiring.sessions import Session
from pipeline.wiring.stores import Stores
from pipeline.workers.jobs import ReplayJob

T = TypeVar("T")

PLANNED_AHEAD = 16
TEND_EVERY_S = 0.05
# Asking the store for the progress of every file at each turn would keep it busy.
ASK_EVERY_S = 0.5


@dataclass(slots=True)
class _Reading:
    """A file in the hands of the readers."""

    number: int
    planned: Planned
    job: ReplayJob
    began: float
    # The same film under other names: they come to what this one comes to.
    copies: list[tuple[int, Planned]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where progress goes; by default nowhere.

    Attributes:
        began: a file was given to the readers.
        read: so many frames of a file were looked at or passed over, of so many (None: unknown).
        over: a file is dealt with.
    """

    began: Callable[[Planned], None] = lambda _planned: None
    read: Callable[[Planned, int, int | None], None] = lambda _planned, _done, _total: None
    over: Callable[[Outcome], None] = lambda _outcome: None


class ImportDesk:
    """Sees the files of one command through, several at once."""

    def __init__(
        self, session: Session, stores: Stores, bars: Bars, stop: Stop, *, readers: int = 1
    ) -> None:
        """Work with the readers of a session.

        Args:
            session: with an embed worker.
            stores: those of the session.
            bars: starts a progress bar.
            stop: set when the user has had enough.
            readers: files read at once, at most.
        """
        self._session, self._stores, self._bars, self._stop = session, stores, bars, stop
        self._readers = Readers(session, readers)
        self._reading: dict[str, _Reading] = {}
        self._ready: dict[int, Outcome] = {}
        self._asked_at = 0.0
        self._holder, self._said_at = process_name(), float("-inf")
        self._collections: set[str] = set()

    def import_all(
        self, plans: Iterable[Planned], progress: Progress | None = None
    ) -> Iterator[Outcome]:
        """Read every file to its end, unless that was done before; the outcomes in that order."""
        progress = progress or Progress()
        count = told = 0
        with ReadAhead(plans, PLANNED_AHEAD) as feed:
            while not feed.is_over or self._reading:
                while self._readers.has_room and (planned := feed.take()) is not None:
                    self._begin(count, planned, progress)
                    count += 1
                self._collect(progress)
                while told in self._ready:
                    yield self._ready.pop(told)
                    told += 1
                self._heard(self._say_at_work)
                if self._reading or not feed.is_over:
                    self._tend(TEND_EVERY_S)
                    self._readers.tend()
        for number in sorted(self._ready):
            yield self._ready.pop(number)
        self._readers.stop()

    def wait_until_embedded(self) -> None:
        """Wait until everything published so far is in the sighting log."""
        report = self._bars("encode shots")
        crops = self._stores.crops
        mark, total = self._heard(crops.last_id), self._heard(crops.length)
        while self._heard(partial(crops.holds_up_to, mark)):
            self._heard(self._say_at_work)
            self._tend(0.1)
            report(max(total - self._heard(crops.length), 0), total)
        report(total, total)
        for collection in self._collections:
            self._heard(partial(self._stores.imports.leave, collection, self._holder))

    def _begin(self, number: int, planned: Planned, progress: Progress) -> None:
        job = planned.job
        if job is None:
            self._settle(number, Outcome(planned, trouble=planned.trouble), progress)
            return
        for reading in self._reading.values():
            if reading.job.run_id == job.run_id:
                reading.copies.append((number, planned))
                return
        self._enter(job.collection)
        known = self._heard(partial(self._stores.runs.get, job.camera_id, job.run_id))
        try:
            refuse_elsewhere(job, known)
            job.check_file()
        except (ConfigError, SourceUnreadable) as error:
            self._settle(number, Outcome(planned, trouble=error), progress)
            return
        if known is not None and is_read(known) and not lacks_boxes(job, known):
            outcome = Outcome(planned, imported_of(planned, job, known, is_known=True, seconds=0.0))
            self._settle(number, outcome, progress)
            return
        self._heard(partial(self._note_begin, job, planned, known))
        progress.began(planned)
        name = self._readers.put(number, job)
        self._reading[name] = _Reading(number, planned, job, time.monotonic())

    def _collect(self, progress: Progress) -> None:
        for name in self._readers.finished():
            reading = self._reading.pop(name)
            job = reading.job
            seconds = round(time.monotonic() - reading.began, 3)
            record = self._heard(partial(self._stores.runs.get, job.camera_id, job.run_id))
            if record is None:
                gone = SourceUnreadable(f"{job.path}: was removed while it was read; import again")
                self._settle(reading.number, Outcome(reading.planned, trouble=gone), progress)
                continue
            done = imported_of(reading.planned, job, record, is_known=False, seconds=seconds)
            self._settle(reading.number, Outcome(reading.planned, done), progress)
            for number, copy in reading.copies:
                same = imported_of(copy, job, record, is_known=is_read(record), seconds=0.0)
                self._settle(number, Outcome(copy, same), progress)
        now = time.monotonic()
        if now - self._asked_at >= ASK_EVERY_S:
            self._asked_at = now
            for reading in self._reading.values():
                job = reading.job
                record = self._heard(partial(self._stores.runs.get, job.camera_id, job.run_id))
                if record is not None:
                    progress.read(reading.planned, record.frames_read, record.expected_frames)

    def _settle(self, number: int, outcome: Outcome, progress: Progress) -> None:
        self._ready[number] = outcome
        progress.over(outcome)

    def _note_begin(self, job: ReplayJob, planned: Planned, known: RunRecord | None) -> None:
        runs = self._stores.runs
        self._stores.cameras.register(job.camera_id, "file")
        goes_on = known is not None and known.state == "reading" and known.keeps_boxes
        if known is not None and lacks_boxes(job, known) and not goes_on:
            # What was read so far was read without keeping boxes: from the start, then.
            runs.save_safe_point(job.camera_id, job.run_id, SafePoint(0, 1, {}))
        runs.begin(
            RunRecord(
                camera_id=job.camera_id,
                run_id=job.run_id,
                kind="file",
                source=planned.recording.path.name,
                started_at=job.started_at,
                collection=job.collection,
                digest=job.digest,
                path=job.path,
                file_bytes=planned.recording.size_bytes
                if job.stamp is None
                else job.stamp.size_bytes,
                imported_at=time.time(),
                detector=job.detector,
                encoder=job.encoder,
                masks=tuple(mask.corners for mask in job.place.masks),
                keeps_boxes=job.keep_boxes,
                expected_frames=planned.info.frame_count if planned.info is not None else None,
            )
        )

    def _heard(self, ask: Callable[[], T]) -> T:
        """What the store answers, once it is there: a private Redis that died is started again."""
        told = False
        while True:
            try:
                return ask()
            except StoreUnavailable as error:
                if not told:
                    sys.stderr.write(f"{error}; waiting for it\n")
                    told = True
                self._tend(0.1)

    def _enter(self, collection: str) -> None:
        """Before anything is noted: a removal under way would forget a part of it."""
        if collection not in self._collections:
            imports = self._stores.imports
            self._heard(partial(imports.begin, collection, self._holder, time.time()))
            self._collections.add(collection)

    def _say_at_work(self) -> None:
        """Keep the collections from being removed under our hands."""
        if time.monotonic() - self._said_at >= SAY_EVERY_S:
            for collection in self._collections:
                self._stores.imports.say(collection, self._holder, time.time())
            self._said_at = time.monotonic()

    def _tend(self, wait_s: float) -> None:
        if self._stop.wait(wait_s):
            sys.stderr.write("stopped: the same command goes on where this one was\n")
            raise KeyboardInterrupt
        self._session.tend()
