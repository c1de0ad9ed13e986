"""Builds what the API answers of cases, evidence, kept clips and retention."""

from pipeline.api.app import Accountable
from pipeline.audit_events import Audit
from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.wiring.casework import build_evidence_desk
from pipeline.wiring.clip_desks import video_keep_s
from pipeline.wiring.exporting import clip_cutter
from pipeline.wiring.stores import Stores, build_collections
from pipeline.workers.exported_pictures import ExportedPictures
from pipeline.workers.kept_clips import KeptClips
from pipeline.workers.pack_jobs import PackJobs
from pipeline.workers.retained import Retained


def build_accountable(settings: Settings, stores: Stores, audit: Audit) -> Accountable:
    """Likewise."""
    evidence, clock = build_evidence_desk(settings, stores), SystemClock()
    keep_s = settings.export.keep_s
    return Accountable(
        cases=evidence.cases,
        packs=PackJobs(evidence, stores.clips, clock, audit),
        sheets=ExportedPictures(evidence.exports, evidence.pictures),
        clips=KeptClips(stores.clips, clip_cutter(settings, stores), keep_s, clock),
        retention=Retained(
            contents=build_collections(stores),
            held=stores.holding.held,
            video_s=video_keep_s(settings),
            clips_s=keep_s,
            sweep_s=settings.retention.sweep_s,
        ),
    )
