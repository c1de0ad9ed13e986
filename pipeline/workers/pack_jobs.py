"""Evidence packs that are made while whoever asked does something else, and then waits for them."""

import logging
import re
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.audit_events import Audit, Event
from pipeline.callers import Caller
from pipeline.case_answers import EvidenceRequest, PackAnswer, PackJob
from pipeline.clock import Clock
from pipeline.errors import AuditUnavailable, Busy, ConfigError, DescryError, NotFound
from pipeline.files import write_whole
from pipeline.workers.evidencing import EvidenceDesk

log = logging.getLogger(__name__)

TELL_EVERY_S: Final = 0.5
NO_PACK: Final = "no pack can be made on the query worker's machine: see its log"
SILENT_FOR_S: Final = 300.0
"""A pack whose maker has said nothing for so long has none any more."""

_ID = re.compile(r"[0-9a-f]{32}")

Start = Callable[[Callable[[], None]], None]
"""Runs something aside."""


class _Told(BaseModel):
    """A job as it lies in its file.

    Attributes:
        by: the caller who began it.
        cameras: of its items, which whoever fetches it has to see still; None where an earlier
            version told none.
        told_at: Unix seconds.
        job: how far it is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: str
    cameras: frozenset[str] | None = None
    told_at: float
    job: PackJob
    tracks: Sequence[str] = ()  # of a pack that is done


@dataclass(frozen=True, slots=True)
class ReadyPack:
    """A pack that is done: its file, whom it shows, and the digest of its manifest."""

    path: Path
    tracks: Sequence[str]
    manifest_sha256: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who asked for a pack, of which cameras, and what the audit is to have of it."""

    caller: Caller
    cameras: frozenset[str]
    event: Event


def on_a_thread(work: Callable[[], None]) -> None:
    """Run `work` aside; it ends with the process."""
    threading.Thread(target=work, name="evidence", daemon=True).start()


