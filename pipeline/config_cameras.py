"""The section of the settings that says what to watch: one entry a camera."""

from typing import Literal

from pydantic import Field

from pipeline.config_sections import Section
from pipeline.config_types import CameraUrl, PathOnDisk, Secret


class Camera(Section):
    """One camera."""

    url: CameraUrl = Field(description="rtsp://host:port/path or rtsps://…, without credentials")
    username: str | None = Field(default=None, description="Who to log in as")
    password: Secret | None = Field(default=None, description="The password of that user")
    friendly_name: str | None = Field(
        default=None, max_length=100, description="The name people see"
    )
    enabled: bool = Field(
        default=True, description="false: keep the settings, leave the camera alone"
    )
    transport: Literal["tcp", "udp"] = Field(
        default="tcp",
        description="How the video travels: tcp (sure), udp (some old cameras need it)",
    )
    ca_file: PathOnDisk | None = Field(
        default=None,
        description="Certificates (PEM) that vouch for an rtsps:// camera; null: nobody is asked"
        " who is at the other end",
    )
    timed_by: Literal["auto", "camera", "arrival"] = Field(
        default="auto",
        description="Whose clock dates its pictures: camera (its sender reports), arrival (ours);"
        " auto: the camera's while it agrees with ours",
    )
    fps: float | None = Field(
        default=None, gt=0, le=120, description="Frames looked at per second; null: detector.fps"
    )
