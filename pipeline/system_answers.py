"""What is told of the installation itself: queues, index, disk, GPUs, models."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class QueuesAnswer(_Record):
    """What waits between the workers."""

    crops_pending: Annotated[int, Field(description="shots that wait to be encoded")] = 0
    crop_age_s: Annotated[float, Field(description="how long the oldest of them waits")] = 0.0
    crops_damaged: Annotated[int, Field(description="shots put aside as unusable")] = 0
    sightings: Annotated[int, Field(description="encoded shots that are kept")] = 0
    deliveries_waiting: Annotated[int, Field(description="alerts on their way")] = 0
    undelivered: Annotated[int, Field(description="alerts that were given up")] = 0


class IndexAnswer(_Record):
    """What can be found."""

    shots: int
    lag_s: Annotated[float, Field(description="from publishing to findable, of the last shot")]


class DiskAnswer(_Record):
    """Room where the data folder lies."""

    total_bytes: int
    free_bytes: int
    collections: Annotated[
        dict[str, int], Field(description="bytes by collection, by the last sweep")
    ] = {}


class GpuAnswer(_Record):
    """A GPU that the query worker can use."""

    name: str
    free_bytes: int
    total_bytes: int


class SystemAnswer(_Record):
    """How the installation does now."""

    version: str
    store_up: Annotated[bool, Field(description="whether Redis answers; false: queues are zero")]
    queues: QueuesAnswer
    index: IndexAnswer
    disk: DiskAnswer
    gpus: list[GpuAnswer]


class KnownModelAnswer(_Record):
    """Weights: an encoder or a detector."""

    name: str
    kind: str
    installed: bool
    in_use: bool
    synthetic: Annotated[bool, Field(description="learnt on rendered people only")]
    size_bytes: int | None
    sha256: str | None
    licence: str | None = None
    note: str | None = None