@dataclass(slots=True)
class PackJobs:
    """Makes one pack at a time; how far it is lies in a file, for every query worker to tell.

    Attributes:
        desk: makes them.
        folder: where they wait; retention sweeps it, and an erasure empties it.
        clock: tells how long it takes.
        audit: hears of each that is made, and whom it shows, before it can be fetched.
        start: runs one aside.
    """

    desk: EvidenceDesk
    folder: Path
    clock: Clock
    audit: Audit
    start: Start = on_a_thread
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def begin(
        self, case_id: str, request: EvidenceRequest, caller: Caller, *, noted: Event | None = None
    ) -> PackJob:
        """Begin a pack.

        Args:
            case_id: of which case.
            request: how.
            caller: for whom.
            noted: what the audit has of it: why, and `of` which entry.

        Raises:
            NotFound: no such case that the caller may see.
            Busy: another is being made.
        """
        cameras = self._cameras(case_id, caller)
        if not self._turn.acquire(blocking=False):
            raise Busy("an evidence pack is being made already: ask again when it is done")
        try:
            job = PackJob(id=secrets.token_hex(16), case=case_id, state="working")
            asked = _Asked(caller, cameras, _event(job, caller, noted))
            self._tell(job, asked)
            self.start(lambda: self._make(job, request, asked))
        except BaseException:
            self._turn.release()
            raise
        return job

    def look(self, case_id: str, job_id: str, caller: Caller) -> PackJob:
        """How far a pack is.

        Raises:
            NotFound: there is none of that name, or not for the caller.
        """
        return self._find(case_id, job_id, caller).job

    def _find(self, case_id: str, job_id: str, caller: Caller) -> _Told:
        gone = NotFound(f"no pack {job_id}: it was not fetched in time, or somebody was erased")
        if not _ID.fullmatch(job_id):
            raise gone
        try:
            told = _Told.model_validate_json((self.folder / f"{job_id}.json").read_text())
        except (OSError, ValidationError):
            raise gone from None
        # By name alone, somebody narrowed since would fetch it, and a new user of an old name.
        sees_all = told.cameras is not None and all(map(caller.may_see, told.cameras))
        is_theirs = caller.cameras is None or (caller.name == told.by and sees_all)
        if told.job.case != case_id or not is_theirs:
            raise gone
        if told.job.state == "working" and self.clock.now() - told.told_at > SILENT_FOR_S:
            detail = "whoever made it has ended: begin another"
            job = told.job.model_copy(update={"state": "failed", "detail": detail})
            return told.model_copy(update={"job": job})
        return told

    def fetch(self, case_id: str, job_id: str, caller: Caller) -> ReadyPack:
        """A pack that is done.

        Raises:
            NotFound: there is none of that name, it is not for the caller, or not done yet.
        """
        told = self._find(case_id, job_id, caller)
        path = self.folder / f"{job_id}.zip"
        if told.job.state != "done" or told.job.pack is None or not path.is_file():
            raise NotFound(f"pack {job_id} is {told.job.state}: look at it until it is done")
        return ReadyPack(path, told.tracks, told.job.pack.manifest_sha256)

    def _cameras(self, case_id: str, caller: Caller) -> frozenset[str]:
        items = self.desk.cases.show(case_id, caller).items
        return frozenset(item.camera for item in items)

    def _make(self, job: PackJob, request: EvidenceRequest, asked: _Asked) -> None:
        began = told = self.clock.now()
        steps = 100
        shown: Sequence[str] = ()

        def progress(done: float, total: float) -> None:
            nonlocal told
            now = self.clock.now()
            if now - told < TELL_EVERY_S:
                return
            told = now
            eta_s = (now - began) * (total - done) / done if done else None
            shown = {"done": round(steps * done), "total": round(steps * total), "eta_s": eta_s}
            self._tell(job.model_copy(update=shown), asked)

        def made(tracks: Sequence[str], manifest_sha256: str) -> None:
            nonlocal shown
            shown, digest = tracks, {"manifest_sha256": manifest_sha256}
            self.audit.note(replace(asked.event, shown=tracks, told=digest, outcome="done"))

        path = self.folder / f"{job.id}.zip"
        try:
            pack = self.desk.export(
                job.case, request, asked.caller, out=path, progress=progress, made=made
            )
            # Something may have been put in since it was begun.
            cameras = asked.cameras | self._cameras(job.case, asked.caller)
            done = job.model_copy(update=_done(job, pack))
            self._tell(done, replace(asked, cameras=cameras), shown)
        except Exception as error:  # noqa: BLE001  a thread's outermost loop: whoever waits is told
            self._fail(job, asked, error)
        finally:
            self._turn.release()

    def _fail(self, job: PackJob, asked: _Asked, error: Exception) -> None:
        """Note and tell that no pack was made; the audit first, which may be on another disk."""
        detail = NO_PACK
        if isinstance(error, DescryError):
            log.warning("evidence pack of case '%s': %s", job.case, error)
            # Where things lie on this machine is nobody else's business.
            if not isinstance(error, ConfigError) and str(self.folder) not in str(error):
                detail = str(error)
        else:
            log.error("evidence pack of case '%s'", job.case, exc_info=error)
        self._note_failure(asked.event)
        try:
            self._tell(job.model_copy(update={"state": "failed", "detail": detail}), asked)
        except OSError as full:
            log.warning("that no pack was made cannot be told: %s", full)

    def _note_failure(self, event: Event) -> None:
        try:
            self.audit.note(replace(event, outcome="failed"))
        except AuditUnavailable as error:
            log.warning("that no pack was made is not noted: %s", error)

    def _tell(self, job: PackJob, asked: _Asked, tracks: Sequence[str] = ()) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        by, cameras = asked.caller.name, asked.cameras
        told = _Told(by=by, cameras=cameras, told_at=self.clock.now(), job=job, tracks=tracks)
        write_whole(self.folder / f"{job.id}.json", told.model_dump_json())


def _done(job: PackJob, pack: PackAnswer) -> dict[str, object]:
    return {
        "state": "done",
        "done": job.total,
        "eta_s": 0.0,
        "pack": pack.model_copy(update={"path": None}),
        "url": f"/api/v1/cases/{job.case}/evidence/{job.id}/pack",
    }


def _event(job: PackJob, caller: Caller, noted: Event | None) -> Event:
    asked = {"case": job.case, "job": job.id}
    if noted is None:
        return Event(caller.name, "evidence-made", asked=asked)
    return Event(
        caller.name, "evidence-made", reason=noted.reason, case=noted.case, asked=asked,
        of=noted.of,
    )  # fmt: skip
