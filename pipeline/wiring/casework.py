"""Builds what keeps cases and makes evidence packs of them."""

import os
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path

from pipeline.callers import Caller, Role
from pipeline.case_answers import ModelFact
from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.errors import DescryError, NotFound
from pipeline.sources.video_file import digest_file
from pipeline.store.media import FolderMedia
from pipeline.wiring.exporting import build_export_desk
from pipeline.wiring.signing import signing_key, software
from pipeline.wiring.stores import Stores
from pipeline.wiring.video import build_clip_desk
from pipeline.wiring.weights import detector_file, detector_name, open_library
from pipeline.workers.case_facts import Origins
from pipeline.workers.casework import CaseDesk
from pipeline.workers.evidencing import EvidenceDesk
from pipeline.workers.holding import HoldFolder
from pipeline.workers.vouching import PURPOSE, Vouchers
from retrieval.errors import RetrievalError


def build_case_desk(settings: Settings, stores: Stores) -> CaseDesk:
    """What keeps cases."""
    clips = build_clip_desk(settings, stores)
    origins = Origins(stores.runs.get, lambda ids: list(build_encoder_facts(settings, ids)))
    return CaseDesk(
        stores.cases, clips, stores.holding, SystemClock(), build_vouchers(settings), origins
    )


def build_vouchers(settings: Settings) -> Vouchers:
    """What seals hits, with a key that is drawn from the installation's."""
    return Vouchers(lambda: signing_key(settings).secret(PURPOSE))


def build_evidence_desk(
    settings: Settings, stores: Stores, look_in: Sequence[Path] = ()
) -> EvidenceDesk:
    """What makes evidence packs; `look_in`: folders that imported files were moved to."""
    held = HoldFolder(settings.data_dir / "holds")
    return EvidenceDesk(
        cases=build_case_desk(settings, stores),
        exports=build_export_desk(settings, stores, look_in),
        pictures=partial(_picture, stores.media, held),
        run=stores.runs.get,
        detector=lambda: _detector(settings),
        key=lambda: signing_key(settings),
        software=software(),
        scratch=stores.clips,
    )


def local_caller() -> Caller:
    """Whoever is logged in on this machine and may read the data folder."""
    return Caller(f"local:{os.getuid()}", Role.ADMINISTRATOR)


def _picture(media: FolderMedia, held: HoldFolder, key: str) -> bytes | None:
    try:
        return media.read(key)
    except NotFound:
        pass
    except ValueError:
        return None
    if not held.path.exists():
        return None
    try:
        return held.pictures().read(key)
    except NotFound:
        return None


def _detector(settings: Settings) -> ModelFact:
    """The detector in use; without a digest where its file cannot be had."""
    try:
        name, sha256 = detector_name(settings), _digest(detector_file(settings))
    except (DescryError, RetrievalError):
        name, sha256 = settings.detector.model, ""
    return ModelFact(kind="detector", name=name, sha256=sha256, licence="")


def build_encoder_facts(settings: Settings, model_ids: Collection[str]) -> Iterator[ModelFact]:
    """The files of these models (`name@revision`), as they are installed now.

    A digest is told of the file that the shots were embedded with alone: its revision is how it
    begins, so another that has its name by now is told from it.
    """
    library = open_library(settings)
    for model_id in sorted(model_ids):
        name, _, revision = model_id.partition("@")
        licence = sha256 = ""
        try:
            licence = library.find(name).licence
            found = _digest(library.path_of(name))
            sha256 = found if found.startswith(revision) else ""
        except (RetrievalError, OSError):
            pass  # removed by now, or drawn: nobody can tell
        yield ModelFact(kind="encoder", name=model_id, sha256=sha256, licence=licence)


def _digest(path: Path) -> str:
    told = path.stat()
    return _digest_then(path, told.st_mtime_ns, told.st_size)


@lru_cache(maxsize=16)
def _digest_then(path: Path, _mtime_ns: int, _bytes: int) -> str:
    return digest_file(path)
