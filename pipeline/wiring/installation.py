"""Builds what tells of the installation itself: queues, disk, GPUs, models."""

import shutil
from collections.abc import Callable
from typing import Any

from detectors.gpus import memory_of_gpus
from pipeline.config import Settings
from pipeline.console.source import version
from pipeline.errors import StoreUnavailable
from pipeline.store_figures import StoreFigures
from pipeline.system_answers import (
    DiskAnswer,
    GpuAnswer,
    IndexAnswer,
    KnownModelAnswer,
    QueuesAnswer,
    SystemAnswer,
)
from pipeline.telemetry import Telemetry
from pipeline.wiring.weights import detector_name, open_library


def build_system(
    settings: Settings, telemetry: Telemetry, figures: Callable[[], StoreFigures]
) -> Callable[[], SystemAnswer]:
    """What tells how the installation does now."""
    folder = settings.data_dir.expanduser()

    def system() -> SystemAnswer:
        try:
            known = figures()
        except StoreUnavailable:
            known = None
        room = shutil.disk_usage(folder)
        return SystemAnswer(
            version=version(),
            store_up=known is not None,
            queues=QueuesAnswer() if known is None else _queues(known),
            index=IndexAnswer(
                shots=int(_value_of(telemetry.index_shots)),
                lag_s=round(_value_of(telemetry.index_lag_s), 3),
            ),
            disk=DiskAnswer(
                total_bytes=room.total,
                free_bytes=room.free,
                collections={} if known is None else dict(known.collection_bytes),
            ),
            gpus=[
                GpuAnswer(name=name, free_bytes=free, total_bytes=total)
                for name, free, total in memory_of_gpus()
            ],
        )

    return system


def build_models(
    settings: Settings, encoder_in_use: Callable[[], str]
) -> Callable[[], list[KnownModelAnswer]]:
    """What lists the weights; `encoder_in_use` is the id of the one that searches."""
    library = open_library(settings)

    def models() -> list[KnownModelAnswer]:
        used = {encoder_in_use().partition("@")[0], detector_name(settings)}
        return [
            KnownModelAnswer(
                name=entry.name,
                kind=entry.kind,
                installed=library.is_installed(entry.name),
                in_use=entry.name in used,
                synthetic=entry.synthetic,
                size_bytes=entry.size,
                sha256=entry.sha256,
                licence=entry.licence,
                note=entry.note,
            )
            for entry in library.entries()
        ]

    return models


def _queues(known: StoreFigures) -> QueuesAnswer:
    return QueuesAnswer(
        crops_pending=known.crops_pending,
        crop_age_s=round(known.crop_age_s, 3),
        crops_damaged=known.crops_damaged,
        sightings=known.sightings,
        deliveries_waiting=known.deliveries.waiting,
        undelivered=known.deliveries.undelivered,
    )


def _value_of(gauge: Any) -> float:
    """What a gauge without labels stands at."""
    return float(next(iter(next(iter(gauge.collect())).samples)).value)
