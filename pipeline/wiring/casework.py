"""Builds what keeps cases and makes evidence packs of them."""

import os
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path

from pipeline.callers import Caller, Role
from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.errors import DescryError, NotFound
from pipeline.evidence.dossier import ModelFact
from pipeline.sources.video_file import digest_file
from pipeline.store.media import FolderMedia
from pipeline.store.model_change import name_of
from pipeline.wiring.exporting import build_export_desk
from pipeline.wiring.signing import signing_key, software
from pipeline.wiring.stores import Stores
from pipeline.wiring.video import build_clip_desk
from pipeline.wiring.weights import detector_file, detector_name, open_library
from pipeline.workers.casework import CaseDesk
from pipeline.workers.evidencing import EvidenceDesk
from pipeline.workers.holding import HoldFolder
from pipeline.workers.vouching import PURPOSE, Vouchers
from retrieval.errors import RetrievalError


def build_case_desk(settings: Settings, stores: Stores) -> CaseDesk:
    """What keeps cases."""
    clips = build_clip_desk(settings, stores)
    return CaseDesk(stores.cases, clips, stores.holding, SystemClock(), build_vouchers(settings))


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
        models=lambda ids: list(_models(settings, ids)),
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


def _models(settings: Settings, model_ids: Collection[str]) -> Iterator[ModelFact]:
    """The detector in use, and the encoders of the shots, with what is known of their files."""
    library = open_library(settings)
    try:
        file = detector_file(settings)
        yield ModelFact(
            kind="detector", name=detector_name(settings), sha256=digest_file(file), licence=""
        )
    except (DescryError, RetrievalError):
        yield ModelFact(kind="detector", name=settings.detector.model, sha256="", licence="")
    for model_id in sorted(model_ids):
        try:
            entry = library.find(name_of(model_id))
        except RetrievalError:
            yield ModelFact(kind="encoder", name=model_id, sha256="", licence="")
        else:
            yield ModelFact(
                kind="encoder", name=model_id, sha256=entry.sha256 or "", licence=entry.licence
            )
