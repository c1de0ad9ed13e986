"""Cases, packs, kept clips and retention behind the API of these tests."""

from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any

from pipeline.answers import ClipAnswer
from pipeline.api.app import Accountable
from pipeline.audit_events import Audit
from pipeline.callers import Caller
from pipeline.case_answers import EvidenceRequest, PackAnswer
from pipeline.clock import ManualClock
from pipeline.errors import DescryError, NotFound
from pipeline.store.cases import CaseStore
from pipeline.store.track_record import TrackRecord
from pipeline.workers.case_facts import Origins
from pipeline.workers.casework import CaseDesk
from pipeline.workers.kept_clips import KeptClips
from pipeline.workers.pack_jobs import PackJobs
from pipeline.workers.retained import RetentionAnswer
from pipeline.workers.vouching import Vouchers

VOUCHERS = Vouchers(lambda: bytes(32))
ORIGINS = Origins(run=lambda _camera, _run: None, encoders=lambda _ids: [])
VIDEO = bytes(range(256)) * 40


def a_clip(camera: str = "lobby") -> ClipAnswer:
    return ClipAnswer(
        hit=f"{camera}/r/1", track=f"{camera}/r/1", camera=camera, path=None,
        begin_at="2026-03-01T10:00:00.000Z", end_at="2026-03-01T10:00:09.000Z", seconds=9,
        hit_from_s=5, hit_until_s=6, source="ring", time_from="arrival", copied=True, notes=[],
    )  # fmt: skip


class Known:
    """Tracks 1 to 3 of the lobby and the yard, each with no shot in the log."""

    def get_many(self, tracks: Any) -> dict[Any, TrackRecord]:
        return {
            key: TrackRecord(
                key, "live", True, "ended", 1e9, 1e9 + 9, 1, 1, None, None, None, ("door",)
            )
            for key in tracks
            if key.number <= 3
        }


class Watched:
    """As a clip desk, of what cases ask of it."""

    tracks = Known()

    def shots(self, _record: TrackRecord) -> list[Any]:
        return []


class Kept:
    """Remembers what is held."""

    def __init__(self) -> None:
        self.tracks: set[str] = set()

    def which(self, tracks: Any) -> set[Any]:
        return {track for track in tracks if str(track) in self.tracks}

    def hold(self, name: str) -> None:
        self.tracks.add(name)

    def release(self, name: str) -> None:
        self.tracks.remove(name)


class Packer:
    """Writes a few bytes for a pack; `fails` has it do so no more."""

    def __init__(self, cases: CaseDesk) -> None:
        self.cases, self.fails = cases, False

    def export(
        self,
        case_id: str,
        request: EvidenceRequest,
        caller: Caller,
        *,
        out: Path,
        progress: Callable[[float, float], None],
        made: Callable[[Sequence[str], str], None],
    ) -> PackAnswer:
        if self.fails:
            raise DescryError("the disk is on fire")
        progress(0.5, 1)
        made([item.track for item in self.cases.show(case_id, caller).items], "0" * 64)
        out.write_bytes(VIDEO)
        return PackAnswer(
            case=case_id, path=str(out), bytes=len(VIDEO), files=2, items=1,
            blur=request.blur or "none", manifest_sha256="0" * 64, public_key="0" * 64, missing=[],
        )  # fmt: skip


class Sheets:
    def picture(self, key: str) -> bytes:
        if key.endswith("/9"):
            raise NotFound("its picture is gone")
        return b"blurred"


class Policy:
    def tell(self, _caller: Caller) -> RetentionAnswer:
        return RetentionAnswer(collections=[], video_s=600, clips_s=3600, sweep_s=60)


def an_accountable(folder: Path, audit: Audit) -> Accountable:
    folder.mkdir(parents=True, exist_ok=True)
    clock = ManualClock()

    def cut(name: str, _before_s: float, _after_s: float) -> tuple[Path, ClipAnswer]:
        if name.endswith("/9"):
            raise NotFound(f"no track {name}")
        path = folder / f"{token_hex(16)}.mp4"
        path.write_bytes(VIDEO)
        return path, a_clip(name.split("/")[0])

    desk: Any = CaseDesk(
        CaseStore(folder / "cases.sqlite"), Watched(), Kept(), clock, VOUCHERS, ORIGINS
    )  # type: ignore[arg-type]
    packer: Any = Packer(desk)
    return Accountable(
        cases=desk,
        packs=PackJobs(packer, folder, clock, audit, start=lambda work: work()),
        clips=KeptClips(folder, cut, 3600, clock),
        sheets=Sheets(),
        retention=Policy(),
    )
