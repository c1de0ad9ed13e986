"""Gathers what is kept of a case into one signed file."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from pipeline.answers import ClipAnswer
from pipeline.callers import Caller
from pipeline.case_answers import (
    Blur,
    CaseAnswer,
    EvidenceRequest,
    ItemAnswer,
    ModelFact,
    PackAnswer,
    ShotFact,
    TimeFacts,
)
from pipeline.errors import (
    Busy,
    DescryError,
    NotFound,
    StoreFull,
    StoreUnavailable,
    UnwritableClip,
)
from pipeline.evidence.dossier import Dossier, PackedItem, ShotFile
from pipeline.evidence.manifest import CASE, REPORT
from pipeline.evidence.report import render_report
from pipeline.evidence.times import time_facts
from pipeline.evidence.writing import PackWriter, pack_at
from pipeline.instants import format_instant
from pipeline.store.case_records import CaseItem
from pipeline.store.runs import RunRecord
from pipeline.store.signing import SigningKey
from pipeline.workers.casework import CaseDesk
from pipeline.workers.exported_clips import ExportDesk, stronger
from pipeline.workers.scene_picture import person_in_picture, scene_of

Progress = Callable[[float, float], None]
"""Is told items done, in parts, and items in all."""

Made = Callable[[Sequence[str], str], None]
"""Is told whom a pack shows, and the digest of its manifest, before the pack is there; what it
raises, nobody has a pack."""

REPORT_BYTES: Final = 48_000_000
"""Pictures that the report shows; the others lie beside it all the same."""

_OUR_OWN: Final = (StoreUnavailable, StoreFull, UnwritableClip)
"""Errors of ours, not of the item: a pack that lacks a clip for such a reason is not written."""


@dataclass(frozen=True, slots=True)
class EvidenceDesk:
    """Makes evidence packs.

    Attributes:
        cases: knows what is in a case.
        exports: cuts clips, and takes out of clips and pictures what may not leave.
        pictures: the JPEG behind a media key, of a track on hold as well; None if it is gone.
        run: what is known of a run of a camera.
        detector: the weights that look for people in what leaves.
        key: signs.
        software: name and version of what makes it.
        scratch: a folder for clips on their way, swept by retention.
    """

    cases: CaseDesk
    exports: ExportDesk
    pictures: Callable[[str], bytes | None]
    run: Callable[[str, str], RunRecord | None]
    detector: Callable[[], ModelFact]
    key: Callable[[], SigningKey]
    software: str
    scratch: Path

    def export(
        self,
        case_id: str,
        request: EvidenceRequest,
        caller: Caller,
        *,
        out: Path,
        progress: Progress = lambda _done, _total: None,
        made: Made = lambda _tracks, _digest: None,
    ) -> PackAnswer:
        """Write the evidence pack of a case to `out`, whole or not at all.

        Items of cameras that the caller may not see are left out.

        Raises:
            NotFound: no such case.
            ConfigError: `out` cannot be written.
            StoreUnavailable: Redis is away.
        """
        shown = self.cases.show(case_id, caller)
        blur = stronger(request.blur, self.exports.usual)
        items = {item.number: item for item in self.cases.store.items(case_id)}
        total = len(shown.items)
        with pack_at(out) as writer:
            packing = _Packing(self, writer, request, blur)
            for done, answer in enumerate(shown.items):
                if (item := items.get(answer.item)) is not None:
                    packing.take(answer, item, partial(_of_item, progress, done, total))
                progress(done + 1, total)
            # Whoever is erased meanwhile must not be in it.
            if items.keys() - {item.number for item in self.cases.store.items(case_id)}:
                raise Busy(f"case {case_id!r} lost items while its pack was made: make it again")
            dossier = Dossier(
                history=shown.history,
                case=CaseAnswer(**shown.model_dump(exclude={"items", "history"})),
                made_at=format_instant(self.cases.clock.now()),
                made_by=caller.name,
                software=self.software,
                blur=blur,
                models=[self.detector(), *packing.encoders()],
                items=packing.items,
            )
            manifest, files = self._finish(writer, dossier, packing.shown)
            made(packing.tracks, manifest)
        return PackAnswer(
            case=case_id,
            path=str(out),
            bytes=out.stat().st_size,
            files=files,
            items=total,
            blur=blur,
            manifest_sha256=manifest,
            public_key=self.key().public,
            missing=dossier.missing,
        )

    def _finish(
        self, writer: PackWriter, dossier: Dossier, pictures: dict[str, bytes]
    ) -> tuple[str, int]:
        key = self.key()
        writer.add(CASE, dossier.to_bytes())
        known = {packed.name: packed for packed in writer.files}
        writer.add(REPORT, render_report(dossier, files=known, pictures=pictures, key=key.public))
        return writer.sign(
            key,
            case=dossier.case.id,
            made_at=dossier.made_at,
            made_by=dossier.made_by,
            software=dossier.software,
        )


def _of_item(progress: Progress, done: int, total: int, part: float) -> None:
    progress(done + part, total)


@dataclass(slots=True)
class _Packing:
    """What of the items is in the pack by now."""

    desk: EvidenceDesk
    writer: PackWriter
    request: EvidenceRequest
    blur: Blur
    items: list[PackedItem] = field(default_factory=list)
    shown: dict[str, bytes] = field(default_factory=dict)
    noted: dict[ModelFact, None] = field(default_factory=dict)
    unnoted: set[str] = field(default_factory=set)

    @property
    def tracks(self) -> list[str]:
        """Whom it shows: a track, or the shot of it that was named."""
        named = [(each.item.track, each.item.shot) for each in self.items]
        return [track if shot is None else f"{track}/{shot}" for track, shot in named]

    def take(self, answer: ItemAnswer, item: CaseItem, progress: Callable[[float], None]) -> None:
        """Put one item in."""
        folder, missing = f"items/{item.number:03d}", list[str]()
        shots = list(self._shots(item, folder, missing))
        clip, scene = self._clip(item, folder, missing, progress)
        self.noted |= dict.fromkeys(item.facts.models)
        named = {model.name for model in item.facts.models}
        self.unnoted |= {shot.model for shot in item.facts.shots} - named
        self.items.append(
            PackedItem(
                item=answer,
                times=item.facts.times or self._times(item),
                clip=clip,
                clip_file=None if clip is None else f"{folder}/clip.mp4",
                scene_file=scene,
                shots=shots,
                missing=missing,
            )
        )

    def encoders(self) -> list[ModelFact]:
        """The weights behind the shots: as noted, or else as they are installed now."""
        known = {model.name for model in self.noted}
        others = self.desk.cases.origins.encoders(self.unnoted - known)
        return sorted({*self.noted, *others}, key=lambda model: (model.name, model.sha256))

    def _times(self, item: CaseItem) -> TimeFacts:
        """Of an item that an earlier version added: by the run, if that is known still."""
        source = item.facts.shots[0].time_from if item.facts.shots else None
        return time_facts(source, self.desk.run(item.track.camera_id, item.track.run_id))

    def _shots(self, item: CaseItem, folder: str, missing: list[str]) -> Iterator[ShotFile]:
        for shot in item.facts.shots:
            name = f"{folder}/shot-{shot.shot:02d}.jpg"
            try:
                data = self._picture(shot)
            except DescryError as error:
                missing.append(f"shot {shot.shot}: {error}")
                data = None
            if data is not None:
                self.writer.add(name, data)
                self._show(name, data)
            yield ShotFile(
                shot=shot.shot,
                captured_at=format_instant(shot.captured_at),
                time_from=shot.time_from,
                box=shot.box,
                frame=(shot.frame_width, shot.frame_height),
                quality=shot.quality,
                model=shot.model,
                file=name if data is not None else None,
            )

    def _picture(self, shot: ShotFact) -> bytes:
        data = self.desk.pictures(shot.picture)
        if data is None:
            raise NotFound("its picture is gone: a better one took its place, or retention took it")
        return self.desk.exports.redactor.picture(
            data, person=person_in_picture(shot), blur=self.blur
        )

    def _clip(
        self, item: CaseItem, folder: str, missing: list[str], progress: Callable[[float], None]
    ) -> tuple[ClipAnswer | None, str | None]:
        hit = f"{item.track}" if item.shot is None else f"{item.track}/{item.shot}"
        path = self.desk.scratch / f"evidence-{item.case_id}-{item.number}-{id(self):x}.mp4"
        self.desk.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            answer = self.desk.exports.cut(
                hit,
                before_s=self.request.before_s,
                after_s=self.request.after_s,
                out=path,
                blur=self.blur,
                progress=lambda done, total: progress(done / total if total else 0.0),
            )
            self.writer.add_file(f"{folder}/clip.mp4", path)
            scene = self._scene(item, folder, path, answer)
        except _OUR_OWN:
            raise
        except DescryError as error:
            missing.append(f"clip: {self._outside(item, str(error))}")
            return None, None
        finally:
            path.unlink(missing_ok=True)
        source = answer.source.rpartition("/")[2]
        return answer.model_copy(update={"path": None, "source": source}), scene

    def _outside(self, item: CaseItem, words: str) -> str:
        """Without where the imported file lies on this machine: a pack goes to others."""
        run = self.desk.run(item.track.camera_id, item.track.run_id)
        return words.replace(run.path, run.source) if run is not None and run.path else words

    def _show(self, name: str, jpeg: bytes) -> None:
        """Have the report show a picture, unless it is large enough by now."""
        if sum(map(len, self.shown.values())) < REPORT_BYTES:
            self.shown[name] = jpeg

    def _scene(self, item: CaseItem, folder: str, path: Path, clip: ClipAnswer) -> str | None:
        """The whole picture of a shot with its box drawn, out of the clip as it leaves."""
        data = scene_of(path, clip, item.facts.shots, item.shot)
        if data is None:
            return None
        name = f"{folder}/scene.jpg"
        self.writer.add(name, data)
        self._show(name, data)
        return name
