"""Sections of the settings that name servers: the bus, and those of the index."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.config_sections import Section
from pipeline.config_types import (
    Device,
    IndexUrl,
    Namespace,
    PathOnDisk,
    RedisUrl,
    Seconds,
    Secret,
)

CaFile = Annotated[
    PathOnDisk | None,
    Field(
        description="Certificates (PEM) that vouch for a rediss:// server; null: those that this"
        " machine trusts"
    ),
]


class Redis(Section):
    """The bus. Without a url, Descry starts a private server of its own."""

    url: RedisUrl | None = Field(
        default=None,
        description="redis://host:port/db, rediss://… or unix:///socket, never with credentials;"
        " null: a private server in the data folder",
    )
    username: str | None = Field(
        default=None, description="Who to log in as, where the server asks"
    )
    password: Secret | None = Field(default=None, description="The password of that user")
    ca_file: CaFile = None
    namespace: Namespace = Field(
        default="descry",
        description="What every key begins with; two installations on one server need two",
    )
    timeout_s: Seconds = Field(
        default=5.0, gt=0, le=300, description="How long to wait for the server to answer"
    )
    keep_shots: int = Field(
        default=16_384,
        ge=0,
        le=100_000_000,
        description="Of a private server: so many of the newest shots stay in its memory, 1.3 KB"
        " each, and older ones lie in files",
    )

    @model_validator(mode="after")
    def _encrypts_what_it_trusts(self) -> "Redis":
        _check_ca_file(self.ca_file, self.url)
        return self


class Index(Section):
    """The structure that is searched."""

    kind: Literal["faiss", "flat", "redis"] = Field(
        default="faiss",
        description="faiss (on disk), redis (on servers of its own, for more than one machine"
        " holds), or flat (in memory, plain, for a comparison)",
    )
    device: Device = Field(
        default="auto",
        description="auto (a GPU where there is one), cpu, cuda or cuda:N",
    )
    gpu_memory_mb: int = Field(
        default=2048, ge=0, le=1_048_576, description="Of a GPU, at most; 1 KB a shot; 0: none"
    )
    url: IndexUrl | None = Field(
        default=None,
        description="For kind redis: redis://host:port of a Redis 8, or of some nodes of a Cluster"
        " with commas between; never with credentials, and never the bus",
    )
    username: str | None = Field(default=None, description="Who to log in as there, if asked")
    password: Secret | None = Field(default=None, description="The password of that user")
    ca_file: CaFile = None
    shards: int = Field(
        default=8,
        ge=1,
        le=1024,
        description="Parts that cameras are spread over; a few for each server, and not changed"
        " without `descry index rebuild`",
    )
    timeout_s: Seconds = Field(
        default=5.0, gt=0, le=300, description="How long a server of the index may take to answer"
    )

    @model_validator(mode="after")
    def _has_servers_where_it_needs_them(self) -> "Index":
        if self.kind == "redis" and self.url is None:
            raise ValueError("has kind redis and no url: name a server, redis://host:port")
        if self.kind != "redis" and self.url is not None:
            raise ValueError(f"has a url, which kind {self.kind} does not ask: kind: redis does")
        _check_ca_file(self.ca_file, self.url)
        return self


def _check_ca_file(ca_file: Path | None, url: str | None) -> None:
    are_encrypted = [each.strip().startswith("rediss:") for each in (url or "").split(",")]
    if ca_file is not None and not all(are_encrypted):
        raise ValueError("has a ca_file, which only a rediss:// url asks")
